"""What `deployer.yaml` may say: the program and the editors' schema agree, and every refusal has a place."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest
from jsonschema import Draft7Validator

from deployer.emulator import Settings
from deployer.finding import Finding
from deployer.source.document import parse
from deployer.source.project import Project, ProjectError, open_project
from deployer.steps import project_schema

RIGHT = {
    "nothing": "{}",
    "version alone": "version: 1",
    "version 1.0": "version: 1.0",
    "an emulator": "environments: {local: {emulator: true}}",
    "an account": "environments: {production: {accountId: acme}}",
    "empty sections": "environments:\nrules:\nprune:\nunmanaged:\nvalidation:\nworkflows:\n",
    "an empty text counts as absent": "environments: {local: {emulator: true, accountId: }}",
    "everything of an environment": """
        environments:
          production:
            accountId: acme
            baseUrl: https://automation.8x8.com
            apiKeyEnv: DEPLOYER_API_KEY_PRODUCTION
            vars: {sms: acme, retries: 3, web: {1st: a, second.part: b}}
            varFiles: [vars/common.yaml]
            protect: true
            state: git
            overrides: {survey: {status: disabled, protect: true}}
        """,
    "settings of the emulator": "environments: {local: {emulator: {offset: items, list-delay: 2, rate-limit: none}}}",
    "no limit and a limit": "environments: {local: {emulator: {rate-limit: 5, normalise: true}}}",
    "an empty mapping of emulator settings": "environments: {local: {emulator: {}}}",
    "rules": "rules: {branch-without-default: off, no-steps: {severity: warning}}",
    "a rule turned off by a YAML 1.1 writer": "rules: {branch-without-default: false}",
    "limits": "prune: {maxShare: 1, maxCount: 0}",
    "an account's own facts": "validation: {allowStepTypes: [New], functions: functions.json, timeZones: zones.json}",
    "known definitions without a file": 'unmanaged: {ignore: ["Draft *"]}',
}
WRONG = {
    "a list": ("[]", (1, 1)),
    "a later version": ("version: 2", (1, 10)),
    "a truth as the version": ("version: true", (1, 10)),
    "an unknown section": ("environment: {}", (1, 1)),
    "one text for a list": ("workflows: workflows", (1, 12)),
    "an empty path": ('workflows: [""]', (1, 12)),
    "environments as a list": ("environments: [local]", (1, 15)),
    "a name with a blank": ("environments: {my env: {emulator: true}}", (1, 16)),
    "a name beyond 64 characters": (f"environments: {{{'a' * 65}: {{emulator: true}}}}", (1, 16)),
    "an environment without an account": ("environments: {production: {protect: true}}", (1, 16)),
    "an environment of nothing": ("environments: {production: }", (1, 16)),
    "an account that is nothing": ("environments: {production: {accountId: }}", (1, 16)),
    "an account that is a number": ("environments: {production: {accountId: 7}}", (1, 40)),
    "an emulator elsewhere": ("environments: {local: {emulator: true, baseUrl: https://a.8x8.com}}", (1, 49)),
    "an emulator that is a text": ("environments: {local: {emulator: please}}", (1, 34)),
    "an unknown setting of the emulator": ("environments: {local: {emulator: {ofset: items}}}", (1, 35)),
    "an illegal setting of the emulator": ("environments: {local: {emulator: {offset: rows}}}", (1, 43)),
    "a delay below zero": ("environments: {local: {emulator: {latency: -1}}}", (1, 44)),
    "a limit of nothing": ("environments: {local: {emulator: {rate-limit: 0}}}", (1, 47)),
    "a truth that is a text": ("environments: {local: {emulator: {normalise: maybe}}}", (1, 46)),
    "another variable for the key": ("environments: {p: {accountId: a, apiKeyEnv: AWS_SECRET}}", (1, 45)),
    "an unknown back end": ("environments: {p: {accountId: a, state: s3}}", (1, 41)),
    "protect as a text": ('environments: {p: {accountId: a, protect: "yes"}}', (1, 43)),
    "variables as a list": ("environments: {p: {accountId: a, vars: [sms]}}", (1, 40)),
    "a variable's name with a blank": ("environments: {p: {accountId: a, vars: {a b: c}}}", (1, 41)),
    "a variable's name that begins with a digit": ("environments: {p: {accountId: a, vars: {1st: c}}}", (1, 41)),
    "a part of a variable's name with a blank": ("environments: {p: {accountId: a, vars: {w: {a b: c}}}}", (1, 45)),
    "a file of variables that is no list": ("environments: {p: {accountId: a, varFiles: v.yaml}}", (1, 44)),
    "an unknown override": ("environments: {p: {accountId: a, overrides: {k: {trigger: x}}}}", (1, 50)),
    "an override that is a text": ("environments: {p: {accountId: a, overrides: {k: disabled}}}", (1, 49)),
    "an override of an unknown status": ("environments: {p: {accountId: a, overrides: {k: {status: off}}}}", (1, 58)),
    "an unknown severity": ("rules: {no-steps: fatal}", (1, 19)),
    "an unknown severity in a mapping": ("rules: {no-steps: {severity: fatal}}", (1, 30)),
    "rules as a list": ("rules: [no-steps]", (1, 8)),
    "a share beyond all": ("prune: {maxShare: 2}", (1, 19)),
    "a share that is a truth": ("prune: {maxShare: true}", (1, 19)),
    "half a definition": ("prune: {maxCount: 1.5}", (1, 19)),
    "an unknown limit": ("prune: {maximum: 1}", (1, 9)),
    "a step type that is a number": ("validation: {allowStepTypes: [1]}", (1, 30)),
    "a file name that is a number": ("validation: {functions: 1}", (1, 25)),
    "an ignore that is a text": ("unmanaged: {ignore: Draft}", (1, 21)),
}  # fmt: skip
SCHEMA = Draft7Validator(project_schema())


def project(folder: Path, text: str) -> Project:
    (folder / "deployer.yaml").write_text(dedent(text))
    return open_project(folder)


def problems(folder: Path, text: str) -> tuple[Finding, ...]:
    with pytest.raises(ProjectError) as refused:
        project(folder, text)
    return refused.value.findings


@pytest.mark.parametrize("text", RIGHT.values(), ids=RIGHT)
def test_what_the_program_takes_the_schema_takes(tmp_path: Path, text: str) -> None:
    project(tmp_path, text)
    assert [error.message for error in SCHEMA.iter_errors(parse(dedent(text), "deployer.yaml").value)] == []


@pytest.mark.parametrize(("text", "place"), WRONG.values(), ids=WRONG)
def test_what_the_program_refuses_the_schema_refuses_and_the_place_is_told(
    tmp_path: Path, text: str, place: tuple[int, int]
) -> None:
    assert not SCHEMA.is_valid(parse(text, "deployer.yaml").value)
    (finding,) = problems(tmp_path, text)
    assert (finding.span.line, finding.span.column) == place
    assert finding.excerpt == text


def test_the_default_environment_is_one_of_them(tmp_path: Path) -> None:
    (finding,) = problems(tmp_path, "defaultEnvironment: prod\nenvironments: {local: {emulator: true}}")
    assert finding.message == "defaultEnvironment: `prod` is not among the environments: local"


def test_a_slip_is_answered_with_the_nearest_name(tmp_path: Path) -> None:
    (finding,) = problems(tmp_path, "environments:\n  p:\n    accountID: acme\n    accountId: acme\n")
    assert finding.suggestion == "accountId"
    assert finding.message == 'unknown setting `accountID`; did you mean "accountId"?'


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    assert len(problems(tmp_path, "version: 3\nprune: {maxShare: 7}\nenvironments: {a: {}}\n")) == 3


def test_the_schema_knows_every_setting_of_the_emulator_and_its_default() -> None:
    settings = project_schema()["definitions"]["emulator"]["properties"]
    assert settings.keys() == Settings.legal_values().keys()
    pairs = [f"{name}={str(setting['default']).lower() if isinstance(setting['default'], bool) else setting['default']}"
             for name, setting in settings.items()]  # fmt: skip
    assert Settings.parse(pairs) == Settings()


def test_every_property_of_the_schema_has_hover_text() -> None:
    bare: list[str] = []

    def look(schema: object, path: str) -> None:
        if isinstance(schema, dict):
            fields = schema.get("properties")
            if isinstance(fields, dict) and not path.endswith("/if"):
                bare.extend(f"{path}/{name}" for name, field in fields.items() if "description" not in field)
            for name, item in schema.items():
                if name not in {"if", "else", "then"}:
                    look(item, f"{path}/{name}")

    look(project_schema(), "")
    assert bare == []


def test_the_schema_is_valid_draft_07() -> None:
    Draft7Validator.check_schema(project_schema())
