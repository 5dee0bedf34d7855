"""Secrets: their file `.deployer/<env>/secrets.env`, their environment variables, and hiding them in text.

The file is for this machine alone: mode 0600, in a folder that Git ignores. No value ever stands in
a message or a `repr`; problems name the file, the line and the secret.
"""

from __future__ import annotations

import base64
import json
import os
import re
import shlex
import stat
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import BinaryIO, Final, Protocol
from urllib.parse import quote, quote_plus

from deployer.errors import ConfigurationError

FILE_NAME: Final = "secrets.env"
ENVIRONMENT_PREFIX: Final = "DEPLOYER_SECRET_"
MIN_LENGTH: Final = 8
"""Characters of the shortest secret; a shorter one could not be hidden without hiding ordinary text."""
MAX_SIZE: Final = 1_000_000
"""Bytes of the largest secrets file."""

_LINE: Final = re.compile(r"(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)[ \t]*=[ \t]*(.*)")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_BARE: Final = re.compile(r"[A-Za-z0-9_./+=:@%,~^*?!-]+")
_POSIX: Final = os.name == "posix"


def read_secrets(path: Path) -> dict[str, str]:
    """The secrets of a file, by name in capitals; none when there is no file.

    A line is `NAME=value`, `NAME='value'` (as it is) or `NAME="value"` (with JSON's escapes); empty
    lines and `#` lines do not count. Raises ConfigurationError when others could read the file, when
    it is no ordinary file, and for the first line that is not right.
    """
    data = _read_privately(path)
    if data is None:
        return {}
    try:
        lines = data.decode("utf-8-sig").split("\n")
    except UnicodeDecodeError:
        raise ConfigurationError(f"{path}: not UTF-8 text") from None
    secrets: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        entry = _entry(line, f"{path}:{number}")
        if entry is None:
            continue
        name, value = entry
        if name in secrets:
            raise ConfigurationError(f"{path}:{number}: secret {name} is there already; names ignore case")
        secrets[name] = value
    return secrets


def write_secrets(path: Path, secrets: Mapping[str, str]) -> None:
    """Set secrets in a file, readable by its owner alone; its other lines and comments stay.

    The folder is made when needed, with a `.gitignore` that keeps the whole `.deployer` out of Git.
    A reader sees the old file or the new one. Raises ConfigurationError as `read_secrets` does, and
    for a name or value that the file cannot hold; then nothing is written.
    """
    left = {name.upper(): value for name, value in secrets.items()}
    for name, value in left.items():
        if not _NAME.fullmatch(name):
            raise ConfigurationError(f"{path}: {name!r} is not a secret's name: letters, digits and _ only")
        _check_length(value, f"{path}: secret {name}")
    read_secrets(path)
    data = _read_privately(path)
    lines = data.decode("utf-8-sig").rstrip("\n").split("\n") if data and data.strip() else []
    for index, line in enumerate(lines):
        match = _LINE.fullmatch(line.strip())
        if match is not None and match[1].upper() in left:
            lines[index] = _assignment(match[1].upper(), left.pop(match[1].upper()))
    lines += [_assignment(name, value) for name, value in left.items()]
    for folder in (path.parent.parent, path.parent):
        # A repository could so lead secrets to where Git does not ignore them.
        if folder.is_symlink():
            raise ConfigurationError(f"{folder} is a symbolic link; secrets are written to an ordinary folder only")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _ignore(path.parent.parent)
        _replace(path, "".join(f"{line}\n" for line in lines).encode())
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be written: {error.strerror}") from None


def _assignment(name: str, value: str) -> str:
    return f"{name}={value if _BARE.fullmatch(value) else json.dumps(value)}"


def _entry(line: str, place: str) -> tuple[str, str] | None:
    text = line.strip()
    if not text or text.startswith("#"):
        return None
    match = _LINE.fullmatch(text)
    if match is None:
        raise ConfigurationError(f"{place}: not a secret; write NAME=value, the name of letters, digits and _")
    name = match[1].upper()
    value = _value(match[2], f"{place}: secret {name}")
    _check_length(value, f"{place}: secret {name}")
    return name, value


def _value(text: str, place: str) -> str:
    if text.startswith("'"):
        if len(text) > 1 and text.endswith("'") and "'" not in text[1:-1]:
            return text[1:-1]
        raise ConfigurationError(f"{place}: the value begins with ' and does not end with the next one")
    if text.startswith('"'):
        with suppress(ValueError):
            value = json.loads(text)
            if isinstance(value, str):
                return value
        # Not chained: the decoder's error holds the line.
        raise ConfigurationError(f'{place}: the value in "..." is not a JSON string; escape " and \\ with \\')
    if " #" in text or "\t#" in text:
        raise ConfigurationError(f"{place}: a comment or a part of the value? Put the value into '...'")
    return text


def _check_length(value: str, place: str) -> None:
    if len(value) < MIN_LENGTH:
        raise ConfigurationError(
            f"{place} is shorter than {MIN_LENGTH} characters; it could not be hidden in output",
            hint="Use a longer secret.",
        )


def _read_privately(path: Path) -> bytes | None:
    """The file's bytes, or None without a file; the checks are of what was opened, not of the name."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
    try:
        if path.is_symlink():
            raise ConfigurationError(f"{path} is a symbolic link; secrets are read from an ordinary file only")
        descriptor = os.open(path, flags)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}") from None
    with _opened(descriptor, path) as file:
        data = file.read(MAX_SIZE + 1)
    if len(data) > MAX_SIZE:
        raise ConfigurationError(f"{path} is larger than {MAX_SIZE:,} bytes")
    return data


def _opened(descriptor: int, path: Path) -> BinaryIO:
    status = os.fstat(descriptor)
    mode = stat.S_IMODE(status.st_mode)
    if stat.S_ISREG(status.st_mode) and not (_POSIX and mode & 0o077):
        return os.fdopen(descriptor, "rb")
    os.close(descriptor)
    if not stat.S_ISREG(status.st_mode):
        raise ConfigurationError(f"{path} is not an ordinary file")
    hint = f"Run `chmod 600 {shlex.quote(str(path))}`."
    raise ConfigurationError(f"{path} can be read or written by others (mode {mode:04o})", hint=hint)


def _ignore(folder: Path) -> None:
    """Keep a folder out of Git. What somebody wrote there stays."""
    with suppress(FileExistsError), (folder / ".gitignore").open("x", encoding="utf-8") as file:
        file.write("*\n")


def _replace(path: Path, data: bytes) -> None:
    """Temp file, fsync, rename, fsync of the folder; the temp file has mode 0600 from the start."""
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    if _POSIX:
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


class Ask(Protocol):
    """Asks somebody for a secret by name: the user's password manager."""

    @property
    def origin(self) -> str:
        """Who that is, for people."""

    def __call__(self, name: str, /) -> str | None:
        """The value, or None when there is none."""


class Secrets:
    """The secrets of an environment, and how to keep them out of every text.

    `DEPLOYER_SECRET_<NAME>` wins over the file, and that over the user's program, which is asked for a
    name when somebody needs it, and once. Names ignore case. An empty variable counts as absent: that is
    how CI systems hand over secrets that a fork may not see.
    """

    __slots__ = ("_ask", "_asking", "_needles", "_origins", "_values")

    def __init__(
        self,
        environ: Mapping[str, str],
        file_values: Mapping[str, str] | None = None,
        *,
        file: str = FILE_NAME,
        ask: Ask | None = None,
    ) -> None:
        """Raises ConfigurationError for a secret below `MIN_LENGTH`."""
        values = {name.upper(): value for name, value in (file_values or {}).items()}
        origins = dict.fromkeys(values, file)
        for variable, value in sorted(environ.items()):
            name = variable.upper().removeprefix(ENVIRONMENT_PREFIX)
            if variable.upper().startswith(ENVIRONMENT_PREFIX) and name and value:
                _check_length(value, f"secret {name} (from {variable})")
                values[name] = value
                origins[name] = variable
        for name, value in values.items():
            _check_length(value, f"secret {name}")
        self._values: dict[str, str | None] = {**values}
        self._origins = origins
        self._needles = _needles(values)
        self._ask = ask
        self._asking = Lock()

    def __repr__(self) -> str:
        return f"Secrets({', '.join(sorted(self.names))})"

    @property
    def names(self) -> frozenset[str]:
        """The names of all known secrets, in capitals."""
        return frozenset(name for name, value in list(self._values.items()) if value is not None)

    def get(self, name: str) -> str | None:
        """The value of a secret, or None when nobody gave one. Raises ConfigurationError as the program does."""
        upper = name.upper()
        if upper not in self._values and self._ask is not None:
            with self._asking:
                if upper not in self._values:
                    self._learn(upper, self._ask(name), self._ask.origin)
        return self._values.get(upper)

    def _learn(self, name: str, value: str | None, origin: str) -> None:
        if value is not None:
            _check_length(value, f"secret {name} (from {origin})")
            self._needles = _needles({**self._known(), name: value})
            self._origins[name] = origin
        self._values[name] = value

    def _known(self) -> dict[str, str]:
        return {name: value for name, value in list(self._values.items()) if value is not None}

    def origin(self, name: str) -> str | None:
        """Where a secret's value comes from: a variable, a file or a program; None when nobody gives it."""
        return self._origins.get(name.upper()) if self.get(name) is not None else None

    def missing(self, names: Iterable[str]) -> list[str]:
        """Those of the names that have no value, as given, sorted."""
        return sorted({name for name in names if self.get(name) is None})

    def name_of(self, value: str) -> str | None:
        """The name of the secret with exactly this value."""
        return next((name for name, known in self._known().items() if known == value), None)

    def mask(self, text: str) -> str:
        """The text with `(secret NAME)` wherever a secret stands, however it is encoded.

        Plain, line by line, as in URLs, JSON, YAML, hexadecimal, and in base64 at any offset within
        longer data (as in `Authorization: Basic`). Secrets that overlap are hidden as one.
        """
        spans = sorted(self._found(text), key=lambda span: (span[0], -span[1]))
        pieces: list[str] = []
        end = 0
        for start, stop, name in spans:
            if start >= end:
                pieces += [text[end:start], f"(secret {name})"]
            end = max(end, stop)
        return "".join((*pieces, text[end:]))

    def _found(self, text: str) -> Iterator[tuple[int, int, str]]:
        for needle, name in self._needles.items():
            start = text.find(needle)
            while start >= 0:
                yield start, start + len(needle), name
                start = text.find(needle, start + 1)


def _needles(values: Mapping[str, str]) -> dict[str, str]:
    """Every form of every secret, the longest first, with the secret's name."""
    forms = {form: name for name, value in sorted(values.items()) for form in _forms(value)}
    return dict(sorted(forms.items(), key=lambda item: -len(item[0])))


def _forms(value: str) -> set[str]:
    # A secret of several lines is shown line by line, and indented, by diffs and block scalars.
    texts = {value, *(line.strip() for line in value.splitlines() if len(line.strip()) >= MIN_LENGTH)}
    return {form for text in texts for form in _encoded(text)}


def _encoded(value: str) -> Iterator[str]:
    data = value.encode("utf-8", "surrogatepass")
    in_url = quote(data, safe="")
    yield from (value, value.replace("'", "''"))
    yield from (in_url, quote(data, safe="/"), quote_plus(data), re.sub("%..", lambda match: match[0].lower(), in_url))
    for text in (json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]):
        # Text within text is escaped twice, and some writers escape the slash.
        yield from (text, text.replace("/", "\\/"), json.dumps(text)[1:-1])
    yield from (data.hex(), data.hex().upper())
    yield from _base64(data)


def _base64(data: bytes) -> Iterator[str]:
    """What is sure to stand in the base64 of longer data, for each of its three alignments (RFC 4648)."""
    for offset in range(3):
        encoded = base64.b64encode(bytes(offset) + data).decode("ascii")
        # Characters that also hold bits of the neighbours differ from case to case.
        sure = encoded[(offset * 8 + 5) // 6 : (offset + len(data)) * 8 // 6]
        yield sure
        yield sure.replace("+", "-").replace("/", "_")
