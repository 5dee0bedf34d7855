"""Take definitions from the server into files, and bind them.

What a file borrows (`${var.x}`, `${secret.x}`) stays borrowed where its value still agrees; what the
server has instead is written as text. Credentials never reach a file: they become references, and
their values go to the environment's secrets file.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, replace
from enum import StrEnum
from pathlib import Path as FilePath
from typing import cast

from deployer.errors import DeployerError
from deployer.operations.compare import Alignment, KnownSecret, align, matches, moved_since, stored_digest
from deployer.operations.desired import desired, secret_paths
from deployer.operations.diff import StepChange, differences
from deployer.record import record
from deployer.remote.gateway import Definition
from deployer.source.as_written import as_written
from deployer.source.canonical import canonical, digest
from deployer.source.credentials import extract
from deployer.source.document import JSON, Document, parse
from deployer.source.load import lives_in, load_workflow, text_reader
from deployer.source.patch import Unwritable, patch
from deployer.source.project import Environment, Project, relative_name
from deployer.source.workflow import Workflow
from deployer.source.writer import write
from deployer.state.model import Binding, Hold


class Took(StrEnum):
    """What pulling one key comes to."""

    NEW = "new file"
    CHANGED = "changed"
    SAME = "same"
    AHEAD = "file is ahead"
    CONFLICT = "conflict"
    GONE = "gone"
    KEPT = "file kept"
    UNWRITABLE = "cannot be written"


@record
class Pulled:
    """One definition on its way into a file."""

    key: str
    took: Took
    id: str
    version: int | None
    name: str
    path: FilePath | None = None
    """The file to write; None where nothing is written."""
    text: str | None = field(default=None, repr=False)
    binding: Binding | None = None
    """The binding to record; None where it stays."""
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    changes: tuple[StepChange, ...] = ()
    """From the file to the server's version."""
    problem: str = ""
    """Why it cannot be written."""
    replaced: tuple[str, ...] = ()
    """References that gave way to a value, as written."""
    elsewhere: Mapping[str, tuple[StepChange, ...]] = field(default_factory=dict)
    """What the file now declares anew for other environments, by their name."""
    applied: Mapping[str, object] | None = field(default=None, repr=False)
    template: Mapping[str, object] | None = field(default=None, repr=False)
    server: Mapping[str, object] | None = field(default=None, repr=False)


@record
class Puller:
    """What pulling needs to know."""

    project: Project
    environment: Environment
    known_secret: KnownSecret
    name_of_secret: Callable[[str], str | None]
    taken_secrets: Sequence[str]
    history: Callable[[str], Sequence[Definition]]
    prefer: str | None = None
    """`theirs` or `ours`, for keys where both sides changed."""
    others: Sequence[Environment] = ()
    """The project's other environments, which read the same files."""

    def into_file(
        self, workflow: Workflow, binding: Binding, now: Definition | None, hold: Hold | None = None
    ) -> Pulled:
        """A bound definition into its file.

        A file that a `hold` keeps back, and that nobody changed since, is behind the server, not ahead of it.
        """
        item = desired(workflow)
        if now is None:
            return Pulled(key=workflow.key, took=Took.GONE, id=binding.id, version=None, name=item.name)
        current = canonical(now.body)
        aligned = align(current, item.template, self.known_secret)
        moved = moved_since(binding, now, self.history)
        elsewhere = moved and bool(aligned.rotated or aligned.uncompared)
        if digest(aligned.body) == item.digest and not elsewhere:
            return self._same(workflow.key, binding, now, item.template, item.digest)
        if hold is not None and item.digest == hold.sent:
            return self._rewritten(workflow, now, aligned, item.template)
        ahead = item.digest != binding.sent
        if not moved:
            took = Took.AHEAD if ahead else Took.SAME
            return Pulled(key=workflow.key, took=took, id=now.id, version=now.version, name=now.name)
        if ahead and self.prefer != "theirs":
            return self._both(workflow, binding, now, item.template, aligned)
        return self._rewritten(workflow, now, aligned, item.template)

    def _same(self, key: str, binding: Binding, now: Definition, template: Mapping[str, object], sent: str) -> Pulled:
        paths = tuple(secret_paths(template))
        fresh = Binding(
            id=now.id, version=now.version, sent=sent, stored=stored_digest(now.body, paths), protect=binding.protect,
            secret_paths=paths,
        )  # fmt: skip
        return Pulled(
            key=key, took=Took.SAME, id=now.id, version=now.version, name=now.name,
            binding=fresh if fresh != binding else None,
        )  # fmt: skip

    def _both(
        self, workflow: Workflow, binding: Binding, now: Definition, template: Mapping[str, object], aligned: Alignment
    ) -> Pulled:
        kept = self.prefer == "ours"
        paths = tuple(secret_paths(template))
        seen = Binding(
            id=now.id, version=now.version, sent=binding.sent, stored=stored_digest(now.body, paths),
            protect=binding.protect, secret_paths=paths,
        )  # fmt: skip
        applied = next((item for item in self.history(now.id) if item.version == binding.version), None)
        body = aligned.body if isinstance(aligned.body, dict) else {}
        known = align(canonical(applied.body), template, self.known_secret).body if applied is not None else None
        return Pulled(
            key=workflow.key, took=Took.KEPT if kept else Took.CONFLICT, id=now.id, version=now.version, name=now.name,
            binding=seen if kept else None, changes=differences(template, body), template=template, server=body,
            applied=known if isinstance(known, dict) else None,
        )  # fmt: skip

    def _rewritten(
        self, workflow: Workflow, now: Definition, aligned: Alignment, template: Mapping[str, object]
    ) -> Pulled:
        raw = workflow.document.value if isinstance(workflow.document.value, dict) else {}
        foreign, secrets = self._extracted(now, workflow.key)
        secrets |= self._changed_secrets(workflow.key, now, aligned)
        replaced: list[str] = []
        restored = restore(aligned.body, template, canonical_raw(raw), foreign, replaced)
        body = restored if isinstance(restored, dict) else {}
        try:
            text = patch(workflow.document, cast("JSON", as_written(raw, body)))
        except Unwritable as error:
            raise CannotPull(f"`{workflow.key}`: version {now.version} of {now.id}: {error}") from error
        server = aligned.body if isinstance(aligned.body, dict) else {}
        pulled = self._checked(
            workflow.key, Took.CHANGED, FilePath(workflow.file), text, now, secrets,
            changes=differences(template, server), replaced=tuple(replaced),
        )  # fmt: skip
        return replace(pulled, elsewhere=self._elsewhere(workflow, parse(text, workflow.file)))

    def _elsewhere(self, workflow: Workflow, document: Document) -> dict[str, tuple[StepChange, ...]]:
        """What the new text of a file changes for environments that it was not pulled from."""
        found: dict[str, tuple[StepChange, ...]] = {}
        for other in self.others:
            before, after = (
                load_workflow(
                    each, variables=other.variables, read_file=text_reader(self.project), key=workflow.key,
                    environment=other,
                )
                for each in (workflow.document, document)
            )  # fmt: skip
            changes = differences(desired(before).template, desired(after).template)
            if changes and lives_in(after, other):
                found[other.name] = changes
        return found

    def _changed_secrets(self, key: str, now: Definition, aligned: Alignment) -> dict[str, str]:
        """Secrets that the file refers to and that have another value on the server: they keep their names."""
        changed: dict[str, str] = {}
        for name, values in aligned.found.items():
            if len(values) > 1:
                raise CannotPull(
                    f"`{key}`: secret {name} stands in several places, and version {now.version} on the server holds "
                    "different values there",
                    hint="Give one of the places a secret of its own in the file, or the same value on the server.",
                )
            (value,) = values
            if self.known_secret(name) != value:
                changed[name] = value
        return changed

    def into_new_file(self, key: str, path: FilePath, now: Definition) -> Pulled:
        """A definition without a file into a new one."""
        body, secrets = self._extracted(now, key)
        return self._checked(key, Took.NEW, path, write(body), now, secrets)

    def _extracted(self, now: Definition, key: str) -> tuple[dict[str, object], dict[str, str]]:
        return extract(canonical(now.body), key=key, known=self.name_of_secret, taken=self.taken_secrets)

    def _checked(
        self,
        key: str,
        took: Took,
        path: FilePath,
        text: str,
        now: Definition,
        secrets: Mapping[str, str],
        *,
        changes: tuple[StepChange, ...] = (),
        replaced: tuple[str, ...] = (),
    ) -> Pulled:
        """The file as it will read, held against the server's body: a pull must plan as no change."""
        document = parse(text, relative_name(path))
        workflow = load_workflow(
            document, variables=self.environment.variables, read_file=text_reader(self.project), key=key,
            environment=self.environment,
        )  # fmt: skip
        item = desired(workflow)
        used = {name: value for name, value in secrets.items() if name in item.secrets}

        def known(name: str) -> str | None:
            # A reference that stays in the file is compared by the next plan: its secret may have been rotated.
            return used.get(name)

        if not document.ok or not matches(canonical(now.body), item.template, known):
            raise CannotPull(f"`{key}`: version {now.version} of {now.id} does not fit into a file without loss")
        paths = tuple(secret_paths(item.template))
        binding = Binding(
            id=now.id, version=now.version, sent=item.digest, stored=stored_digest(now.body, paths),
            protect=item.protect, secret_paths=paths,
        )  # fmt: skip
        return Pulled(
            key=key, took=took, id=now.id, version=now.version, name=now.name, path=path, text=text, binding=binding,
            secrets=used, changes=changes, replaced=replaced,
        )  # fmt: skip


class CannotPull(DeployerError):
    """A body that our own file format cannot hold."""

    hint = "Its file stays as it is. Mend the definition in the web builder, or pull the others with --exclude."


def canonical_raw(raw: Mapping[str, object]) -> dict[str, object]:
    """A file's value as written (references unresolved), in the canonical form's structure."""
    return canonical({key: value for key, value in raw.items() if key != "metadata"})


def restore(server: object, template: object, raw: object, foreign: object, replaced: list[str]) -> object:
    """The server's value with the file's own writing wherever both mean the same.

    `server` is aligned to `template`; `raw` is the file as written; `foreign` is the server's value
    ready for a file (escaped, credentials as references).
    """
    if isinstance(server, dict) and isinstance(foreign, dict):
        ours = template if isinstance(template, dict) else {}
        written = raw if isinstance(raw, dict) else {}
        return {
            key: restore(item, ours.get(key, _ABSENT), written.get(key, _ABSENT), foreign[key], replaced)
            for key, item in server.items()
        }
    if isinstance(server, list) and isinstance(foreign, list):
        pairs = _pairs(template, raw)
        return [restore(item, *pairs(index, item), foreign[index], replaced) for index, item in enumerate(server)]
    if raw is not _ABSENT and template is not _ABSENT and _equal(server, template):
        return raw
    if isinstance(raw, str) and "${" in raw and template is not _ABSENT and raw != template:
        replaced.append(raw)
    return foreign


_ABSENT = object()


def _equal(left: object, right: object) -> bool:
    return digest(left) == digest(right)


def _pairs(template: object, raw: object) -> Callable[[int, object], tuple[object, object]]:
    """For each item of the server's list, the template's and the file's: steps by id, whatever else by position."""
    ours = template if isinstance(template, list) else []
    written = raw if isinstance(raw, list) else []
    positions = {item["id"]: index for index, item in enumerate(ours) if isinstance(item, dict) and "id" in item
                 and isinstance(item["id"], str)}  # fmt: skip
    by_id = bool(ours) and len(positions) == len(ours)

    def pair(index: int, item: object) -> tuple[object, object]:
        at: int | None = index
        if by_id:
            at = positions.get(str(item.get("id"))) if isinstance(item, dict) else None
        if at is None or at >= len(ours) or at >= len(written):
            return _ABSENT, _ABSENT
        return ours[at], written[at]

    return pair


def new_key(name: str, taken: Callable[[str], bool]) -> str:
    """A key made from a definition's name: lower case, digits and hyphens, unique."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode("ascii").lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60].strip("-") or "workflow"
    key, number = slug, 2
    while taken(key):
        key, number = f"{slug}-{number}", number + 1
    return key
