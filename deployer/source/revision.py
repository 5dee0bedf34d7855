"""Files as a Git commit has them, read through the `git` program; the work tree and index stay untouched."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path as FilePath

from deployer.errors import ConfigurationError

TIMEOUT = 30.0
"""Seconds for one `git` command; all of them work on the local repository."""


def head_commit(folder: FilePath) -> str | None:
    """The commit that is checked out; None outside Git or before the first commit."""
    done = _git(folder, "rev-parse", "--verify", "--quiet", "HEAD^{commit}")
    return done.stdout.decode("ascii", "replace").strip() if done is not None and done.returncode == 0 else None


def working_commit(folder: FilePath) -> str | None:
    """The commit that is checked out, with a `+` where files below `folder` differ from it or are new.

    State and log of the `file` back end do not count: each run writes them. None outside Git.
    """
    commit = head_commit(folder)
    if commit is None:
        return None
    ours = (
        f":(exclude,glob)**/{name}"
        for name in ("deployer.*.lock.json*", ".deployer.*.lock.json*", "deployer.*.log.jsonl")
    )
    done = _git(
        folder, "-c", "core.fsmonitor=false", "status", "--porcelain", "--untracked-files=normal", "--", ".", *ours
    )
    return commit if done is not None and done.returncode == 0 and not done.stdout.strip() else f"{commit}+"


def identity(folder: FilePath) -> str | None:
    """The name and address that Git would put on a commit here: `Ann Arbor <ann@example.com>`; None without any."""
    name, email = (_setting(folder, setting) for setting in ("user.name", "user.email"))
    if name and email:
        return f"{name} <{email}>"
    return name or email


def _setting(folder: FilePath, name: str) -> str | None:
    done = _git(folder, "config", "--get", name)
    text = done.stdout.decode("utf-8", "replace").strip() if done is not None and done.returncode == 0 else ""
    return text or None


def ancestors(folder: FilePath, commit: str) -> frozenset[str]:
    """A commit and all before it. Raises ConfigurationError when Git cannot tell."""
    return frozenset(_checked(folder, "rev-list", commit, "--").decode("ascii", "replace").split())


def resolve_commit(folder: FilePath, ref: str) -> str:
    """The commit that a ref names. Raises ConfigurationError when Git knows no such commit."""
    if ref.startswith("-"):
        raise ConfigurationError(f"`{ref}` is no Git ref")
    done = _git(folder, "rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")
    if done is None:
        raise ConfigurationError("the `git` program is not installed", hint="It is needed to read a commit's files.")
    if done.returncode != 0:
        raise ConfigurationError(
            f"Git knows no commit `{ref}` here",
            hint="In a CI checkout, fetch it first: `git fetch origin REF` (a shallow clone lacks most commits).",
        )
    return done.stdout.decode("ascii", "replace").strip()


def files_at(folder: FilePath, commit: str) -> dict[str, bytes]:
    """Every file below `folder` at a commit, by its path relative to `folder`; symbolic links are left out.

    Raises ConfigurationError when Git cannot read them.
    """
    listing = _checked(folder, "ls-tree", "-r", "-z", "--full-name", commit, "--", ".")
    prefix = _checked(folder, "rev-parse", "--show-prefix").decode("utf-8", "surrogateescape").rstrip("\n")
    blobs: dict[str, str] = {}
    for entry in listing.split(b"\0"):
        if not entry:
            continue
        meta, _, name = entry.partition(b"\t")
        mode, kind, digest = meta.split(b" ")
        if kind == b"blob" and mode != b"120000":
            path = name.decode("utf-8", "surrogateescape").removeprefix(prefix)
            blobs[path] = digest.decode("ascii")
    return _contents(folder, blobs)


def changed_since(folder: FilePath, ref: str) -> frozenset[FilePath]:
    """Files of the repository that differ from where the work tree left `ref`, and files that Git does not know.

    Compared is the common ancestor with HEAD: what others did on `ref` meanwhile is no change of ours.
    Uncommitted and staged changes count, ignored and deleted files do not. Paths are absolute.
    Raises ConfigurationError when Git knows no such commit, or there is no Git.
    """
    commit = resolve_commit(folder, ref)
    ancestor = _git(folder, "merge-base", commit, "HEAD")
    if ancestor is not None and ancestor.returncode == 0:
        commit = ancestor.stdout.decode("ascii", "replace").strip()
    top = FilePath(os.fsdecode(_checked(folder, "rev-parse", "--show-toplevel").removesuffix(b"\n")))
    changed = _checked(top, "diff", "--name-only", "-z", "--no-renames", "--no-ext-diff", "--diff-filter=d", commit)
    unknown = _checked(top, "ls-files", "--others", "--exclude-standard", "-z")
    return frozenset(top / os.fsdecode(name) for name in (changed + unknown).split(b"\0") if name)


def repository_root(folder: FilePath) -> FilePath | None:
    """The top folder of the repository around `folder`; None outside one.

    Looks for `.git` instead of asking the program, which many CI images lack.
    """
    folder = folder.resolve()
    return next((place for place in (folder, *folder.parents) if (place / ".git").exists()), None)


def _contents(folder: FilePath, blobs: dict[str, str]) -> dict[str, bytes]:
    wanted = "".join(f"{digest}\n" for digest in blobs.values()).encode("ascii")
    stream = _checked(folder, "cat-file", "--batch", given=wanted)
    contents: dict[str, bytes] = {}
    at = 0
    for path in blobs:
        end = stream.index(b"\n", at)
        size = int(stream[at:end].split(b" ")[2])
        contents[path] = stream[end + 1 : end + 1 + size]
        at = end + 1 + size + 1
    return contents


def _checked(folder: FilePath, *arguments: str, given: bytes = b"") -> bytes:
    done = _git(folder, *arguments, given=given)
    if done is None or done.returncode != 0:
        why = done.stderr.decode("utf-8", "replace").strip() if done is not None else "git is not installed"
        raise ConfigurationError(f"git {arguments[0]} failed: {why}")
    return done.stdout


def _git(folder: FilePath, *arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes] | None:
    environ = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    try:
        return subprocess.run(
            ["git", "--no-pager", "-C", str(folder), *arguments],
            input=given, capture_output=True, check=False, timeout=TIMEOUT, env=environ,
        )  # fmt: skip
    except FileNotFoundError:
        return None
    except subprocess.TimeoutExpired as error:
        raise ConfigurationError(f"git {arguments[0]} took longer than {TIMEOUT:.0f} seconds") from error
