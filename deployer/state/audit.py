"""The message of a commit that keeps a state: for people who ask who did what, and from where."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from deployer.state.log import Author, Entry, read_line, write_line

_LINE = 200
"""Characters of a note or a trailer that are kept."""


_LOG = "Deployer-Log: "


def commit_message(notes: Sequence[str], author: Author, entries: Iterable[Entry] = ()) -> str:
    """Notes as subject and list, then trailers: who, from where, and each entry of the log as `Deployer-Log: JSON`.

    Every note and value becomes one line, so that none can pass for a trailer.
    """
    lines = list(dict.fromkeys(_one_line(note) for note in notes)) or ["change nothing"]
    subject = lines[0] if len(lines) == 1 else f"{lines[-1]}, and {len(lines) - 1} more"
    listed = "".join(f"- {line}\n" for line in lines) if len(lines) > 1 else ""
    facts = {"Who": author.who, "Commit": author.commit or "", "Run": author.run or ""}
    trailers = "".join(f"Deployer-{name}: {_one_line(value)}\n" for name, value in facts.items() if value.strip())
    trailers += "".join(f"{_LOG}{write_line(entry)}\n" for entry in entries)
    return "\n".join(part for part in (f"{subject}\n", listed, trailers) if part)


def entries_of(message: str) -> Iterator[Entry]:
    """The entries in a commit's message, oldest first. Only its last paragraph has trailers."""
    _, between, trailers = message.rstrip("\n").rpartition("\n\n")
    for line in trailers.split("\n") if between else ():
        entry = read_line(line.removeprefix(_LOG)) if line.startswith(_LOG) else None
        if entry is not None:
            yield entry


def _one_line(text: str) -> str:
    printable = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(printable.split())[:_LINE] or "?"
