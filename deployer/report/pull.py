"""What a pull wrote."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from deployer.operations.diff import differences, sentences
from deployer.operations.pull import Pulled, Took
from deployer.operations.saved_plan import shown_value
from deployer.report.plan import steps_text
from deployer.report.terminal import Paint, safe
from deployer.source.project import relative_name

VERSION = 1


def render_text(pulled: Sequence[Pulled], *, color: bool = False, dry_run: bool = False, verbose: bool = False) -> str:
    """A block for each key that something happened to, and a closing line."""
    paint = Paint(color)
    lines = [line for item in pulled for line in _item(item, paint, verbose=verbose)]
    counts = [(sum(1 for item in pulled if item.took is took), word) for took, word in _COUNTED]
    said = ", ".join(f"{count} {word}" for count, word in counts if count) or "nothing to pull"
    lines.append(paint.bold(f"{'Would pull' if dry_run else 'Pulled'}: {said}."))
    return "\n".join(lines) + "\n"


_COUNTED = (
    (Took.NEW, "new"),
    (Took.CHANGED, "changed"),
    (Took.SAME, "the same"),
    (Took.AHEAD, "ahead of the server"),
    (Took.KEPT, "kept as in the file"),
    (Took.CONFLICT, "in conflict"),
    (Took.GONE, "deleted on the server"),
    (Took.UNWRITABLE, "impossible to write"),
)


def _item(item: Pulled, paint: Paint, *, verbose: bool) -> Iterator[str]:
    where = safe(relative_name(item.path)) if item.path is not None else ""
    if item.took is Took.NEW:
        yield paint.green(f"+ {item.key}: {where} ({safe(item.name)}, version {item.version}, {item.id})")
    elif item.took is Took.CHANGED:
        yield paint.yellow(f"~ {item.key}: {where} now has version {item.version}")
        yield from (f"    {safe(sentence)}" for sentence in sentences(item.changes))
        yield from steps_text(item.changes, paint)
    elif item.took is Took.CONFLICT:
        yield from _conflict(item, paint)
    elif item.took is Took.GONE:
        yield paint.red(f"! {item.key}: definition {item.id} was deleted on the server; the file stays as it is")
    elif item.took is Took.UNWRITABLE:
        yield paint.red(f"! {item.key} ({item.id}): {safe(item.problem)}")
    elif item.took is Took.AHEAD:
        yield f"  {item.key}: the file changed, the server did not; `deployer plan {item.key}` shows it"
    elif item.took is Took.KEPT:
        yield f"  {item.key}: the file stays; the next apply replaces version {item.version}"
    elif verbose:
        yield f"  {item.key}: the same"
    for reference in item.replaced:
        yield paint.yellow(f"    `{safe(reference)}` gave way to the server's value")
    for name, changes in item.elsewhere.items():
        yield paint.yellow(f"    differs from {name}, where the next apply would write it, too:")
        yield from (f"        {safe(sentence)}" for sentence in sentences(changes))
    for name in sorted(item.secrets):
        yield f"    secret {name} is kept in secrets.env"


def _conflict(item: Pulled, paint: Paint) -> Iterator[str]:
    yield paint.red(f"! {item.key}: both the file and the server changed; nothing was written")
    if item.applied is not None:
        yield "    on the server since the last apply:"
        yield from steps_text(differences(item.applied, item.server), paint)
        yield "    in the file since the last apply:"
        yield from steps_text(differences(item.applied, item.template), paint)
    else:
        yield "    from the file to the server:"
        yield from steps_text(item.changes, paint)
    yield f"    `deployer pull {item.key} --theirs` takes the server's version, `--ours` keeps the file's"


def render_json(pulled: Sequence[Pulled]) -> str:
    """A versioned contract."""
    value = {
        "version": VERSION,
        "pulled": [
            {
                "key": item.key,
                "result": str(item.took),
                "written": item.text is not None,
                "id": item.id,
                "definitionVersion": item.version,
                "name": item.name,
                "file": relative_name(item.path) if item.path is not None else None,
                "secrets": sorted(item.secrets),
                "replaced": list(item.replaced),
                "elsewhere": {name: sentences(changes) for name, changes in item.elsewhere.items()},
                "steps": [
                    {"id": step.id, "op": step.op, "path": step.path,
                     "before": shown_value(step.before, step.path), "after": shown_value(step.after, step.path)}
                    for step in item.changes
                ],
            }
            for item in pulled
        ],
    }  # fmt: skip
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
