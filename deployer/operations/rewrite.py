"""Files of the project in new words: what would change, and the change itself."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path as FilePath

from deployer.errors import ConfigurationError
from deployer.record import record
from deployer.source.local import write_file

_BOM = b"\xef\xbb\xbf"


@record
class Rewrite:
    """One file and its new text."""

    file: str
    before: str
    """As it was read, without a byte order mark."""
    after: str

    @property
    def changes(self) -> bool:
        """Whether there is anything to write."""
        return self.before != self.after


def write_all(rewrites: Iterable[Rewrite], *, inside: FilePath) -> None:
    """Write every file whose text changes, each as a whole.

    Raises ConfigurationError for a file that leads out of `inside`, or that somebody else changed meanwhile.
    """
    for rewrite in rewrites:
        if rewrite.changes:
            path = FilePath(rewrite.file)
            mark = _mark_of(path, rewrite)
            write_file(path, mark + rewrite.after, inside=inside)


def _mark_of(path: FilePath, rewrite: Rewrite) -> str:
    """The byte order mark that the file begins with, if it does."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{rewrite.file}: cannot be read: {error.strerror}") from None
    mark = _BOM if data.startswith(_BOM) else b""
    if data != mark + rewrite.before.encode("utf-8"):
        raise ConfigurationError(f"{rewrite.file} changed meanwhile; nothing was written there", hint="Run it again.")
    return mark.decode("utf-8")
