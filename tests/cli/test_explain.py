"""`deployer explain`."""

from __future__ import annotations

import json

import pytest

from deployer.lint.registry import documented_rules
from tests.cli.projects import Ran, program


@pytest.fixture
def deployer(capsys: pytest.CaptureFixture[str]) -> Ran:
    return program(capsys)


@pytest.mark.parametrize("name", documented_rules())
def test_every_rule_that_a_finding_may_name_is_explained(deployer: Ran, name: str) -> None:
    outcome = deployer("explain", name)
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.startswith(f"{name} (")


def test_without_a_rule_all_are_listed(deployer: Ran) -> None:
    listed = [line.split()[0] for line in deployer("explain").out.splitlines()[1:]]
    assert listed == list(documented_rules())


def test_as_json_one_rule_and_all_have_one_shape(deployer: Ran) -> None:
    one = json.loads(deployer("explain", "no-steps", "--format", "json").out)
    every = json.loads(deployer("explain", "--format", "json").out)
    assert [rule["name"] for rule in every["rules"]] == list(documented_rules())
    assert one["rules"][0] in every["rules"]


def test_a_rule_that_does_not_exist_gets_the_nearest_one(deployer: Ran) -> None:
    outcome = deployer("explain", "no-step")
    assert outcome.code == 3
    assert "Did you mean `no-steps`?" in outcome.err
