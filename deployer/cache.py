"""Answers that are remembered between runs: asked again while nothing changed, a command need not think again.

What a run read is noted while it reads: every file with its content, every folder with its names, and
every file that it looked for in vain. The answer is remembered with these notes, and is given again only
where each of them still holds, to the byte. Nothing but the standard library is needed for that, so an
answer that holds costs the reading of the files and no more.

The answers lie in a folder of the user's own, outside of all projects. An entry that this user's
program did not write is never believed: each carries a code made with a key that nobody else can read,
over everything in it and the question that it answers. An entry that is torn, old or foreign counts as
none. Entries replace each other as a whole, so runs at the same time do not disturb one another.
"""

from __future__ import annotations

import marshal
import os
import stat
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any

from deployer.tuples import NamedTuple

try:
    from _blake2 import blake2b  # what hashlib gives, without the OpenSSL that it loads beside
except ImportError:
    from hashlib import blake2b

_VERSION = 1
_POSIX = os.name == "posix"
_MOST_ENTRIES = 100
_CODE = 32
"""Bytes of a key, and of the code that it makes."""
_FLAGS = os.O_RDONLY
for _name in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY", "O_CLOEXEC"):  # a pipe in a file's place must not keep us waiting
    _FLAGS |= getattr(os, _name, 0)


class Answer(NamedTuple):
    """How a command ended."""

    code: int
    text: str
    """What it printed, secrets masked."""


class Notes:
    """What a run read."""

    def __init__(self) -> None:
        self.files: dict[str, str | None] = {}
        """Digest of each file's content; None for a file that was not there."""
        self.folders: dict[str, list[str]] = {}
        """The names in each folder, sorted."""
        self.certain = True
        """Whether these are all."""

    def holds(self) -> bool:
        """Whether everything is as it was."""
        return all(_names(path) == names for path, names in self.folders.items()) and all(
            _digest_of(path) == digest for path, digest in self.files.items()
        )

    def direct(self) -> bool:
        """Whether all was reached without symbolic links, which may lead elsewhere tomorrow."""
        folders = {os.path.dirname(path) for path in self.files} | self.folders.keys()
        return all(os.path.realpath(path) == path for path in folders) and not any(map(os.path.islink, self.files))


_notes: ContextVar[Notes | None] = ContextVar("notes", default=None)


@contextmanager
def taking_notes() -> Iterator[Notes]:
    """Note what is read within."""
    notes = Notes()
    before = _notes.set(notes)
    try:
        yield notes
    finally:
        _notes.reset(before)


@contextmanager
def notes_apart() -> Iterator[Notes | None]:
    """Note what is read within for itself, to be sent to another process; None where nobody takes notes."""
    if _notes.get() is None:
        yield None
        return
    with taking_notes() as notes:
        yield notes


def note_all(apart: Notes) -> None:
    """Add notes that were taken apart."""
    notes = _notes.get()
    if notes is not None:
        notes.folders |= apart.folders
        notes.certain &= apart.certain
        for name, digest in apart.files.items():
            notes.certain &= notes.files.setdefault(name, digest) == digest


def note_file(path: str | os.PathLike[str], data: bytes | None) -> None:
    """A file was read, or (None) looked for in vain. Whoever reads a file of a project says so here."""
    notes = _notes.get()
    if notes is not None:
        name, digest = os.path.abspath(path), None if data is None else _digest(data)
        notes.certain &= notes.files.setdefault(name, digest) == digest  # else it changed meanwhile


def note_folder(path: str | os.PathLike[str], names: Sequence[str]) -> None:
    """A folder was listed."""
    notes = _notes.get()
    if notes is not None:
        notes.folders[os.path.abspath(path)] = sorted(names)


def note_doubt() -> None:
    """Something was looked at that is not noted, so the answer is not to be remembered."""
    notes = _notes.get()
    if notes is not None:
        notes.certain = False


def question(*parts: object) -> str:
    """A digest of everything that an answer depends on, what is read aside: this program among it."""
    return _digest(repr((_VERSION, _program(), *parts)).encode("utf-8", "surrogatepass"))


class Cache:
    """The answers of one user."""

    def __init__(self, folder: str, key: bytes) -> None:
        self._folder = folder
        self._key = key

    def recall(self, asked: str) -> Answer | None:
        """The answer to a question, where it still holds."""
        entry = self._entry(asked)
        if entry is None:
            return None
        notes = Notes()
        notes.files, notes.folders = entry["files"], entry["folders"]
        return Answer(entry["code"], entry["text"]) if notes.holds() else None

    def remember(self, asked: str, answer: Answer, notes: Notes) -> None:
        """Keep an answer. Where that fails, the next run thinks again."""
        if not (notes.certain and notes.direct()):
            return
        self._keep({"asked": asked, "files": notes.files, "folders": notes.folders, **answer._asdict()})

    def recall_facts(self, asked: str) -> Any:  # noqa: ANN401  # JSON
        """What was remembered under a question that names all it depends on; None where nothing was."""
        entry = self._entry(asked)
        return None if entry is None else entry["facts"]

    def remember_facts(self, asked: str, facts: object) -> None:
        """Keep a value of JSON's types, tuples among them, in the place of what was kept under the question."""
        self._keep({"asked": asked, "facts": facts})

    def _keep(self, entry: dict[str, Any]) -> None:
        asked, data = entry["asked"], marshal.dumps(entry)
        with suppress(OSError):
            self._make_room()
            _replace(os.path.join(self._folder, asked), self._code(data) + data)

    def _entry(self, asked: str) -> dict[str, Any] | None:
        data = _read(os.path.join(self._folder, asked))
        if data is None or data[:_CODE] != self._code(data[_CODE:]):
            return None
        entry: dict[str, Any] = marshal.loads(data[_CODE:])  # noqa: S302  # its code shows that we wrote it
        return entry if entry["asked"] == asked else None

    def _code(self, data: bytes) -> bytes:
        return blake2b(data, key=self._key, digest_size=_CODE).digest()

    def _make_room(self) -> None:
        with os.scandir(self._folder) as found:
            entries = sorted((entry.stat().st_mtime_ns, entry.path) for entry in found if entry.name != "key")
        for _, path in entries[: max(0, len(entries) - _MOST_ENTRIES + 1)]:
            with suppress(OSError):
                os.unlink(path)


def open_cache(environ: Mapping[str, str]) -> Cache | None:
    """The user's cache; None where there is no folder that nobody else can write to."""
    folder = _folder(environ)
    if folder is None:
        return None
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        if not _private(os.lstat(folder), folder=True):
            return None
        path = os.path.join(folder, "key")
        if not os.path.exists(path):
            _make_key(path)
        key = _read(path)
    except OSError:
        return None
    return Cache(folder, key) if key is not None and len(key) == _CODE else None


def _folder(environ: Mapping[str, str]) -> str | None:
    """`deployer` in the user's folder for such files; `XDG_CACHE_HOME` counts when it is absolute, as specified."""
    for name, inner in (("XDG_CACHE_HOME", ""), ("LOCALAPPDATA", ""), ("HOME", ".cache")):
        value = environ.get(name, "")
        if value and os.path.isabs(value):
            return os.path.join(value, inner, "deployer")
    return None


def _private(status: os.stat_result, *, folder: bool = False) -> bool:
    """Whether something belongs to this user, and nobody else may touch it."""
    if not (stat.S_ISDIR if folder else stat.S_ISREG)(status.st_mode):
        return False
    return not _POSIX or (status.st_uid == os.getuid() and not status.st_mode & 0o077)


def _read(path: str) -> bytes | None:
    """A private file; None where there is none."""
    try:
        descriptor = os.open(path, _FLAGS)
    except OSError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        return file.read() if _private(os.fstat(descriptor)) else None


def _make_key(path: str) -> None:
    """Of two processes that make one at a time, both use that of the first."""
    temporary = f"{path}.{os.getpid()}"
    _write(temporary, os.urandom(_CODE))
    try:
        with suppress(FileExistsError):
            os.link(temporary, path)
    finally:
        os.unlink(temporary)


def _replace(path: str, data: bytes) -> None:
    temporary = f"{path}.{os.getpid()}"
    _write(temporary, data)
    os.replace(temporary, path)


def _write(path: str, data: bytes) -> None:
    with suppress(FileNotFoundError):
        os.unlink(path)  # left by a process of this number that was killed
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)


def _digest(data: bytes) -> str:
    return blake2b(data, digest_size=16).hexdigest()


def _digest_of(path: str) -> str | None:
    """Of a file as it is now; None where there is none, and never equal for what cannot be read."""
    try:
        descriptor = os.open(path, _FLAGS)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError:
        return ""
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            return ""
        data = os.read(descriptor, status.st_size + 1)
        return _digest(data) if len(data) == status.st_size else ""
    except OSError:
        return ""
    finally:
        os.close(descriptor)


def _names(path: str) -> list[str] | None:
    try:
        return sorted(os.listdir(path))
    except OSError:
        return None


_ELSEWHERE = frozenset({"__pycache__", "emulator", "engine", "graph", "markdown", "remote", "state"})
"""Folders of this program that no remembered answer depends on."""


def _program() -> list[object]:
    """This program: when each of its files was written last, and when packages beside it came or went."""
    package = os.path.dirname(os.path.abspath(__file__))
    beside = [path for path in sys.path if path.endswith(("site-packages", "dist-packages")) and os.path.isdir(path)]
    found: list[object] = [sys.version, *((path, os.stat(path).st_mtime_ns) for path in beside)]
    folders = [package, os.path.join(os.path.dirname(package), "schemas")]
    for folder in folders:
        with suppress(FileNotFoundError), os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.endswith((".py", ".json")):
                    status = entry.stat()
                    found += (entry.name, status.st_mtime_ns, status.st_size)
                elif entry.name not in _ELSEWHERE and entry.is_dir():
                    folders.append(entry.path)
    return found
