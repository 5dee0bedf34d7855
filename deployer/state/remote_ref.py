"""One ref of the project's remote as a register: read, commit, compare-and-swap.

Only plumbing: objects go to the repository's object store and from there to the remote's ref.
The index, the work tree, FETCH_HEAD and every ref of the user stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum

from deployer.errors import ConfigurationError, DeployerError, NotAllowed, Unreachable
from deployer.state.clock import Clock
from deployer.state.codec import LARGEST
from deployer.state.failures import CorruptState, StateNotSaved
from deployer.state.program import NETWORK_SECONDS, Answer, Git

FILE = "state.json"
_PAUSES = (1.0, 4.0)
"""Seconds between attempts to push."""
ATTEMPTS = 1 + len(_PAUSES)
"""How often a push is tried that the network swallows."""

_REMOTE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._/-]*")
_REF = re.compile(r"refs/deployer(/[A-Za-z0-9_][A-Za-z0-9._-]*)+")
_NOT_IN_A_REF = re.compile(r"\.\.|\.(lock)?(/|$)")
_SHA = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_NOT_ALLOWED = re.compile(
    r"authentication failed|could not read (username|password)|permission denied|permission to .* denied"
    r"|returned error: 40[13]|not allowed to|access denied|host key verification failed",
    re.IGNORECASE,
)
# Another push in the same moment.
_BUSY = re.compile(r"cannot lock ref|unable to create '.*\.lock'|failed to update ref", re.IGNORECASE)


class Pushed(Enum):
    """What became of a push."""

    DONE = "the ref is at our commit"
    SUPERSEDED = "our commit arrived, and somebody built on it"
    MOVED = "somebody else moved the ref first"


class RemoteRef:
    """`ref` on `remote`, which is the name of a remote of the repository, never an address."""

    def __init__(self, git: Git, *, remote: str, ref: str, clock: Clock, patience: float = NETWORK_SECONDS) -> None:
        """`patience` is how many seconds one conversation with the remote may take.

        Raises `ConfigurationError` for names that git could take for something else."""
        if not _REMOTE.fullmatch(remote) or ".." in remote:
            raise ConfigurationError(f"{remote!r} is not the name of a Git remote", hint="`git remote` lists them.")
        if not _REF.fullmatch(ref) or _NOT_IN_A_REF.search(ref):
            raise ConfigurationError(
                f"{ref!r} can't name a state in Git",
                hint="An environment's name has letters, digits, `-`, `_` and single dots inside.",
            )
        self._git, self._clock, self._patience = git, clock, patience
        self._remote, self._ref = remote, ref
        self._found: tuple[str, str] | None = None
        self._author: tuple[str, ...] | None = None

    @property
    def place(self) -> str:
        """For messages: `origin refs/deployer/state/production`."""
        return f"{self._remote} {self._ref}"

    def tip(self) -> str | None:
        """The commit that the ref is at now. Raises `Unreachable` or `NotAllowed`."""
        answer = self._network("ls-remote", "--quiet", "--", self._address(), self._ref)
        if answer.code:
            raise self._failure("read", answer)
        for line in answer.text.splitlines():
            sha, _, name = line.partition("\t")
            if name == self._ref and _SHA.fullmatch(sha):
                return sha
        return None

    def content(self, tip: str) -> bytes:
        """The state's text in commit `tip`, fetched when it isn't here yet.

        Raises `Unreachable`, `NotAllowed`, or `CorruptState` when the commit holds no state.
        """
        self._fetch(tip)
        size = self._git.run("cat-file", "-s", f"{tip}:{FILE}")
        if size.code:
            raise CorruptState(f"{self.place} holds no {FILE}")
        if int(size.text) > LARGEST + 2:
            raise CorruptState(
                f"{self.place} is not a state: {size.text} bytes are more than the {LARGEST} it may have"
            )
        return self._local("cat-file", "blob", f"{tip}:{FILE}").out

    def commit(self, content: bytes, *, parent: str | None, message: str) -> str:
        """Make a commit that holds nothing but the state; nothing points at it yet."""
        blob = self._local("hash-object", "-w", "--no-filters", "--stdin", given=content).text
        tree = self._local("mktree", given=f"100644 blob {blob}\t{FILE}\n".encode()).text
        parents = () if parent is None else ("-p", parent)
        return self._local(*self._authorship(), "commit-tree", tree, *parents, "-F", "-", given=message.encode()).text

    def push(self, new: str, *, old: str | None, attempts: int = ATTEMPTS) -> Pushed:
        """Move the ref from `old` (None: it must not exist) to `new`.

        An answer that got lost is settled by reading the ref. Raises `Unreachable`, `NotAllowed`
        or `StateNotSaved` when the remote can't be reached or refuses.
        """
        for attempt in range(attempts):
            answer = self._network(
                "push", "--porcelain", "--no-verify", f"--force-with-lease={self._ref}:{old or ''}",
                "--", self._address(), f"{new}:{self._ref}",
            )  # fmt: skip
            if answer.code == 0:
                return Pushed.DONE
            failure = self._failure("write", answer)
            try:
                tip = self.tip()
            except DeployerError as error:
                failure = error
            else:
                if tip != old:
                    return self._settle(new, tip)
            if attempt + 1 < attempts and not isinstance(failure, NotAllowed | StateNotSaved):
                self._clock.sleep(_PAUSES[attempt])
            else:
                break
        raise failure

    def messages(self, tip: str) -> Iterator[str]:
        """The messages of all commits up to `tip`, oldest first. Raises what `content` raises."""
        self._fetch(tip)
        answer = self._local("log", "--reverse", "-z", "--format=%B", tip, "--")
        return (message for message in answer.text.split("\0") if message)

    def _settle(self, new: str, tip: str | None) -> Pushed:
        """The ref is not where it was: did our commit arrive?"""
        if tip == new:
            return Pushed.DONE
        if tip is not None:
            self._fetch(tip)
            if self._git.run("merge-base", "--is-ancestor", new, tip).code == 0:
                return Pushed.SUPERSEDED
        return Pushed.MOVED

    def _fetch(self, tip: str) -> None:
        if self._git.run("cat-file", "-e", f"{tip}^{{tree}}").code == 0:
            return
        # By the ref's name: servers need not hand out commits by their hash. The ref only
        # grows, so a newer tip brings this one along.
        answer = self._network(
            "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--refmap=", "--no-prune",
            "--no-recurse-submodules", "--no-auto-maintenance", "--no-write-commit-graph",
            "--", self._address(), self._ref,
        )  # fmt: skip
        if answer.code:
            raise self._failure("read", answer)
        if self._git.run("cat-file", "-e", f"{tip}^{{tree}}").code:
            raise Unreachable(f"{self.place} changed while it was read", hint="Run the command again.")

    def _address(self) -> str:
        """Where pushes go; reads go there too, since a read-only mirror may lag behind."""
        return self._location()[1]

    def _location(self) -> tuple[str, str]:
        if self._found is None:
            top = self._git.run("rev-parse", "--show-toplevel")
            if top.code:
                raise ConfigurationError(f"no Git work tree here: {top.error}", hint="Keep the state in a file.")
            address = self._git.run("remote", "get-url", "--push", self._remote)
            if address.code:
                known = ", ".join(self._git.run("remote").text.split()) or "none"
                raise ConfigurationError(f"this repository has no remote {self._remote!r}; it has: {known}")
            self._found = (top.text, _checked(address.text, self._remote))
        return self._found

    def _network(self, *arguments: str) -> Answer:
        # From the top folder: that is where git looks for a remote that is a relative path.
        return self._git.run("-C", self._location()[0], *arguments, seconds=self._patience)

    def _local(self, *arguments: str, given: bytes = b"") -> Answer:
        answer = self._git.run(*arguments, given=given)
        if answer.code:
            command = next(each for each in arguments if "-" not in each[:1] and "=" not in each)
            raise StateNotSaved(f"`git {command}` failed: {answer.error}", hint="`git fsck` may say more.")
        return answer

    def _authorship(self) -> tuple[str, ...]:
        """The user's own name where Git knows one; CI machines often have none."""
        if self._author is None:
            name = self._git.run("config", "--get", "user.name").text or "deployer"
            email = self._git.run("config", "--get", "user.email").text or "deployer@localhost"
            self._author = ("-c", f"user.name={name}", "-c", f"user.email={email}")
        return self._author

    def _failure(self, verb: str, answer: Answer) -> DeployerError:
        says = answer.error or answer.text[-600:] or f"exit code {answer.code}"
        message = f"can't {verb} the state at {self.place}: {says}"
        if _NOT_ALLOWED.search(says):
            return NotAllowed(message, hint=f"`git push {self._remote}` must work here without a question.")
        if "[remote rejected]" in answer.text and not _BUSY.search(answer.text + says):
            return StateNotSaved(
                f"{message} {answer.text[-300:]}".replace("\n", " ").replace("\t", " "),
                hint=f"The remote must accept pushes to {self._ref}; else keep the state in a file.",
            )
        return Unreachable(message, hint=f"Check the network with `git ls-remote {self._remote}`.")


def _checked(address: str, remote: str) -> str:
    scheme = re.match(r"([A-Za-z0-9+.-]+)(://|::)", address)
    if address.startswith("-") or (scheme and (scheme[2] == "::" or scheme[1].lower() not in {"https", "ssh", "file"})):
        raise ConfigurationError(
            f"the address of the remote {remote!r} is of a kind that a state is not pushed to",
            hint="A path, ssh or https works.",
        )
    return address
