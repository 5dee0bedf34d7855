"""References: resolved, escaped, and left alone."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deployer.source.references import escape, fill, resolve, secrets_in, shown

VARIABLES = {"sms": "acme_sms", "count": 3, "on": True, "nested": {"id": "deep"}, "loop": "${var.loop}"}


def value_of(text: str) -> object:
    resolved = resolve(text, VARIABLES)
    assert not resolved.problems, resolved.problems
    return fill(resolved.template, lambda name: f"<{name}>")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("${var.sms}", "acme_sms"),
        ("a ${var.sms} b ${var.count}", "a acme_sms b 3"),
        ("${var.count}", 3),
        ("${var.on}", True),
        ("${var.nested.id}", "deep"),
        ("${secret.KEY}", "<KEY>"),
        ("Bearer ${secret.KEY}!", "Bearer <KEY>!"),
        ("$${var.sms}", "${var.sms}"),
        ("$$${var.sms}", "$${var.sms}"),
        ("$${secret.KEY}", "${secret.KEY}"),
        ("$${file.name + 1}", "${file.name + 1}"),
        ("$${var.sms", "${var.sms"),
        ("$${secret.a b}", "${secret.a b}"),
        ("`${data.x} costs $${data.price}`", "`${data.x} costs $${data.price}`"),
        ("$5 and ${vars.x}", "$5 and ${vars.x}"),
    ],
)
def test_a_text_means_what_the_reference_says(written: str, meant: object) -> None:
    assert value_of(written) == meant


@pytest.mark.parametrize(
    ("written", "rule"),
    [
        ("${var.smss}", "undefined-variable"),
        ("${var.nested}", "undefined-variable"),
        ("${var.loop}", "recursive-variable"),
        ("${var.}", "invalid-reference"),
        ("${var.sms", "invalid-reference"),
        ("${var.a b}", "invalid-reference"),
        ("${secret.a-b}", "invalid-reference"),
        ("${file.x.txt}", "unreadable-file"),
    ],
)
def test_what_cannot_be_resolved_is_a_problem_with_a_place(written: str, rule: str) -> None:
    (problem,) = resolve({"text": written}, VARIABLES).problems
    assert problem.rule == rule
    assert problem.path == ("text",)
    assert problem.part is not None
    assert written[slice(*problem.part)].startswith("${")


def test_an_undefined_variable_names_the_nearest() -> None:
    (problem,) = resolve("${var.smss}", VARIABLES).problems
    assert problem.suggestion == "${var.sms}"
    assert 'did you mean "sms"?' in problem.message


def test_a_secret_never_shows() -> None:
    template = resolve({"a": ["Bearer ${secret.KEY}"]}, {}).template
    assert secrets_in(template) == {"KEY"}
    assert shown(template) == {"a": ["Bearer (secret KEY)"]}


def test_a_variables_value_may_need_a_secret_but_cannot_forge_an_escape() -> None:
    resolved = resolve("${var.auth}", {"auth": "Bearer ${secret.KEY}"})
    assert fill(resolved.template, lambda _name: "value") == "Bearer value"


PIECES = ["$", "$$", "{", "}", "${var.x}", "${secret.X}", "${file.t}", "${var.", "${secret.", "${file.a b}", "text"]


@given(st.lists(st.sampled_from(PIECES), max_size=8).map("".join))
@settings(max_examples=300, deadline=None)
def test_an_escaped_text_comes_back_as_it_was(text: str) -> None:
    resolved = resolve({"text": escape(text)}, {})
    assert not resolved.problems
    assert fill(resolved.template, lambda _name: "never") == {"text": text}


def test_a_long_run_of_dollars_takes_no_time() -> None:
    started = time.process_time()
    resolve("$" * 200_000, {})
    escape("$" * 200_000 + "${")
    fill("$" * 200_000 + "${secret.", lambda _name: "")
    assert time.process_time() - started < 1
