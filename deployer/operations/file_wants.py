"""What one file wants, in a form that is kept between runs and sent between processes."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import TYPE_CHECKING

from deployer.errors import ConfigurationError
from deployer.operations.desired import Desired, Listening, desired
from deployer.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from deployer.source.workflow import Workflow

_FLAGS = os.O_RDONLY
for _name in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY", "O_CLOEXEC"):  # a pipe in a file's place must not keep us waiting
    _FLAGS |= getattr(os, _name, 0)
_LARGEST = 4_000_000
"""Bytes; a larger file is no workflow, which the ordinary way tells."""


class Compared(NamedTuple):
    """What rules compare between files."""

    key: str
    name: str | None
    trigger: str | None
    sub_account: str | None
    enabled: bool


class FileWants(NamedTuple):
    """One file without errors, and what it wants. A tuple, since thousands of them are written down and read again."""

    path: str
    content: str
    """Digest."""
    file: str
    lives: bool
    """Whether it is of this environment."""
    compared: tuple[str, str | None, str | None, str | None, bool]
    """The fields of `Compared`, as a plain tuple: what is written down."""
    digest: str
    protect: bool
    moved_from: Sequence[str]
    secrets: Sequence[str]
    listening: Sequence[str | None] | None
    template: Mapping[str, object] | None
    """Only where it has secrets, which are compared each time."""

    @property
    def key(self) -> str:
        """The workflow's."""
        return self.compared[0]

    def desired(self, read: Callable[[str, str], Workflow | None]) -> Desired:
        """What it wants; `read` gives the workflow of a path and a file's name, should somebody look at its body."""
        return Desired(
            key=self.key,
            template=FileTemplate(self, read) if self.template is None else self.template,
            digest=self.digest,
            secrets=frozenset(self.secrets),
            name=self.compared[1] or "",
            file=self.file,
            protect=self.protect,
            moved_from=tuple(self.moved_from),
            listening=_listening(self.listening),
        )


class FileTemplate(Mapping[str, object]):
    """The body that a file declares, read when somebody looks. Raises ConfigurationError if the file changed since."""

    __slots__ = ("_body", "_file", "_read")

    def __init__(self, file: FileWants, read: Callable[[str, str], Workflow | None]) -> None:
        self._file, self._read = file, read
        self._body: Mapping[str, object] | None = None

    def _template(self) -> Mapping[str, object]:
        if self._body is None:
            workflow = self._read(self._file.path, self._file.file)
            item = desired(workflow) if workflow is not None else None
            if item is None or item.digest != self._file.digest:
                file = self._file.file
                raise ConfigurationError(f"{file} changed while it was planned", hint="Run the command again.")
            self._body = item.template
        return self._body

    def __getitem__(self, key: str) -> object:
        return self._template()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._template())

    def __len__(self) -> int:
        return len(self._template())


def wants_of_file(path: str, content: str, workflow: Workflow, *, lives: bool) -> FileWants:
    """What is kept of a file with that content."""
    item = desired(workflow)
    heard = item.listening
    return FileWants(
        path=path,
        content=content,
        file=item.file,
        lives=lives,
        compared=(workflow.key, workflow.name, workflow.trigger, workflow.sub_account, workflow.enabled),
        digest=item.digest,
        protect=item.protect,
        moved_from=item.moved_from,
        secrets=sorted(item.secrets),
        listening=None if heard is None else (heard.trigger, heard.sub_account),
        template=item.template if item.secrets else None,
    )


def _listening(kept: Sequence[str | None] | None) -> Listening | None:
    return None if kept is None else Listening(trigger=str(kept[0]), sub_account=kept[1])


def takes_in_text(workflow: Workflow) -> bool:
    """Whether other files than its own decide what it wants."""
    return "${file." in workflow.document.text


def content_of(path: str) -> bytes | None:
    """A plain file's content, symbolic links not followed; None where it cannot be read, or is no workflow's."""
    try:
        descriptor = os.open(path, _FLAGS)
    except OSError:
        return None
    try:
        status = os.fstat(descriptor)
        if status.st_size > _LARGEST or not stat.S_ISREG(status.st_mode):
            return None
        data = os.read(descriptor, status.st_size + 1)
        return data if len(data) == status.st_size else None
    except OSError:
        return None
    finally:
        os.close(descriptor)


def digest_of(data: bytes) -> str:
    """Of a text file's content, a byte order mark aside."""
    return blake2b(data.removeprefix(b"\xef\xbb\xbf"), digest_size=16).hexdigest()
