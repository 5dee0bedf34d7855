"""A runner's machine: Python and Git on the PATH, no network, and traps in every checkout."""

from __future__ import annotations

import os
import shutil
import sys
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from tests.action.runner import Fake, Job
from tests.cli.projects import CONFIG, git, good
from tests.hooks.wheels import needed, pack

ROOT = Path(__file__).parents[2]
NAME = "example/deployer"
"""What workflows call the repository of the action."""
_TRAP = "import pathlib\npathlib.Path({mark!r}).touch()\nraise SystemExit('a module of the checkout ran')\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """Makes jobs; all of them share the wheels and, where asked to, RUNNER_TEMP."""

    folder: Path
    action: Path
    """The repository of the action, as the runner unpacks it."""
    environ: dict[str, str]
    trapped: Path
    """Is there once anything of a checkout ran."""
    temp: Path
    """RUNNER_TEMP of the jobs that share one."""
    extra: dict[str, Fake | Path] = field(default_factory=dict)

    def job(self, workspace: Path, *, temp: Path | None = None, **context: object) -> Job:
        """A job on a checkout."""
        temp = temp or self.temp
        temp.mkdir(parents=True, exist_ok=True)
        actions: dict[str, Fake | Path] = {NAME: self.action, **self.extra}
        return Job(workspace=workspace, temp=temp, machine=self.environ, actions=actions, **context)  # type: ignore[arg-type]

    def install(self) -> None:
        """Let the action install itself, once for all tests and before any of them."""
        done = self.job(self.checkout(self.folder / "first")).step({"uses": NAME, "with": {"command": "validate"}})
        assert done.outcome == "success", done.log
        assert "installed with pip" in done.log
        assert not self.trapped.exists()

    def seed(self, temp: Path) -> None:
        """A RUNNER_TEMP in which the program is installed already: each job would take its time with it."""
        temp.mkdir(parents=True)
        for installed in self.temp.glob("deployer-[0-9]*"):
            (temp / installed.name).symlink_to(installed)

    def checkout(self, folder: Path, **workflows: str) -> Path:
        """A repository with a project, and with files that no tool may obey."""
        (folder / "workflows").mkdir(parents=True, exist_ok=True)
        (folder / "deployer.yaml").write_text(CONFIG)
        for key, content in (workflows or {"reply": good("reply")}).items():
            (folder / "workflows" / f"{key}.yaml").write_text(content, encoding="utf-8")
        self.set_traps(folder)
        git(folder, "init", "-q", "-b", "main")
        git(folder, "add", "-A")
        git(folder, "commit", "-q", "-m", "State")
        return folder

    def set_traps(self, folder: Path) -> None:
        """What a pull request could bring to run code on the runner, or to steer the installation."""
        trap = _TRAP.format(mark=str(self.trapped))
        for name in ("yaml.py", "click.py", "sitecustomize.py", "usercustomize.py", "deployer.py", "pip.py", "venv.py"):
            (folder / name).write_text(trap)
        (folder / "setup.py").write_text(trap)
        (folder / "pip.conf").write_text("[install]\nindex-url = http://127.0.0.1:9/evil\n")
        (folder / "uv.toml").write_text('no-index = false\nindex-url = "http://127.0.0.1:9/evil"\nfind-links = []\n')
        (folder / "pyproject.toml").write_text('[tool.uv]\nrequired-version = "==0.0.1"\n')
        (folder / ".python-version").write_text("2.7\n")


def make(folder: Path, *, path: str | None = None) -> Machine:
    """A machine in an empty folder."""
    wheels = folder / "wheels"
    wheels.mkdir(parents=True)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    for distribution in needed([*project["project"]["dependencies"], *project["build-system"]["requires"]]):
        pack(distribution, wheels)
    ignore = shutil.ignore_patterns(
        ".git", ".venv", ".hypothesis", "*.egg-info", "build", "__pycache__", ".*_cache", ".deployer"
    )
    action = folder / "_actions" / "example" / "deployer" / "v1"
    shutil.copytree(ROOT, action, ignore=ignore)
    temp = folder / "work" / "_temp with ' and $(touch here) in it"
    return Machine(
        folder=folder, action=action, temp=temp, trapped=folder / "trapped",
        environ={
            "PATH": path or programs(folder / "bin", python3=sys.executable),
            "HOME": str(folder / "home"),
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(wheels),
            "UV_OFFLINE": "1",
            "UV_FIND_LINKS": str(wheels),
            "UV_CACHE_DIR": str(folder / "uv"),
            "HTTPS_PROXY": "http://127.0.0.1:9",
            "HTTP_PROXY": "http://127.0.0.1:9",
            "NO_PROXY": "127.0.0.1",
            "GIT_CONFIG_NOSYSTEM": "1",
        },
    )  # fmt: skip


def programs(folder: Path, **further: str) -> str:
    """A PATH with the tools that every runner has, and with these programs."""
    folder.mkdir(parents=True)
    for name in ("bash", "cat", "cksum", "cp", "cut", "env", "find", "git", "grep", "head", "mkdir", "paste", "rm",
                 "sh", "sort", "tail", "touch", "tr", "uname", "wc"):  # fmt: skip
        found = shutil.which(name)
        assert found is not None, f"these tests need `{name}`"
        (folder / name).symlink_to(found)
    for name, target in further.items():
        (folder / name).write_text(f'#!/bin/sh\nexec "{target}" "$@"\n')
        (folder / name).chmod(0o755)
    return str(folder)
