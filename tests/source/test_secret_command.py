"""Secrets from the user's password manager: what it is asked, and what never happens."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from deployer.errors import ConfigurationError
from deployer.source.secret_command import Answer, SecretCommand
from deployer.source.secrets_file import Secrets
from deployer.source.user_config import UserConfig, read_user_config, user_config_path

SECRET = "correct-horse-battery"


class Manager:
    """A password manager that keeps note of what it is asked."""

    def __init__(self, *, code: int = 0, output: bytes = SECRET.encode() + b"\n") -> None:
        self.answer = Answer(code=code, output=output)
        self.asked: list[list[str]] = []
        self.environs: list[Mapping[str, str]] = []

    def __call__(self, command: Sequence[str], folder: Path, environ: Mapping[str, str], timeout: float) -> Answer:
        self.asked.append([Path(command[0]).name, *command[1:]])
        self.environs.append(environ)
        return self.answer


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A user's configuration folder with a program `keys` beside it."""
    program = tmp_path / "bin" / "keys"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    return tmp_path


def ask(
    home: Path, run: Manager, *command: str, account: str = "acme", project: Path | None = None, **environ: str
) -> SecretCommand:
    config = UserConfig(path=home / "config.yaml", secret_command=("keys", *(command or ("show", "{account}/{name}"))))
    return SecretCommand(
        config, account=account, environment="production", project=project,
        environ={"PATH": str(home / "bin"), **environ}, run=run,
    )  # fmt: skip


def configured(home: Path, text: str, *, project: Path | None = None) -> UserConfig | None:
    path = home / "deployer" / "config.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return read_user_config({"XDG_CONFIG_HOME": str(home)}, project)


def test_a_name_is_asked_for_when_it_is_needed_and_once(home: Path) -> None:
    manager = Manager()
    secrets = Secrets({}, ask=ask(home, manager))
    assert manager.asked == []
    assert [secrets.get("crm_key"), secrets.get("CRM_KEY"), secrets.get("crm_key")] == [SECRET] * 3
    assert manager.asked == [["keys", "show", "acme/crm_key"]]


def test_a_name_that_it_does_not_know_is_missing_and_not_asked_for_again(home: Path) -> None:
    for manager in (Manager(code=1, output=b"Error: not in the store\n"), Manager(output=b"\n")):
        secrets = Secrets({}, ask=ask(home, manager))
        assert secrets.missing(["crm_key"]) == secrets.missing(["crm_key"]) == ["crm_key"]
        assert len(manager.asked) == 1
        assert secrets.names == frozenset()


def test_variables_and_the_secrets_file_are_enough(home: Path) -> None:
    manager = Manager()
    secrets = Secrets({"DEPLOYER_SECRET_A": "from-a-variable"}, {"B": "from-the-file"}, ask=ask(home, manager))
    assert (secrets.get("a"), secrets.get("b")) == ("from-a-variable", "from-the-file")
    assert manager.asked == []


def test_what_it_gave_is_hidden_in_every_text(home: Path) -> None:
    secrets = Secrets({}, ask=ask(home, Manager()))
    assert secrets.mask(SECRET) == SECRET
    secrets.get("crm_key")
    assert secrets.mask(f"token={SECRET}") == "token=(secret CRM_KEY)"
    assert SECRET not in repr(secrets)
    assert secrets.name_of(SECRET) == "CRM_KEY"


def test_it_is_said_who_gave_a_secret(home: Path) -> None:
    secrets = Secrets({"DEPLOYER_SECRET_A": "from-a-variable"}, {"B": "from-the-file"}, ask=ask(home, Manager()))
    assert secrets.origin("a") == "DEPLOYER_SECRET_A"
    assert secrets.origin("b") == "secrets.env"
    assert secrets.origin("c") == f"`keys` of {home / 'config.yaml'}"


def test_no_shell_sees_the_command(home: Path) -> None:
    manager = Manager()
    ask(home, manager, "show", "$(id) {environment}; {name}")("token")
    assert manager.asked == [["keys", "show", "$(id) production; token"]]


@pytest.mark.parametrize("account", ["../bank", "--help", "a b", "a/b", "$HOME"])
def test_an_account_from_a_project_leads_to_nobody_elses_secrets(home: Path, account: str) -> None:
    manager = Manager()
    with pytest.raises(ConfigurationError, match="cannot stand in the command"):
        ask(home, manager, account=account)("token")
    assert manager.asked == []


def test_a_program_of_the_project_is_never_run(home: Path) -> None:
    manager = Manager()
    with pytest.raises(ConfigurationError, match="of the project"):
        ask(home, manager, project=home / "bin")("token")
    assert manager.asked == []


def test_a_link_to_a_program_of_the_project_is_never_run(home: Path) -> None:
    repository = home / "repository"
    repository.mkdir()
    (home / "bin" / "keys").rename(repository / "keys")
    (home / "bin" / "keys").symlink_to(repository / "keys")
    with pytest.raises(ConfigurationError, match="of the project"):
        ask(home, Manager(), project=repository)("token")


def test_it_never_sees_other_secrets_and_keys(home: Path) -> None:
    manager = Manager()
    ask(home, manager, DEPLOYER_API_KEY_TEST="k" * 20, DEPLOYER_SECRET_OTHER="o" * 20, LANG="en")("token")
    (environ,) = manager.environs
    assert sorted(environ) == ["LANG", "PATH"]


@pytest.mark.parametrize("output", [b"\xff\xfe" * 10, b"x" * 2_000_000, b"short\n"])
def test_what_it_printed_stands_in_no_message(home: Path, output: bytes) -> None:
    with pytest.raises(ConfigurationError) as refused:
        Secrets({}, ask=ask(home, Manager(output=output))).get("token")
    assert "secret TOKEN" in str(refused.value).replace("token", "TOKEN")
    assert "short\n" not in str(refused.value)
    assert "xxx" not in str(refused.value)


@pytest.mark.skipif(os.name != "posix", reason="the script is for sh")
def test_a_program_that_hangs_is_stopped(home: Path) -> None:
    program = home / "bin" / "keys"
    program.write_text("#!/bin/sh\necho secret-half; exec sleep 30\n")
    config = UserConfig(path=home / "config.yaml", secret_command=("keys", "{name}"), timeout=0.2)
    command = SecretCommand(config, account="a", environment="e", project=None,
                            environ={"PATH": f"{home / 'bin'}:/bin:/usr/bin"})  # fmt: skip
    with pytest.raises(ConfigurationError, match=r"longer than 0\.2 seconds") as refused:
        command("token")
    assert "secret-half" not in str(refused.value)


def test_a_real_program_is_asked(home: Path) -> None:
    config = UserConfig(
        path=home / "config.yaml",
        secret_command=(sys.executable, "-c", "import sys; print('for ' + sys.argv[1])", "{environment}/{name}"),
    )
    command = SecretCommand(config, account="a", environment="e", project=None, environ=dict(os.environ))
    assert command("crm") == "for e/crm"


def test_a_program_that_is_not_there_is_named(home: Path) -> None:
    config = UserConfig(path=home / "config.yaml", secret_command=("no-such-program", "{name}"))
    command = SecretCommand(config, account="a", environment="e", project=None, environ={"PATH": str(home / "bin")})
    with pytest.raises(ConfigurationError, match="there is no program `no-such-program`"):
        command("token")


def test_the_users_configuration_names_the_program(home: Path) -> None:
    config = configured(home, 'secrets: {command: [pass, show, "x/{name}"], timeoutSeconds: 5}')
    assert config is not None
    assert (config.secret_command, config.timeout) == (("pass", "show", "x/{name}"), 5.0)
    assert configured(home, "secrets: {}") == UserConfig(path=home / "deployer" / "config.yaml")


def test_no_configuration_is_no_trouble(home: Path) -> None:
    assert read_user_config({"XDG_CONFIG_HOME": str(home)}, None) is None
    assert read_user_config({}, None) is None


def test_the_configuration_stands_where_the_user_keeps_theirs() -> None:
    assert user_config_path({"XDG_CONFIG_HOME": "/x", "HOME": "/h"}) == Path("/x/deployer/config.yaml")
    assert user_config_path({"XDG_CONFIG_HOME": "here", "HOME": "/h"}) == Path("/h/.config/deployer/config.yaml")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("secrets: {command: pass show}", "1:20: secrets.command: a list of texts"),
        ("secrets: {command: []}", "1:20: secrets.command: a list of texts"),
        ("secrets: {command: [pass, show]}", "1:20: secrets.command: one of the arguments holds {name}"),
        ("secrets: {comand: [pass]}", "1:19: secrets.comand: `comand` is unknown; write command"),
        ('secrets: {command: [p, "{name}"], timeoutSeconds: 0}', "a number of seconds above 0"),
        ("secrets: [pass]", "1:10: secrets: a mapping of command and timeoutSeconds"),
        ("secrets: {", "config.yaml:1:"),
    ],
)
def test_a_wrong_configuration_is_told_with_its_place(home: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        configured(home, text)
    assert said in str(refused.value)


def test_a_configuration_in_the_project_is_refused(home: Path) -> None:
    with pytest.raises(ConfigurationError, match="outside of repositories only"):
        configured(home, 'secrets: {command: [p, "{name}"]}', project=home)


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_a_configuration_that_others_may_write_is_refused(home: Path) -> None:
    configured(home, "{}")
    (home / "deployer" / "config.yaml").chmod(0o666)
    with pytest.raises(ConfigurationError, match="can be written by others"):
        read_user_config({"XDG_CONFIG_HOME": str(home)}, None)
