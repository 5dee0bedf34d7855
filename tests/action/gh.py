"""The part of GitHub's program `gh` that workflows use, over a folder in place of the service.

Requests and answers as https://docs.github.com/rest and https://cli.github.com/manual describe them.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jq

_PERMISSIONS = {"pulls": "pull-requests", "issues": "issues"}


class Forbidden(Exception):
    """What the token may not do."""


class Store:
    """What the service knows of one repository: JSON on the disk."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read(self, name: str) -> list[dict[str, Any]]:
        path = self.folder / f"{name}.json"
        found: list[dict[str, Any]] = json.loads(path.read_text()) if path.exists() else []
        return found

    def write(self, name: str, items: list[dict[str, Any]]) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / f"{name}.json").write_text(json.dumps(items, indent=1))

    def must(self, permission: str, level: str = "read") -> None:
        """Raise Forbidden where the job's token, or a setting of the repository, does not allow it."""
        granted = json.loads(os.environ["FAKE_PERMISSIONS"]).get(permission, "none")
        if granted not in ("read", "write")[("read", "write").index(level) :]:
            raise Forbidden(f"HTTP 403: Resource not accessible by integration ({permission}: {level})")
        if level == "write" and (self.folder / f"no-{permission}").exists():
            raise Forbidden("GitHub Actions is not permitted to create or approve pull requests")


def api(store: Store, arguments: list[str]) -> Iterator[object]:
    """The answer, or with `--paginate` one after the other: a jq program is given each by itself."""
    parser = argparse.ArgumentParser()
    parser.add_argument("path")
    parser.add_argument("--paginate", action="store_true")
    parser.add_argument("--method", default="GET")
    parser.add_argument("-f", "-F", dest="fields", action="append", default=[])
    given = parser.parse_args(arguments)
    assert given.method == "GET"
    url = urlsplit(given.path)
    query = {**dict(parse_qsl(url.query)), **dict(field.split("=", 1) for field in given.fields)}
    prefix = f"repos/{os.environ['GITHUB_REPOSITORY']}/"
    assert url.path.startswith(prefix)
    match url.path.removeprefix(prefix).split("/"):
        case ["commits", commit, "pulls"]:
            store.must("pull-requests")
            yield [pull for pull in store.read("pulls") if commit in pull["commits"]]
        case ["actions", "artifacts"]:
            store.must("actions")
            known = [each for each in store.read("artifacts") if each["name"] == query.get("name", each["name"])]
            newest, size = sorted(known, key=lambda each: -each["id"]), min(int(query.get("per_page", 30)), 100)
            for start in range(0, len(newest) if given.paginate else 1, size):
                yield {"total_count": len(newest), "artifacts": newest[start : start + size]}
        case _:
            raise LookupError(f"HTTP 404: {url.path}")


def listed(store: Store, kind: str, arguments: list[str]) -> object:
    parser = argparse.ArgumentParser()
    for option in ("--head", "--base", "--label", "--author", "--search"):
        parser.add_argument(option)
    parser.add_argument("--state", default="open")
    parser.add_argument("--limit", type=int, default=30)
    parser.add_argument("--json", required=True)
    given = parser.parse_args(arguments)
    store.must(_PERMISSIONS[kind])
    items = [
        item for item in store.read(kind)
        if item["state"] == given.state
        and (given.head is None or item["headRefName"] == given.head)
        and (given.label is None or given.label in item["labels"])
    ]  # fmt: skip
    return [{name: item[name] for name in given.json.split(",")} for item in items[: given.limit]]


def created(store: Store, kind: str, arguments: list[str]) -> None:
    parser = argparse.ArgumentParser()
    for option in ("--head", "--base", "--title", "--body-file"):
        parser.add_argument(option)
    parser.add_argument("--label", action="append", default=[])
    given = parser.parse_args(arguments)
    store.must(_PERMISSIONS[kind], "write")
    items = store.read(kind)
    assert kind == "issues" or not [each for each in items if each["headRefName"] == given.head], "one exists already"
    number = 1 + sum(len(store.read(name)) for name in ("pulls", "issues"))
    items.append({
        "number": number, "state": "open", "title": given.title, "body": Path(given.body_file).read_text(),
        "labels": given.label, "headRefName": given.head, "baseRefName": given.base, "commits": [], "merged_at": None,
    })  # fmt: skip
    store.write(kind, items)


def edited(store: Store, kind: str, arguments: list[str]) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("number", type=int)
    parser.add_argument("--title")
    parser.add_argument("--body-file", required=True)
    given = parser.parse_args(arguments)
    store.must(_PERMISSIONS[kind], "write")
    items = store.read(kind)
    item = next(item for item in items if item["number"] == given.number)
    item |= {"body": Path(given.body_file).read_text(), "title": given.title or item["title"]}
    store.write(kind, items)


def main(arguments: list[str], environ: Mapping[str, str]) -> None:
    """`gh` as a process."""
    if not environ.get("GH_TOKEN"):
        sys.exit("gh: To use GitHub CLI in a GitHub Actions workflow, set the GH_TOKEN environment variable.")
    store = Store(Path(environ["FAKE_GITHUB"]))
    program = None
    if "--jq" in arguments:
        at = arguments.index("--jq")
        program, arguments = arguments[at + 1], arguments[:at] + arguments[at + 2 :]
    kinds = {"pr": "pulls", "issue": "issues"}
    try:
        match arguments:
            case ["api", *rest]:
                for answer in api(store, rest):
                    show(answer, program)
            case [("pr" | "issue") as kind, "list", *rest]:
                show(listed(store, kinds[kind], rest), program)
            case [("pr" | "issue") as kind, "create", *rest]:
                created(store, kinds[kind], rest)
            case [("pr" | "issue") as kind, "edit", *rest]:
                edited(store, kinds[kind], rest)
            case _:
                sys.exit(f"gh: unknown command {arguments}")
    except (Forbidden, LookupError) as error:
        sys.exit(f"gh: {error}")


def show(value: object, program: str | None) -> None:
    """JSON, or what a jq program makes of it, strings without quotes."""
    results = [value] if program is None else jq.compile(program).input_value(value).all()
    for result in results:
        print(result if isinstance(result, str) else json.dumps(result))  # noqa: T201  # a program's output


if __name__ == "__main__":
    main(sys.argv[1:], os.environ)
