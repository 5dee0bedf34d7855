"""The state on a Git ref: two machines see one state, and the user's repository stays as it was."""

from __future__ import annotations

import json
import os
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest

from deployer.errors import ConfigurationError, DeployerError, Unreachable
from deployer.state.codec import encode
from deployer.state.failures import CorruptState, ForeignState, LockLost, NewerState, StateNotSaved
from deployer.state.git import GitStore
from deployer.state.git_session import GitSession
from deployer.state.log import Author, Entry
from deployer.state.model import Facts, State
from deployer.state.program import GitProgram

from .repositories import ENVIRON, REF, FakeClock, FlakyGit, clone, commits, git, store
from .states import ACCOUNT, binding, intent, state, unsent

EMPTY = State(account=ACCOUNT)
OLD, NEW = state(a=1), state(a=2, b=1)


def flaky(project: Path, **faults: list[str]) -> FlakyGit:
    return FlakyGit(GitProgram(project, ENVIRON), faults=faults)


def snapshot(project: Path) -> dict[str, object]:
    """All of a checkout that is its user's."""
    inside = project / ".git"
    kept = {
        path.relative_to(inside).as_posix(): path.read_bytes()
        for path in sorted(inside.rglob("*"))
        if path.is_file() and path.relative_to(inside).parts[0] != "objects"
    }
    return {"refs": git(project, "for-each-ref"), "status": git(project, "status", "--porcelain"), **kept}


def put(remote: Path, content: bytes, name: str = "state.json") -> None:
    """Somebody writes to the ref by hand."""
    file = remote.parent / "by-hand"
    file.write_bytes(content)
    blob = git(remote, "hash-object", "-w", "--no-filters", str(file)).strip()
    entry = remote.parent / "entry"
    entry.write_text(f"100644 blob {blob}\t{name}\n")
    with entry.open() as given:
        tree = subprocess.run(["git", "mktree"], cwd=remote, stdin=given, capture_output=True, text=True, check=True)
    commit = git(remote, "commit-tree", tree.stdout.strip(), "-m", "by hand").strip()
    git(remote, "update-ref", REF, commit)


def test_there_is_an_empty_state_before_the_first_write_and_reading_writes_nothing(laptop: Path, remote: Path) -> None:
    assert store(laptop).read() == EMPTY
    assert not (laptop / ".deployer").exists()
    assert REF not in git(remote, "for-each-ref")


def test_what_one_machine_saves_the_other_reads_shallow_or_not(laptop: Path, runner: Path) -> None:
    for writer, reader, each in ((laptop, runner, OLD), (runner, laptop, NEW), (laptop, runner, OLD)):
        with store(writer).session() as session:
            session.save(each, note="a test")
            assert session.state == each
        assert store(reader).read() == each


@pytest.mark.parametrize("machine", ["laptop", "runner"])
def test_nothing_of_the_user_changes_and_no_hook_runs(machine: str, laptop: Path, runner: Path) -> None:
    project = {"laptop": laptop, "runner": runner}[machine]
    other = {"laptop": runner, "runner": laptop}[machine]
    for name in ("pre-push", "reference-transaction", "post-commit", "pre-auto-gc"):
        hook = project / ".git" / "hooks" / name
        hook.write_text(f"#!/bin/sh\ntouch {project}/hook-ran\n")
        hook.chmod(0o755)
    (project / "file.txt").write_text("the user is working on it")
    (project / "staged.txt").write_text("new")
    git(project, "-c", f"core.hooksPath={os.devnull}", "add", "staged.txt")
    (project / ".git" / "info" / "exclude").write_text(".deployer\n")
    (project / ".git" / "FETCH_HEAD").write_text("what the user fetched last\n")
    before = snapshot(project)
    with store(other).session() as session:
        session.save(OLD, note="elsewhere")
    with store(project).session() as session:
        assert session.state == OLD
        session.save(NEW, note="here")
    assert store(project).read() == NEW
    assert snapshot(project) == before
    assert not (project / "hook-ran").exists()


def test_settings_for_ordinary_pushes_do_not_reach_the_state(laptop: Path, remote: Path) -> None:
    for name, value in {
        "remote.origin.mirror": "true",
        "remote.origin.fetch": "+refs/*:refs/*",
        "push.gpgSign": "true",
        "commit.gpgSign": "true",
        "push.followTags": "true",
        "push.pushOption": "ci.skip",
        "fetch.prune": "true",
    }.items():
        git(laptop, "config", name, value)
    git(laptop, "tag", "-a", "-m", "mine", "mine")
    git(laptop, "branch", "private")
    with store(laptop).session() as session:
        session.save(OLD, note="a test")
    names = git(remote, "for-each-ref", "--format=%(refname)").split()
    assert names == [REF, "refs/heads/main"]
    assert REF not in git(laptop, "for-each-ref")
    assert store(laptop).read() == OLD


def test_a_run_that_writes_makes_two_pushes_and_lock_and_intents_are_one(laptop: Path, runner: Path) -> None:
    program = flaky(laptop)
    with store(laptop, program=program).session() as session:
        session.save(EMPTY.open([intent("a"), intent("b")]), note="write a, b")
        assert program.count("push") == 1
        seen = store(runner).read()
        assert set(seen.intents) == {"a", "b"}
        assert seen.lock is not None
        assert seen.lock["holder"] == "anna"
        session.check()
        session.save(session.state.bind("a", binding()).close("a"), note="a created", urgent=False)
        session.check()
        session.save(session.state.bind("b", binding("d-2")).close("b"), note="b created", urgent=False)
        assert program.count("push") == 1
    assert program.count("push") == 2
    assert store(runner).read() == EMPTY.bind("a", binding()).bind("b", binding("d-2"))


def test_outcomes_travel_with_the_heart_beat_every_30_seconds(laptop: Path, runner: Path) -> None:
    program, clock = flaky(laptop), FakeClock()
    with store(laptop, program=program, clock=clock).session() as session:
        assert isinstance(session, GitSession)
        session.save(EMPTY.open([intent("a")]), note="write a")
        session.save(session.state.bind("a", binding()).close("a"), note="a created", urgent=False)
        clock.time += 29
        session.beat()
        assert program.count("push") == 1
        clock.time += 1
        session.beat()
        assert program.count("push") == 2
        assert store(runner).read().bindings == {"a": binding()}
        session.beat()
        assert program.count("push") == 2
    assert program.count("push") == 3


def test_a_run_of_a_minute_and_more_makes_four_pushes_however_many_outcomes_it_has(laptop: Path) -> None:
    program, clock = flaky(laptop), FakeClock()
    keys = [f"key{number}" for number in range(150)]
    with store(laptop, program=program, clock=clock).session() as session:
        assert isinstance(session, GitSession)
        session.save(EMPTY.open(unsent(key) for key in keys), note="write them all")
        for number, key in enumerate(keys):
            session.sending(key)
            session.check()
            session.record({key: Facts(binding=binding(f"d-{number}"))}, note=f"create {key}")
            clock.time += 0.5
            session.beat()
    assert program.count("push") == 4
    assert len(store(laptop).read().bindings) == 150


def test_the_remote_takes_every_open_intent_for_sent_and_this_machine_knows_better(laptop: Path, runner: Path) -> None:
    run = store(laptop).session()
    session = run.__enter__()
    session.save(EMPTY.open([unsent("a"), unsent("b"), unsent("c")]), note="write a, b, c")
    session.sending("a")
    session.record({"a": Facts(binding=binding())}, note="a created")
    session.sending("b")
    # The process is killed here. Whoever takes over elsewhere must look for all three.
    assert {intent.key for intent in store(runner).read().intents.values() if intent.maybe_sent} == {"a", "b", "c"}
    expected = EMPTY.bind("a", binding()).open([intent("b"), unsent("c")])
    assert replace(store(laptop).read(), lock=None) == expected
    run.gen.close()  # what the kernel does with the lock of a dead process
    with store(laptop).session() as session:
        assert session.state == expected
    assert store(runner).read() == expected


def test_a_thread_keeps_the_heart_beating(laptop: Path) -> None:
    program, clock = flaky(laptop), FakeClock()
    with store(laptop, program=program, clock=clock, tick=0.01).session() as session:
        session.save(EMPTY.open([intent("a")]), note="write a")
        clock.time += 31
        for _ in range(500):
            if program.count("push") == 2:
                break
            time.sleep(0.01)
        assert program.count("push") == 2


def test_a_run_that_changes_nothing_pushes_nothing(laptop: Path) -> None:
    with store(laptop).session() as session:
        session.save(OLD, note="first")
    program = flaky(laptop)
    with store(laptop, program=program).session() as session:
        session.save(session.state, note="nothing new")
        session.save(session.state, note="nothing new", urgent=False)
    assert program.count("push") == 0


def test_a_single_gathered_save_is_one_push_without_a_lock(laptop: Path, remote: Path) -> None:
    program = flaky(laptop)
    with store(laptop, program=program).session() as session:
        session.save(OLD, note="adopt a", urgent=False)
    assert program.count("push") == 1
    assert git(remote, "log", "--format=%s", REF).splitlines() == ["adopt a"]


def test_a_check_before_any_save_takes_the_lock(laptop: Path, runner: Path) -> None:
    with store(laptop).session() as session:
        session.check()
        assert store(runner).read().lock is not None
    assert store(runner).read() == EMPTY


def test_a_session_that_ended_saves_nothing_any_more(laptop: Path) -> None:
    with store(laptop).session() as session:
        session.save(OLD, note="first")
    with pytest.raises(LockLost, match="back already"):
        session.save(NEW, note="late")
    with pytest.raises(LockLost, match="back already"):
        session.check()
    assert store(laptop).read() == OLD


def test_each_write_says_who_did_what_from_where(laptop: Path) -> None:
    author = Author(who="anna\nDeployer-Who: mallory", run="https://ci.example.org/7", commit="abc123+")
    with store(laptop, author=author).session() as session:
        session.save(EMPTY.open([intent("a")]), note="write a\n\nDeployer-Who: mallory")
        session.save(session.state.close("a"), note="a failed", urgent=False)
        session.save(session.state.bind("b", binding()), note="b created", urgent=False)
    (_, end), (name, start) = commits(laptop)
    assert name == "deployer"
    assert start.rstrip().splitlines() == [
        "write a Deployer-Who: mallory",
        "",
        "Deployer-Who: anna Deployer-Who: mallory",
        "Deployer-Commit: abc123+",
        "Deployer-Run: https://ci.example.org/7",
    ]
    assert end.splitlines()[:4] == ["b created, and 1 more", "", "- a failed", "- b created"]


def test_the_log_has_an_entry_for_every_outcome_of_a_batch(laptop: Path, runner: Path) -> None:
    author = Author(who="Anna <anna@example.org>", commit="abc123+")
    made = [Entry(action="create", key=key, id=f"d-{key}", version=1, plan="sha256:0", reason="new") for key in "abc"]
    with store(laptop, author=author).session() as session:
        session.save(EMPTY.open([intent("a")]), note="write a")
        for entry in made:
            session.save(session.state.bind(entry.key or "", binding()), note="one", urgent=False, entries=[entry])
        session.save(session.state.close("a"), note="the last")
    signed = [replace(each, at="2026-03-01T02:14:00Z", who=author.who, commit=author.commit) for each in made]
    assert list(store(runner).entries()) == signed
    assert len(commits(runner)) == 3


def test_entries_that_could_not_be_pushed_are_handed_in_as_they_were(laptop: Path, runner: Path) -> None:
    anna, bob = Author(who="anna"), Author(who="bob")
    program = flaky(laptop)

    def stranded() -> None:
        with store(laptop, program=program, author=anna).session() as session:
            session.save(EMPTY.open([intent("a")]), note="write a")
            program.faults = {"push": ["fail"] * 9}
            made = Entry(action="update", key="a", id="d-1", version=3)
            session.save(session.state.bind("a", binding()).close("a"), note="a", urgent=False, entries=[made])

    with pytest.raises(StateNotSaved):
        stranded()
    assert store(runner).entries() == ()
    with store(laptop, author=bob).session():
        pass
    assert [(entry.key, entry.who) for entry in store(runner).entries()] == [("a", "anna")]


def test_what_was_not_saved_is_not_in_the_log(laptop: Path, runner: Path) -> None:
    program = flaky(laptop, push=["fail"] * 3)
    with store(laptop, program=program).session() as session:
        with pytest.raises(Unreachable):
            session.save(OLD, note="adopt a", entries=[Entry(action="adopt", key="a")])
        session.save(NEW, note="adopt b", entries=[Entry(action="adopt", key="b")])
    assert [entry.key for entry in store(runner).entries()] == ["b"]


def test_a_commit_carries_the_name_that_git_knows(laptop: Path) -> None:
    git(laptop, "config", "user.name", "Anna Arendt")
    git(laptop, "config", "user.email", "anna@example.org")
    with store(laptop).session() as session:
        session.save(OLD, note="first")
    assert {author for author, _ in commits(laptop)} == {"Anna Arendt"}


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", CorruptState),
        (b"<<<<<<< HEAD\n", CorruptState),
        (encode(EMPTY).replace('"lock": null', '"lock": {"holder": 7}').encode(), CorruptState),
        (json.dumps({"version": 2}).encode(), NewerState),
        (encode(State(account="other")).encode(), ForeignState),
    ],
)
def test_a_state_that_can_not_be_trusted_is_refused_and_stays(
    content: bytes, error: type[DeployerError], laptop: Path, remote: Path
) -> None:
    put(remote, content)
    before = git(remote, "for-each-ref")
    with pytest.raises(error, match=f"^origin {REF}"):
        store(laptop).read()
    with pytest.raises(error), store(laptop).session():
        pass
    assert git(remote, "for-each-ref") == before


def test_a_ref_that_holds_something_else_is_refused(laptop: Path, remote: Path) -> None:
    put(remote, b"hello", name="README")
    with pytest.raises(CorruptState, match=r"holds no state\.json"):
        store(laptop).read()


def test_a_project_in_a_folder_below_and_a_remote_by_relative_path_work(laptop: Path, runner: Path) -> None:
    git(laptop, "remote", "set-url", "origin", "../remote.git")
    project = laptop / "deploy" / "here"
    project.mkdir(parents=True)
    with store(project).session() as session:
        session.save(OLD, note="first")
    assert store(runner).read() == OLD


def test_a_remote_over_ssh_works_with_the_users_own_ssh(laptop: Path, remote: Path, tmp_path: Path) -> None:
    ssh = tmp_path / "ssh"
    ssh.write_text('#!/bin/sh\nfor last; do :; done\nexec sh -c "$last"\n')
    ssh.chmod(0o755)
    git(laptop, "remote", "set-url", "origin", f"ssh://git@example.invalid{remote}")
    git(laptop, "config", "core.sshCommand", str(ssh))
    with store(laptop).session() as session:
        session.save(OLD, note="first")
    assert store(laptop).read() == OLD


def test_a_checkout_inside_a_hook_is_not_led_astray(laptop: Path, runner: Path, tmp_path: Path) -> None:
    led = {**ENVIRON, "GIT_DIR": str(tmp_path / "nowhere"), "GIT_INDEX_FILE": str(tmp_path / "index")}
    with store(laptop, program=GitProgram(laptop, led)).session() as session:
        session.save(OLD, note="first")
    assert store(runner).read() == OLD


@pytest.mark.parametrize(
    "address",
    ["ext::sh -c 'touch ran'", "fd::7", "http://example.invalid/x", "git://example.invalid/x", "--upload-pack=x"],
)
def test_an_address_that_could_run_a_program_or_goes_in_the_clear_is_refused(address: str, laptop: Path) -> None:
    git(laptop, "config", "remote.origin.url", address)
    with pytest.raises(ConfigurationError, match="of a kind that a state is not pushed to"):
        store(laptop).read()
    assert not (laptop / "ran").exists()


def test_a_helper_that_a_rewritten_address_asks_for_does_not_run(laptop: Path, tmp_path: Path) -> None:
    git(laptop, "config", "protocol.ext.allow", "always")
    git(laptop, "config", f"url.ext::sh -c 'touch {tmp_path}/ran'.insteadOf", "https://example.invalid/")
    program = GitProgram(laptop, ENVIRON)
    assert program.run("ls-remote", "https://example.invalid/").code != 0
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("remote_name", ["--upload-pack=touch ran", "-x", "../other", "https://x", "", "a b"])
def test_a_remote_is_a_name_never_an_option_or_an_address(remote_name: str, laptop: Path) -> None:
    with pytest.raises(ConfigurationError, match="is not the name of a Git remote"):
        GitStore(laptop, ACCOUNT, remote=remote_name, ref=REF, local=laptop / ".deployer")


@pytest.mark.parametrize(
    "ref",
    ["refs/heads/main", "refs/deployer/", "refs/deployer/a..b", "refs/deployer/a.lock", "refs/deployer/-x", "--all"],
)
def test_a_state_never_lands_on_a_ref_of_the_user(ref: str, laptop: Path) -> None:
    with pytest.raises(ConfigurationError, match="can't name a state in Git"):
        GitStore(laptop, ACCOUNT, remote="origin", ref=ref, local=laptop / ".deployer")


def test_an_unknown_remote_is_named_with_the_known_ones(laptop: Path) -> None:
    git(laptop, "remote", "rename", "origin", "upstream")
    with pytest.raises(ConfigurationError, match="has no remote 'origin'; it has: upstream"):
        store(laptop).read()


def test_an_unreachable_remote_is_told_without_the_password_in_its_address(laptop: Path) -> None:
    git(laptop, "remote", "set-url", "origin", "https://anna:hunter2hunter2@127.0.0.1:1/x.git")
    with pytest.raises(Unreachable, match="can't read the state at origin") as caught:
        store(laptop).read()
    assert "hunter2" not in str(caught.value)
    assert caught.value.exit_code == 5


def test_a_remote_that_declines_the_push_is_quoted(laptop: Path, remote: Path) -> None:
    hook = remote / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\necho refs/deployer is not welcome >&2\nexit 1\n")
    hook.chmod(0o755)
    with (
        pytest.raises(StateNotSaved, match=r"refs/deployer is not welcome.*pre-receive hook declined") as caught,
        store(laptop).session() as session,
    ):
        session.save(OLD, note="first")
    assert "must accept pushes to refs/deployer/state/prod" in str(caught.value.hint)
    assert store(laptop).read() == EMPTY


def test_a_git_that_never_answers_is_given_up(laptop: Path, tmp_path: Path) -> None:
    stuck = tmp_path / "bin" / "git"
    stuck.parent.mkdir()
    stuck.write_text("#!/bin/sh\nsleep 60 &\nwait\n")
    stuck.chmod(0o755)
    path = f"{stuck.parent}{os.pathsep}{ENVIRON['PATH']}"
    answer = GitProgram(laptop, {**ENVIRON, "PATH": path}).run("push", seconds=0.2)
    assert (answer.code, answer.error) == (124, "no answer within 0 seconds")


def test_a_machine_without_git_is_told_so(laptop: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="can't run git"):
        store(laptop, program=GitProgram(laptop, {"PATH": str(tmp_path)})).read()


def test_a_clone_made_later_reads_the_state_too(laptop: Path, remote: Path, tmp_path: Path) -> None:
    with store(laptop).session() as session:
        session.save(OLD, note="first")
    assert store(clone(remote, tmp_path / "later")).read() == OLD
