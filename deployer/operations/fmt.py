"""Files in their canonical layout."""

from __future__ import annotations

from collections.abc import Iterable

from deployer.lint.shape import not_a_workflow
from deployer.operations.rewrite import Rewrite
from deployer.record import record
from deployer.source.document import Document
from deployer.source.formatting import CannotFormat, format_document


@record
class Left:
    """A file that stays as it is."""

    file: str
    reason: str
    broken: bool
    """Because of an error in it."""


@record
class Formatted:
    """Every file that was asked for: in its layout, or left as it is."""

    rewrites: tuple[Rewrite, ...]
    """Those that are in their layout already, too."""
    left: tuple[Left, ...]

    @property
    def changed(self) -> tuple[Rewrite, ...]:
        """Those that come to look different."""
        return tuple(rewrite for rewrite in self.rewrites if rewrite.changes)

    @property
    def broken(self) -> bool:
        """Whether a file has an error, so that it has no layout."""
        return any(left.broken for left in self.left)


def format_documents(documents: Iterable[Document]) -> Formatted:
    """The layout of each document; nothing is written. Files that are no workflows are left as they are."""
    rewrites: list[Rewrite] = []
    left: list[Left] = []
    for document in documents:
        if document.ok and not_a_workflow(document.value) is not None:
            left.append(Left(file=document.file, reason="it is no workflow", broken=False))
            continue
        try:
            after = format_document(document)
        except CannotFormat as error:
            left.append(Left(file=document.file, reason=str(error), broken=not document.ok))
        else:
            rewrites.append(Rewrite(file=document.file, before=document.text, after=after))
    return Formatted(rewrites=tuple(rewrites), left=tuple(left))
