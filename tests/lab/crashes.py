"""A process that ends at any chosen moment, and a disk that shows what a kill or a power cut would leave."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from tests.state.frail import Crash, FrailDisk, Inode

__all__ = ["Crash", "Fuse", "FusedDisk"]


@dataclass
class Fuse:
    """Counts the points at which a process may end, and ends it at one of them."""

    at: int | None = None
    count: int = 0
    blown: bool = False

    def point(self) -> None:
        """Another point; the dead pass none."""
        if self.blown:
            raise Crash
        self.count += 1
        if self.count == self.at:
            self.blown = True
            raise Crash


@dataclass
class FusedDisk(FrailDisk):
    """A disk whose steps are points of the process's fuse. Every content that was to be kept is remembered."""

    fuse: Fuse = field(default_factory=Fuse)
    contents: list[bytes] = field(default_factory=list)

    def _step(self, name: str) -> None:
        if self.fuse.blown:
            raise Crash
        super()._step(name)

    def _end(self) -> None:
        self.fuse.point()

    def write(self, handle: int, data: bytes) -> None:
        self.contents.append(data)
        super().write(handle, data)

    def as_it_is(self) -> FusedDisk:
        """What is there now, for another process."""
        return revived(self.names, self.durable_names)

    def remains(self) -> dict[str, FusedDisk]:
        """What each way to die leaves behind: of the process alone, or of the whole machine."""
        cuts = self.after_power_cuts()
        return {
            "killed": self.as_it_is(),
            "power cut, names lost": revived(cuts[0].names, cuts[0].durable_names),
            "power cut, names kept": revived(cuts[1].names, cuts[1].durable_names),
        }


def revived(names: dict[Path, Inode], durable: dict[Path, Inode]) -> FusedDisk:
    """A disk with these files, for the process after the one that died."""
    twins: dict[int, Inode] = {}

    def twin(inode: Inode) -> Inode:
        return twins.setdefault(id(inode), Inode(data=inode.data, durable=inode.durable))

    return FusedDisk(
        names={path: twin(inode) for path, inode in names.items()},
        durable_names={path: twin(inode) for path, inode in durable.items()},
    )
