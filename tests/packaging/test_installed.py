"""The program works however it got onto the machine: as a wheel, editable, from the checkout."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SITE = sysconfig.get_paths()["purelib"]
"""Where the dependencies are. Through PYTHONPATH its .pth files, an editable install among them, do not count."""

pytestmark = pytest.mark.slow


def python(folder: Path, *arguments: str, path: list[str], interpreter: str | None = None) -> str:
    """Run a Python that knows nothing but `path`; gives what it prints."""
    environ = {"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": os.pathsep.join(path)}
    base = interpreter or str(getattr(sys, "_base_executable", sys.executable))
    done = subprocess.run([base, *arguments], cwd=folder, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def deploys(folder: Path, *, path: list[str], interpreter: str | None = None) -> None:
    """The main job, and the files that ship beside the code."""
    main = ("-c", "from deployer.cli.main import main; main()")
    schema = json.loads(python(folder, *main, "schema", path=path, interpreter=interpreter))
    assert "trigger" in schema["properties"]
    shutil.copytree(ROOT / "examples", folder / "examples", ignore=shutil.ignore_patterns(".deployer"))
    applied = python(
        folder, *main, "-C", "examples", "apply", "--auto-approve", "--format", "json", path=path,
        interpreter=interpreter,
    )  # fmt: skip
    assert len(json.loads(applied)["applied"]) >= 10
    assert not json.loads(applied)["failed"]


def copy_of_the_checkout(folder: Path) -> Path:
    ignore = shutil.ignore_patterns(".git", ".venv", "*.egg-info", "build", "__pycache__", ".*_cache", ".deployer")
    return Path(shutil.copytree(ROOT, folder / "source", ignore=ignore))


def test_from_the_checkout(tmp_path: Path) -> None:
    deploys(tmp_path, path=[str(ROOT), SITE])


def test_as_a_wheel(tmp_path: Path) -> None:
    source = copy_of_the_checkout(tmp_path)
    build = ("-m", "pip", "wheel", "--quiet", "--no-index", "--no-deps", "--no-build-isolation", "-w", "wheels")
    python(tmp_path, *build, str(source), path=[SITE], interpreter=sys.executable)
    (wheel,) = (tmp_path / "wheels").glob("deployer-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        archive.extractall(tmp_path / "installed")
    assert "deployer/py.typed" in names
    assert {"deployer/schemas/steps/sms.json", "deployer/schemas/endpoints/typing-indicator.json"} <= set(names)
    assert not [name for name in names if name.startswith(("tests/", "schemas/", "examples/"))]
    deploys(tmp_path, path=[str(tmp_path / "installed"), SITE])


def test_editable(tmp_path: Path) -> None:
    source = copy_of_the_checkout(tmp_path)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "venv")], check=True)
    folder = "Scripts" if os.name == "nt" else "bin"
    interpreter = str(tmp_path / "venv" / folder / "python")
    install = ("-m", "pip", "--python", interpreter, "install", "--quiet", "--no-index", "--no-deps",
               "--no-build-isolation", "-e")  # fmt: skip
    python(tmp_path, *install, str(source), path=[SITE], interpreter=sys.executable)
    deploys(tmp_path, path=[SITE], interpreter=interpreter)


def test_the_wheel_and_the_program_agree_on_the_version() -> None:
    import tomllib

    from deployer import __version__

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == __version__


def test_every_package_is_shipped() -> None:
    import tomllib

    listed = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["packages"]
    found = {".".join(path.parent.relative_to(ROOT).parts) for path in (ROOT / "deployer").rglob("__init__.py")}
    assert found | {"deployer.schemas", "deployer.schemas.endpoints", "deployer.schemas.steps"} == set(listed)
