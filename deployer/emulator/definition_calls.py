"""The endpoints under `/definitions`."""

from __future__ import annotations

from werkzeug.wrappers import Response

from deployer.emulator import definitions
from deployer.emulator.answers import Refusal, answer, empty, not_found
from deployer.emulator.call import Call
from deployer.emulator.loader import load
from deployer.emulator.stored import answered, marked

MICROS = 1_000_000


def list_definitions(call: Call) -> Response:
    """The newest version of each active definition; of disabled ones too where the settings say so."""
    limit, skip = call.limit_and_skip()
    with call.store.reading() as db:
        found = definitions.latest(
            db, call.account, now=call.moment, disabled_too=call.settings.list_disabled, limit=limit, skip=skip
        )
    return answer([answered(version, call.settings) for version in found])


def create_definition(call: Call) -> Response:
    """Store version 1 under a new id."""
    loaded = load(call.body(), account_id_required=call.settings.account_id_required)
    body = marked(loaded, normalise=call.settings.normalise)
    listed_from = call.moment + round(call.settings.list_delay * MICROS)
    with call.store.writing() as db:
        version = definitions.create(
            db,
            call.account,
            str(call.new_id()),
            loaded=loaded,
            body=body,
            now=call.moment,
            listed_from=listed_from,
        )
    return answer(answered(version, call.settings), status=201, location=f"{call.request.path}/{version.id}")


def definition_history(call: Call) -> Response:
    """All versions, newest first. An unknown definition has none, as documented: no 404 here."""
    definition = call.definition_id()
    limit, skip = call.limit_and_skip()
    with call.store.reading() as db:
        found = definitions.history(db, call.account, definition, limit=limit, skip=skip)
    return answer([answered(version, call.settings) for version in found])


def update_definition(call: Call) -> Response:
    """Store the next version; the ones before stay as they are."""
    definition = call.definition_id()
    loaded = load(call.body(), account_id_required=call.settings.account_id_required)
    body = marked(loaded, normalise=call.settings.normalise)
    with call.store.writing() as db:
        if not definitions.exists(db, call.account, definition):
            raise unknown_definition(definition)
        version = definitions.update(
            db,
            call.account,
            definition,
            loaded=loaded,
            body=body,
            now=call.moment,
            reuse_numbers=call.settings.reuse_version_numbers,
        )
    return answer(answered(version, call.settings))


def delete_definition(call: Call) -> Response:
    """Schedule the end of a definition or of one version; it takes effect later."""
    definition = call.definition_id()
    number = call.version()
    due = call.moment + round(call.settings.delete_delay * MICROS)
    with call.store.writing() as db:
        if not definitions.exists(db, call.account, definition):
            raise unknown_definition(definition)
        if definitions.facts(db, call.account, definition, number) is None:
            raise unknown_version(definition, number)
        definitions.schedule_deletion(db, definition, number, due=due)
        definitions.carry_out_deletions(db, call.moment)
    return empty(status=202)


def unknown_definition(definition: str) -> Refusal:
    """404 for a definition, in the documented words."""
    return not_found(f"Definition {definition} not found.")


def unknown_version(definition: str, version: int | None) -> Refusal:
    """404 for a version of a definition that exists."""
    return not_found(f"Version {version} of definition {definition} not found.")
