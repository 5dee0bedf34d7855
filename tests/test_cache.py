"""A remembered answer is given while everything it depends on is as it was, and nobody else's answer ever."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from deployer.cache import Answer, Cache, note_doubt, note_file, note_folder, open_cache, question, taking_notes

ANSWER = Answer(1, "one finding\n")
posix = pytest.mark.skipif(sys.platform == "win32", reason="owners and modes are POSIX")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A user's folder for caches."""
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


@pytest.fixture
def cache(home: Path) -> Cache:
    """A user's cache."""
    found = open_cache({"XDG_CACHE_HOME": str(home)})
    assert found is not None
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two files that a run read, and what it looked for in vain."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "a").write_bytes(b"one")
    (folder / "b").write_bytes(b"two")
    return folder


def remember(cache: Cache, folder: Path, asked: str = "asked") -> None:
    """A run that reads the folder, its files and one that is not there."""
    with taking_notes() as notes:
        note_folder(folder, os.listdir(folder))
        for path in folder.iterdir():
            note_file(path, path.read_bytes())
        note_file(folder.parent / "deployer.yaml", None)
    cache.remember(asked, ANSWER, notes)


def entry(home: Path) -> Path:
    """The file of the one answer."""
    return next(path for path in (home / "deployer").iterdir() if path.name != "key")


def test_an_answer_is_given_again_while_nothing_changed(cache: Cache, folder: Path, home: Path) -> None:
    assert cache.recall("asked") is None
    remember(cache, folder)
    assert cache.recall("asked") == ANSWER
    again = open_cache({"XDG_CACHE_HOME": str(home)})
    assert again is not None
    assert again.recall("asked") == ANSWER
    assert cache.recall("something else") is None


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: (folder / "a").write_bytes(b"eno"),
        lambda folder: (folder / "a").write_bytes(b"one "),
        lambda folder: (folder / "a").unlink(),
        lambda folder: (folder / "c").write_bytes(b""),
        lambda folder: (folder.parent / "deployer.yaml").write_bytes(b""),
        lambda folder: (folder.parent / "deployer.yaml").mkdir(),
        lambda folder: ((folder / "a").unlink(), (folder / "a").mkdir()),
    ],
    ids=["content", "length", "gone", "new file", "found now", "a folder now", "became a folder"],
)
def test_no_answer_outlives_what_it_was_made_of(cache: Cache, folder: Path, change: object) -> None:
    remember(cache, folder)
    assert callable(change)
    change(folder)
    assert cache.recall("asked") is None


@posix
def test_a_file_that_became_a_link_is_not_the_same_file(cache: Cache, folder: Path) -> None:
    remember(cache, folder)
    (folder / "a").rename(folder.parent / "a")
    (folder / "a").symlink_to(folder.parent / "a")
    assert cache.recall("asked") is None
    remember(cache, folder)
    assert cache.recall("asked") is None


@posix
def test_a_pipe_in_the_place_of_a_file_keeps_nobody_waiting(cache: Cache, folder: Path) -> None:
    remember(cache, folder)
    (folder / "a").unlink()
    os.mkfifo(folder / "a")
    assert cache.recall("asked") is None


def test_a_run_that_looked_elsewhere_or_saw_a_file_change_is_not_remembered(cache: Cache, folder: Path) -> None:
    with taking_notes() as notes:
        note_doubt()
    cache.remember("asked", ANSWER, notes)
    assert cache.recall("asked") is None
    with taking_notes() as notes:
        note_file(folder / "a", b"one")
        note_file(folder / "a", b"two")
    cache.remember("asked", ANSWER, notes)
    assert cache.recall("asked") is None


@pytest.mark.parametrize("at", [0, 31, 32, 40, -1])
def test_an_entry_that_somebody_touched_is_not_believed(cache: Cache, folder: Path, home: Path, at: int) -> None:
    remember(cache, folder)
    data = bytearray(entry(home).read_bytes())
    data[at] ^= 1
    entry(home).write_bytes(data)
    assert cache.recall("asked") is None


@pytest.mark.parametrize("length", [0, 10, 32, 60])
def test_a_torn_entry_is_not_believed(cache: Cache, folder: Path, home: Path, length: int) -> None:
    remember(cache, folder)
    entry(home).write_bytes(entry(home).read_bytes()[:length])
    assert cache.recall("asked") is None


def test_an_entry_under_another_name_answers_nothing(cache: Cache, folder: Path, home: Path) -> None:
    remember(cache, folder)
    entry(home).rename(home / "deployer" / "other")
    assert cache.recall("other") is None


def test_an_entry_made_with_another_key_is_foreign(cache: Cache, folder: Path, home: Path, tmp_path: Path) -> None:
    other = open_cache({"XDG_CACHE_HOME": str(tmp_path)})
    assert other is not None
    remember(other, folder)
    theirs = next(path for path in (tmp_path / "deployer").iterdir() if path.name != "key")
    (home / "deployer" / "asked").write_bytes(theirs.read_bytes())
    (home / "deployer" / "asked").chmod(0o600)
    assert cache.recall("asked") is None


@posix
def test_what_others_may_write_or_read_is_not_used(cache: Cache, folder: Path, home: Path) -> None:
    remember(cache, folder)
    entry(home).chmod(0o620)
    assert cache.recall("asked") is None
    entry(home).chmod(0o600)
    assert cache.recall("asked") == ANSWER
    (home / "deployer" / "key").chmod(0o644)
    assert open_cache({"XDG_CACHE_HOME": str(home)}) is None
    (home / "deployer" / "key").chmod(0o600)
    (home / "deployer").chmod(0o777)
    assert open_cache({"XDG_CACHE_HOME": str(home)}) is None


@posix
def test_a_cache_behind_a_link_is_not_used(home: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    (home / "deployer").symlink_to(tmp_path / "elsewhere")
    assert open_cache({"XDG_CACHE_HOME": str(home)}) is None


def test_without_a_folder_of_the_user_there_is_no_cache(tmp_path: Path) -> None:
    assert open_cache({}) is None
    assert open_cache({"XDG_CACHE_HOME": "relative", "HOME": ""}) is None
    (tmp_path / "file").write_text("")
    assert open_cache({"XDG_CACHE_HOME": str(tmp_path / "file")}) is None


def test_old_answers_make_room(cache: Cache, folder: Path, home: Path) -> None:
    for number in range(120):
        remember(cache, folder, str(number))
    assert len(list((home / "deployer").iterdir())) <= 101
    assert cache.recall("119") == ANSWER


def test_nothing_is_noted_outside_of_a_run(folder: Path) -> None:
    note_file(folder / "a", b"one")
    with taking_notes() as notes:
        pass
    assert not notes.files


def test_a_question_is_its_parts() -> None:
    assert question("a", 1) == question("a", 1)
    assert len({question("a", 1), question("a", "1"), question("a1"), question(("a", 1))}) == 4
