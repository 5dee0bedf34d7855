"""Files that would look different: as a unified diff, in words, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from difflib import unified_diff

from deployer.operations.fmt import Formatted
from deployer.operations.rewrite import Rewrite
from deployer.report.terminal import Paint, safe
from deployer.source.credentials import mask_text

VERSION = 1


def render_diff(rewrites: Iterable[Rewrite], *, color: bool = False) -> str:
    """What changes, as a unified diff, credentials masked; empty where nothing does."""
    paint = Paint(color)
    return "".join(f"{line}\n" for rewrite in rewrites if rewrite.changes for line in _diff(rewrite, paint))


def _diff(rewrite: Rewrite, paint: Paint) -> Iterator[str]:
    before, after = rewrite.before.split("\n"), rewrite.after.split("\n")
    lines = unified_diff(_marked(before), _marked(after), f"a/{rewrite.file}", f"b/{rewrite.file}", lineterm="")
    for number, line in enumerate(lines):
        text = _shown(line)
        if number < 2:
            yield paint.bold(text)
        elif line.startswith("@@"):
            yield paint.dim(text)
        else:
            yield paint.green(text) if line[0] == "+" else paint.red(text) if line[0] == "-" else text


def _marked(lines: list[str]) -> list[str]:
    """Lines as a diff has them: a file that does not end with a line break says so."""
    *whole, last = lines
    return [*whole, f"{last}\n\\ No newline at end of file"] if last else whole


def _shown(line: str) -> str:
    return "\n".join("\t".join(map(safe, part.split("\t"))) for part in mask_text(line).split("\n"))


def render_text(formatted: Formatted, *, check: bool) -> str:
    """A line for each file that looks different now, or would."""
    word = "would be formatted" if check else "formatted"
    lines = [f"{safe(rewrite.file)}: {word}" for rewrite in formatted.changed]
    return "".join(f"{line}\n" for line in (*lines, summary(formatted, check=check)))


def summary(formatted: Formatted, *, check: bool) -> str:
    """`1 file would be formatted, 3 are in order.`"""
    changed = len(formatted.changed)
    same = len(formatted.rewrites) - changed
    counts = [
        f"{_files(changed)} {'would be ' if check else ''}formatted" if changed else "",
        f"{_files(same)} in order" if same or not changed else "",
        f"{_files(len(formatted.left))} left alone" if formatted.left else "",
    ]
    return ", ".join(filter(None, counts))


def render_json(formatted: Formatted) -> str:
    """The contract for programs."""
    files: list[dict[str, object]] = [
        {"file": rewrite.file, "status": "changed" if rewrite.changes else "same"} for rewrite in formatted.rewrites
    ]
    files += [
        {"file": left.file, "status": "error" if left.broken else "left", "reason": left.reason}
        for left in formatted.left
    ]
    counts = {"changed": len(formatted.changed), "files": len(files)}
    return json.dumps({"version": VERSION, "summary": counts, "files": sorted(files, key=_by_file)}, indent=2) + "\n"


def reasons(formatted: Formatted) -> Sequence[str]:
    """Why files are left as they are, a line each."""
    return [f"{safe(left.file)}: left as it is: {safe(left.reason)}" for left in formatted.left]


def _by_file(item: dict[str, object]) -> str:
    return str(item["file"])


def _files(count: int) -> str:
    return f"{count} file" if count == 1 else f"{count} files"
