"""Tells a real difference from one that secrets or the server's own habits make.

The server holds secret values, the files hold references. `align` brings a server's body next to a
template: where the template has a secret and everything around it agrees, the value counts as equal
(or as a rotation, when the secret is known here and differs). `stored_digest` blanks those places.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from deployer.finding import Path
from deployer.remote.gateway import Definition
from deployer.source.canonical import canonical, digest
from deployer.source.references import BEGINNING, escape, fill, secrets_in
from deployer.source.secrets_file import MIN_LENGTH
from deployer.state.model import Binding

KnownSecret = Callable[[str], str | None]
"""Gives a secret's value, or None when it is not available here."""


@dataclass(slots=True)
class Alignment:
    """A server's body in the terms of a template."""

    body: object = None
    """Secret values replaced by the template's references where they agree; other text escaped."""
    rotated: set[str] = field(default_factory=set)
    """Secrets whose value here differs from the server's."""
    uncompared: set[str] = field(default_factory=set)
    """Secrets that are not available here, so that any value matches."""
    found: dict[str, set[str]] = field(default_factory=dict, repr=False)
    """The values on the server of secrets that stand alone in a text, so that the value is certain."""
    values: dict[str, str] = field(default_factory=dict, repr=False)
    """The template's secrets, as far as they are known here."""


def align(remote: object, template: object, known: KnownSecret) -> Alignment:
    """Bring a canonical server body next to a template. The result holds no secret, whatever the server did to it."""
    alignment = Alignment()
    alignment.values = {name: value for name in secrets_in(template) if (value := known(name))}
    alignment.body = _align(remote, template, known, alignment)
    return alignment


def matches(remote: object, template: object, known: KnownSecret) -> bool:
    """Whether a canonical server body is what the template declares (missing secrets match anything)."""
    aligned = align(remote, template, known)
    return not aligned.rotated and digest(aligned.body) == digest(template)


def covers(remote: object, template: object, known: KnownSecret) -> bool:
    """Whether a server body holds all that the template declares; the server may have added defaults of its own."""
    aligned = align(remote, template, known)
    return not aligned.rotated and _covers(aligned.body, template)


def _covers(remote: object, template: object) -> bool:
    if isinstance(template, Mapping):
        return isinstance(remote, Mapping) and all(
            key in remote and _covers(remote[key], item) for key, item in template.items()
        )
    if isinstance(template, list):
        return (
            isinstance(remote, list)
            and len(remote) == len(template)
            and all(_covers(left, right) for left, right in zip(remote, template, strict=True))
        )
    return digest(remote) == digest(template)


def _align(remote: object, template: object, known: KnownSecret, into: Alignment) -> object:
    if isinstance(remote, str):
        if isinstance(template, str) and "${secret." in template and secrets_in(template):
            return _align_text(remote, template, known, into)
        text = _escape_secrets(remote)
        return text if text == template else _named(remote, sorted(into.values.items(), key=lambda item: -len(item[1])))
    if isinstance(remote, Mapping):
        other = template if isinstance(template, Mapping) else {}
        return {key: _align(item, other.get(key), known, into) for key, item in remote.items()}
    if isinstance(remote, list):
        partner = _partner(template)
        return [_align(item, partner(index, item), known, into) for index, item in enumerate(remote)]
    return remote


def _partner(template: object) -> Callable[[int, object], object]:
    """Steps pair by id, whatever else by position."""
    if not isinstance(template, list):
        return lambda _index, _item: None
    by_id = {item["id"]: item for item in template if isinstance(item, Mapping) and isinstance(item.get("id"), str)}
    if template and len(by_id) == len(template):
        return lambda _index, item: by_id.get(str(item.get("id"))) if isinstance(item, Mapping) else None
    return lambda index, _item: template[index] if index < len(template) else None


def _align_text(remote: str, template: str, known: KnownSecret, into: Alignment) -> str:
    literals, names = _parts(template)
    values = _between(remote, literals)
    if values is None:
        # Another text altogether. Which part of it is the secret, or was one, nobody can tell.
        return f"(another text in the place of {', '.join(f'secret {name}' for name in dict.fromkeys(names))})"
    if len(names) == 1:
        into.found.setdefault(names[0], set()).add(values[0])
    if all(known(name) is not None for name in names):
        # Compare whole, since several secrets in one text could be split in more than one way.
        if fill(template, lambda name: known(name) or "") != remote:
            into.rotated.update(names)
    else:
        into.uncompared.update(name for name in names if known(name) is None)
    return template


def _parts(template: str) -> tuple[list[str], list[str]]:
    """The texts around the secrets, one more than there are secrets, and the secrets' names."""
    literals, names, at = [""], [], 0
    for match in BEGINNING.finditer(template):
        if match[2] != "secret" or (len(match[1]) == 1 and match[3] is None):
            continue
        literals[-1] += template[at : match.start()]
        at = match.end()
        if len(match[1]) > 1:
            literals[-1] += match[0][1:]
        else:
            names.append(match[3])
            literals.append("")
    literals[-1] += template[at:]
    return literals, names


def _between(text: str, literals: Sequence[str]) -> list[str] | None:
    """What stands between the literals, or None where the text does not have this form.

    The leftmost fit: there is one exactly when there is any, and a long text costs no more than one look.
    """
    if not text.startswith(literals[0]):
        return None
    values, at = [], len(literals[0])
    for literal in literals[1:-1]:
        end = text.find(literal, at + MIN_LENGTH)
        if end < 0:
            return None
        values.append(text[at:end])
        at = end + len(literal)
    end = len(text) - len(literals[-1])
    if end < at + MIN_LENGTH or not text.endswith(literals[-1]):
        return None
    return [*values, text[at:end]]


def _escape_secrets(text: str) -> str:
    """In a template only secrets are references, so only they need the escape."""
    if "${secret." not in text:
        return text
    return BEGINNING.sub(lambda match: escape(match[0]) if match[2] == "secret" else match[0], text)


def _named(text: str, values: Sequence[tuple[str, str]]) -> str:
    """A text in which every known secret is a reference: somebody may have copied one to where it has no place."""
    for index, (name, value) in enumerate(values):
        if value in text:
            return f"${{secret.{name}}}".join(_named(part, values[index + 1 :]) for part in text.split(value))
    return _escape_secrets(text)


def as_template(body: Mapping[str, object]) -> dict[str, object]:
    """A server's body as a template without secrets: canonical, literal `${secret.x}` escaped."""
    aligned = align(canonical(body), None, lambda _name: None)
    return aligned.body if isinstance(aligned.body, dict) else {}


def stored_digest(body: Mapping[str, object], secret_places: Iterable[Path]) -> str:
    """Digest of a server's answer, with the places of secrets blanked."""
    value: object = canonical(body)
    for path in secret_places:
        value = with_text(value, path, "")
    return digest(value)


def moved_since(binding: Binding, now: Definition, history: Callable[[str], Sequence[Definition]]) -> bool:
    """Whether the server's content is another one than after our last write.

    The state knows nothing of secret places, so where a new version could differ in those alone, the
    history is asked for the version that we saw. Should it be gone, the answer is yes: better ask than
    revert somebody's work.
    """
    if stored_digest(now.body, binding.secret_paths) != binding.stored:
        return True
    if now.version == binding.version or not binding.secret_paths:
        return False
    seen = next((version for version in history(binding.id) if version.version == binding.version), None)
    return seen is None or digest(canonical(seen.body)) != digest(canonical(now.body))


def text_at(value: object, path: Path) -> str | None:
    """The text that a path leads to; None when there is none."""
    for part in path:
        if isinstance(part, str) and isinstance(value, Mapping):
            value = value.get(part)
        elif isinstance(part, int) and isinstance(value, list) and part < len(value):
            value = value[part]
        else:
            return None
    return value if isinstance(value, str) else None


def with_text(value: object, path: Path, text: str) -> object:
    """A copy with another text where the path leads to one; whatever is no text stays."""
    if not path:
        return text if isinstance(value, str) else value
    head, rest = path[0], path[1:]
    if isinstance(value, Mapping) and head in value:
        return {key: with_text(item, rest, text) if key == head else item for key, item in value.items()}
    if isinstance(value, list) and isinstance(head, int) and head < len(value):
        return [with_text(item, rest, text) if index == head else item for index, item in enumerate(value)]
    return value
