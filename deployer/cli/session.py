"""What a command works with: project, environment, server, state and secrets, each opened when asked for."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from functools import cached_property, update_wrapper
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

import click

from deployer.cli.options import Globals
from deployer.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

    from deployer.cache import Cache
    from deployer.remote.client import AutomationClient
    from deployer.remote.limits import Limits
    from deployer.remote.line import Opener
    from deployer.remote.listed import ListedPages
    from deployer.remote.services import Neighbours
    from deployer.source.project import Environment, Project
    from deployer.source.secret_command import SecretCommand
    from deployer.source.secrets_file import Secrets
    from deployer.state.aside import SteadyStore

Arguments = ParamSpec("Arguments")
Data = TypeVar("Data")


class Session:
    """One run of the program."""

    def __init__(self, *, options: Globals, selectors: tuple[str, ...] = (), limits: Limits | None = None) -> None:
        self.options = options
        self.selectors = selectors
        """The project is that around the first path among these, or around the folder that the user stands in."""
        self.limits = limits
        self.patience = 60.0
        """Seconds that a Git remote may take, set before the store is opened."""
        self.cache: Cache | None = None
        """What earlier runs found, set before the gateway is opened by a command that may use it."""
        self.by_id = False
        """Whether the user named a definition by its id, so that no file is needed to know what is meant."""
        self.shown: list[str] = []
        """What was printed on stdout."""
        self._closing: list[Callable[[], None]] = []

    @cached_property
    def project(self) -> Project:
        """The project around the user."""
        from pathlib import Path

        from deployer.source.project import open_project

        start = self._start() or Path()
        if not self.by_id:
            return open_project(start)
        from deployer.cli.standing_in import open_or_stand_in

        return open_or_stand_in(start, os.environ, self.options.env, say=self.say)

    @property
    def root(self) -> Path:
        """The project's folder, whatever is wrong with its `deployer.yaml`."""
        from pathlib import Path

        from deployer.source.root import find_root

        start = self._start() or Path()
        return find_root(start) or start.resolve()

    def _start(self) -> Path | None:
        """The path that says which project is meant."""
        from deployer.source.root import existing, find_root

        return next((path for path in existing(self.selectors) if find_root(path) is not None), None)

    @cached_property
    def environment(self) -> Environment:
        """The environment that `--env` names, or the default one."""
        return self.environment_of(self.project, self.options.env)

    def environment_of(self, project: Project, name: str | None) -> Environment:
        """An environment of a project, with its variables from wherever they come."""
        from deployer.source.variables import with_variables

        return with_variables(project.environment(name), project, os.environ, self.options.variables)

    @cached_property
    def secrets(self) -> Secrets:
        """Secret values of the environment."""
        from deployer.source.project import relative_name
        from deployer.source.secrets_file import FILE_NAME, Secrets, read_secrets

        path = self.project.folder(self.environment) / FILE_NAME
        secrets = Secrets(os.environ, read_secrets(path), file=relative_name(path), ask=self._secret_command())
        self.options.masks.append(secrets.mask)
        return secrets

    def learn_secrets(self) -> None:
        """Know the environment's secrets: from here on nothing that is printed or kept holds one.

        Raises ConfigurationError where their file cannot be read.
        """
        _ = self.secrets

    def _secret_command(self) -> SecretCommand | None:
        """The user's password manager, where their own configuration names one."""
        from deployer.source.user_config import read_user_config

        root = self.project.root if self.project.document is not None else None
        config = read_user_config(os.environ, root)
        if config is None or not config.secret_command:
            return None
        from deployer.source.secret_command import SecretCommand

        environment = self.environment
        return SecretCommand(
            config, account=environment.account, environment=environment.name, project=root, environ=os.environ,
        )  # fmt: skip

    @cached_property
    def opener(self) -> Opener:
        """How to reach the environment's server and the vendor's other services; nothing is sent yet."""
        from deployer.remote.line import Opener
        from deployer.remote.target import Target

        environment = self.environment
        log = self.debug if self.options.debug else lambda _line: None
        if environment.emulator:
            from deployer.emulator import Settings, create_app
            from deployer.source.local import make_local_folder

            folder = self.project.folder(environment)
            make_local_folder(folder)
            app = create_app(folder / "emulator.sqlite", Settings.parse(environment.emulator_settings))
            self._closing.append(app.close)
            target = Target(account=environment.account)
            return Opener(target=target, api_key=None, wsgi_app=app, limits=self.limits, log=log)
        target = Target(account=environment.account, base_url=environment.base_url, api_key_env=environment.api_key_env)
        return Opener(target=target, api_key=os.environ.get(environment.api_key_env), limits=self.limits, log=log)

    @cached_property
    def pages(self) -> ListedPages:
        """What is remembered of definitions that the environment's server listed."""
        from deployer.remote.listed import ListedPages

        target = self.opener.target
        return ListedPages(self.cache, account=target.account, url=target.base_url)

    @cached_property
    def gateway(self) -> AutomationClient:
        """The Automation API of the environment; nothing is sent yet."""
        from deployer.remote.client import AutomationClient

        opener = self.opener
        client = AutomationClient(target=opener.target, line=opener.open(), log=opener.log, pages=self.pages)
        self._closing.append(client.close)
        return client

    @cached_property
    def services(self) -> Neighbours:
        """The vendor's other services, for the same account; nothing is sent yet."""
        from deployer.remote.services import Neighbours

        services = Neighbours(self.opener)
        self._closing.append(services.close)
        return services

    @cached_property
    def store(self) -> SteadyStore:
        """Where the environment's state lives."""
        from deployer.cli.stores import open_store

        return open_store(self.project, self.environment, mask=self.kept, patience=self.patience)

    def show(self, text: str) -> None:
        """Print a result on stdout."""
        masked = self.masked(text)
        self.shown.append(masked)
        click.echo(masked, nl=False, color=self.color)

    def deliver(self, render: Callable[[str, bool], str]) -> None:
        """Print a result, and write it to the file of each `--report`. `render` takes the format and whether to colour.

        Raises ConfigurationError where a file cannot be written.
        """
        self.show(render(self.options.format, self.color))
        self.write_reports(render)

    def reports_in(self, *outputs: str) -> bool:
        """Whether somebody asked for one of these formats, on the screen or in a file."""
        return not {self.options.format, *(name for name, _ in self.options.reports)}.isdisjoint(outputs)

    def write_reports(self, render: Callable[[str, bool], str]) -> None:
        """Write a result to the file of each `--report`. Raises ConfigurationError where that is not possible."""
        from pathlib import Path

        for output, name in self.options.reports:
            try:
                Path(name).write_text(self.masked(render(output, False)), encoding="utf-8", newline="\n")
            except OSError as error:
                raise ConfigurationError(f"--report {output}={name}: cannot be written: {error.strerror}") from error

    def say(self, text: str) -> None:
        """Print a remark on stderr, unless `-q`."""
        if not self.options.quiet:
            click.echo(self.masked(text), err=True, color=self.color_on_stderr)

    def debug(self, text: str) -> None:
        """Print what `--debug` asks for."""
        click.echo(self.masked(f"debug: {text}"), err=True)

    def masked(self, text: str) -> str:
        """A text without any secret value or key, in whatever encoding."""
        return self.options.mask()(text)

    def masked_data(self, value: Data) -> Data:
        """The same, for data that a report is going to cut, wrap and escape."""
        from deployer.report.masking import masked

        return masked(value, self.options.mask())

    def kept(self, text: str) -> str:
        """A text as the state's log may keep it: without any secret, and without what looks like one."""
        from deployer.source.credentials import mask_text

        return mask_text(self.masked(text))

    @property
    def json(self) -> bool:
        """Whether the result is for a program."""
        return self.options.format == "json"

    @property
    def color(self) -> bool:
        """Whether stdout gets colours."""
        return self._color(sys.stdout.isatty())

    @property
    def color_on_stderr(self) -> bool:
        """Whether stderr gets colours."""
        return self._color(sys.stderr.isatty())

    def _color(self, terminal: bool) -> bool:
        return terminal and not self.options.no_color and not os.environ.get("NO_COLOR")

    def close(self) -> None:
        """Give back what was opened."""
        while self._closing:
            self._closing.pop()()


def pass_session(
    command: Callable[Concatenate[Session, Arguments], int | None],
) -> Callable[Arguments, int | None]:
    """Give a command its session, in the folder that `-C` names, and close it afterwards."""

    def call(*args: Arguments.args, **kwargs: Arguments.kwargs) -> int | None:
        options = click.get_current_context().ensure_object(Globals)
        if options.directory is not None:
            _enter(options.directory)
        selectors = kwargs.get("selectors")
        session = Session(options=options, selectors=selectors if isinstance(selectors, tuple) else ())
        session.by_id = _names_by_id(kwargs)
        try:
            return command(session, *args, **kwargs)
        finally:
            session.close()

    return update_wrapper(call, command)


def _names_by_id(given: Mapping[str, object]) -> bool:
    """Whether this command was given `--id UUID`."""
    options = click.get_current_context().command.params
    return any("--id" in option.opts and given.get(option.name or "") is not None for option in options)


def _enter(directory: str) -> None:
    try:
        os.chdir(directory)
    except OSError as error:
        raise ConfigurationError(f"-C {directory}: {error.strerror or 'cannot be entered'}") from error
