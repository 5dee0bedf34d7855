"""The database file: private, durable, shared, and never somebody else's."""

from __future__ import annotations

import sqlite3
import stat
import sys
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from deployer.emulator import create_app
from deployer.emulator.store import APPLICATION_ID, LAYOUTS
from deployer.errors import ConfigurationError
from tests.emulator.api import Api, client_of, definition
from tests.emulator.conftest import Serve

UPDATES = 25


def test_everything_is_there_after_a_restart(serving: Serve) -> None:
    first = serving()
    stored = first.create(definition(name="Kept"))
    workflow = first.start(stored, {"n": 1.0})
    before = first.get("definitions").text, first.instance(stored, workflow)
    first.close()
    second = serving()
    assert (second.get("definitions").text, second.instance(stored, workflow)) == before
    assert second.update(stored) == 2


def test_an_answered_write_is_seen_by_every_other_emulator_on_the_file(serving: Serve) -> None:
    one, two = serving(), serving()
    stored = one.create()
    assert two.update(stored) == 2
    assert one.versions(stored) == [2, 1]


def test_a_refused_write_leaves_nothing_behind(api: Api) -> None:
    stored = api.create()
    api.put(stored, {})
    assert api.post("definitions", stored, "workflows", body={}, version=9).status_code == 404
    assert (api.versions(stored), api.instances(stored)) == ([1], [])


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no file modes")
def test_only_the_owner_can_read_the_database(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folders" / "e.sqlite"
    with Api(database=path) as api:
        api.create()
        assert {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()} == {0o600}


def test_the_database_uses_wal(api: Api) -> None:
    with sqlite3.connect(api.database) as db:
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    db.close()


def test_a_database_of_another_program_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.sqlite"
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE definition (id)")
    db.close()
    before = path.read_bytes()
    with pytest.raises(ConfigurationError, match="is a database of another program"):
        create_app(path)
    assert path.read_bytes() == before


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not a database, only a text that is longer than its header" * 20)
    with pytest.raises(ConfigurationError, match=r"cannot use .*notes\.txt as its database"):
        create_app(path)
    assert path.read_text().startswith("not a database")


def test_a_folder_is_no_database(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="as its database"):
        create_app(tmp_path)


def test_a_database_of_another_layout_is_refused_with_a_way_out(api: Api) -> None:
    api.close()
    with sqlite3.connect(api.database) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(ConfigurationError, match=r"another version of the emulator \(layout 99") as caught:
        create_app(api.database)
    assert caught.value.hint == "Delete the file, or name another one; the emulator creates it anew."


def update_often(database: Path, stored: str) -> list[int]:
    """What one process does: update a definition again and again; the versions that it was given."""
    with Api(database=database) as api:
        return [api.update(stored, definition(name=f"{number}")) for number in range(UPDATES)]


def test_processes_that_update_one_definition_get_every_version_once(tmp_path: Path) -> None:
    database = tmp_path / "e.sqlite"
    with Api(database=database) as api:
        stored = api.create()
        with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
            first, second = (pool.submit(update_often, database, stored) for _ in range(2))
            given = [first.result(60), second.result(60)]
        assert [sorted(numbers) for numbers in given] == given
        assert sorted(given[0] + given[1]) == list(range(2, 2 * UPDATES + 2))
        assert api.versions(stored) == list(range(2 * UPDATES + 1, 0, -1))


def create_first(database: Path, name: str) -> str:
    with Api(database=database) as api:
        return api.create(definition(name=name))


def test_many_can_create_the_database_at_the_same_moment(tmp_path: Path) -> None:
    database = tmp_path / "e.sqlite"
    with ThreadPoolExecutor(8) as pool:
        stored = list(pool.map(lambda number: create_first(database, f"{number}"), range(8)))
    with Api(database=database) as api:
        assert sorted(api.listed()) == sorted(stored)


def test_threads_that_update_one_definition_get_every_version_once(api: Api) -> None:
    stored = api.create()

    def update(number: int) -> int:
        with client_of(api.app) as client:
            response = client.put(api.path("definitions", stored), json=definition(name=f"{number}"))
        version: int = response.json()["version"]
        return version

    with ThreadPoolExecutor(8) as pool:
        given = list(pool.map(update, range(40)))
    assert sorted(given) == list(range(2, 42))
    names = {item["version"]: item["definition"]["name"] for item in api.get("definitions", stored).json()}
    assert [names[version] for version in given] == [f"{number}" for number in range(40)]


@pytest.mark.parametrize("layout", range(1, len(LAYOUTS)))
def test_an_older_database_is_brought_up_to_date(tmp_path: Path, layout: int) -> None:
    file = tmp_path / "emulator.sqlite"
    db = sqlite3.connect(file)
    db.executescript("".join(LAYOUTS[:layout]))
    db.executescript(f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {layout};")
    db.close()
    with Api(database=file) as api:
        stored = api.create()
        instance = api.start(stored, {"payload": {"source": "+6591234567"}})
        assert api.instance(stored, instance)["status"] == "Complete"
        assert len(api.http.get("/_emulator/outbox", params={"account": api.account}).json()) == 1
