"""Which back end a project gets."""

from __future__ import annotations

from pathlib import Path

import pytest

from deployer.errors import ConfigurationError
from deployer.state.codec import encode
from deployer.state.model import StateStore
from deployer.state.program import GitProgram
from deployer.state.stores import Kind, choose

from .repositories import ENVIRON, REF, git
from .states import ACCOUNT, state


def chosen(
    project: Path, kind: Kind = "auto", *, emulator: bool = False, remote: str | None = None, environment: str = "prod"
) -> StateStore:
    program = GitProgram(project, ENVIRON)
    return choose(
        kind,
        project=project,
        environment=environment,
        account=ACCOUNT,
        emulator=emulator,
        remote=remote,
        git=program,
    )


def test_a_project_with_a_remote_keeps_its_state_there(laptop: Path) -> None:
    store = chosen(laptop)
    assert (store.place, store.dies_with_the_runner) == (f"origin {REF}", False)
    with store.session() as session:
        session.save(state(a=1), note="first")
    assert chosen(laptop).read() == state(a=1)


def test_a_project_without_a_remote_keeps_its_state_in_a_file_to_commit(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    store = chosen(tmp_path)
    assert (store.place, store.dies_with_the_runner) == ("deployer.prod.lock.json", True)
    with store.session() as session:
        session.save(state(a=1), note="first")
    assert (tmp_path / "deployer.prod.lock.json").read_text() == encode(state(a=1))
    assert sorted(path.name for path in tmp_path.iterdir()) == [".deployer", ".git", "deployer.prod.lock.json"]


def test_a_folder_without_git_and_a_machine_without_git_use_the_file(tmp_path: Path) -> None:
    assert chosen(tmp_path).place == "deployer.prod.lock.json"
    bare = GitProgram(tmp_path, {"PATH": str(tmp_path)})
    store = choose("auto", project=tmp_path, environment="prod", account=ACCOUNT, emulator=False, git=bare)
    assert store.place == "deployer.prod.lock.json"


def test_the_state_of_an_emulator_stands_beside_its_database(laptop: Path) -> None:
    store = chosen(laptop, emulator=True, environment="local")
    assert (store.place, store.dies_with_the_runner) == (".deployer/local/state.json", False)
    with store.session() as session:
        session.save(state(a=1), note="first")
    assert chosen(laptop, emulator=True, environment="local").read() == state(a=1)


def test_a_state_file_that_is_there_stays_in_use_when_a_remote_appears(laptop: Path) -> None:
    (laptop / "deployer.prod.lock.json").write_text(encode(state(a=1)))
    assert chosen(laptop).place == "deployer.prod.lock.json"
    assert chosen(laptop, "git").place == f"origin {REF}"


def test_the_file_can_be_asked_for(laptop: Path) -> None:
    assert chosen(laptop, "file").place == "deployer.prod.lock.json"


def test_the_only_remote_is_taken_whatever_its_name_and_a_choice_has_to_be_made_between_two(laptop: Path) -> None:
    git(laptop, "remote", "rename", "origin", "upstream")
    assert chosen(laptop).place == f"upstream {REF}"
    git(laptop, "remote", "add", "fork", "../fork.git")
    with pytest.raises(ConfigurationError, match="needs one Git remote, and this project has fork, upstream"):
        chosen(laptop)
    assert chosen(laptop, remote="fork").place == f"fork {REF}"


def test_git_without_a_remote_is_refused_with_the_ways_out(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="this project has none") as caught:
        chosen(tmp_path, "git")
    assert "git remote add" in str(caught.value.hint)


def test_two_projects_of_one_repository_have_a_state_each(laptop: Path) -> None:
    names = ("shop", "team a/bots", "team-a-bots", "Ω")
    for name in names:
        (laptop / name).mkdir(parents=True)
    stores = [chosen(laptop), *(chosen(laptop / name) for name in names)]
    assert stores[0].place == f"origin {REF}"
    assert stores[1].place == "origin refs/deployer/projects/shop-8d9001d3/prod"
    for number, store in enumerate(stores):
        with store.session() as session:
            session.save(state(a=number), note="first")
    assert [store.read() for store in stores] == [state(a=number) for number in range(len(stores))]


@pytest.mark.parametrize("environment", ["", "..", "a/b", "../x", "-x", "a..b", "a.lock", "a.", ".a", "a b", "x" * 101])
def test_an_environment_that_can_not_name_a_file_and_a_ref_is_refused(environment: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="can't name an environment"):
        chosen(tmp_path, environment=environment)
