"""References are checked for every environment, offline, and told where they stand."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.program import Ran, project, within

CONFIG = """\
version: 1
defaultEnvironment: staging
environments:
  staging: { emulator: true, vars: { sms: acme_test, greeting: Hello } }
  production: { emulator: true, vars: { sms: acme, greting: Hello } }
  japan: { emulator: true, vars: { sms: acme_jp, greeting: Konnichiwa } }
"""


def found(ran: Ran) -> list[tuple[str, str, int, int]]:
    return [(item["rule"], item["file"], item["line"], item["column"]) for item in ran.json["findings"]]


def check(root: Path, *arguments: str) -> Ran:
    return within("validate", "--format", "json", *arguments, cwd=root)


def config(*lines: str) -> str:
    return "version: 1\nenvironments:\n" + "".join(f"  {line}\n" for line in lines)


def test_what_another_environment_leaves_undefined_is_told_with_its_name_and_the_nearest(tmp_path: Path) -> None:
    root = project(tmp_path, config=CONFIG, reply='"${var.greeting}"')
    ran = check(root)
    assert ran.code == 1
    (finding,) = ran.json["findings"]
    assert (finding["rule"], finding["file"], finding["line"]) == ("undefined-variable", "workflows/reply.yaml", 9)
    assert finding["message"] == 'undefined variable `greeting`; did you mean "greting"? (environment production)'
    assert check(root, "--env", "staging").code == 0
    assert check(root, "--env", "production").code == 1


def test_what_no_environment_defines_is_told_once(tmp_path: Path) -> None:
    root = project(tmp_path, config=CONFIG.replace("greting", "greeting"), reply='"${var.greeting} ${var.nam}"')
    assert found(check(root)) == [("undefined-variable", "workflows/reply.yaml", 9, 108)]


def test_an_undefined_variable_of_a_text_file_is_told_at_its_place_there(tmp_path: Path) -> None:
    root = project(tmp_path, reply='"${file.texts/welcome.txt}"', bye='"${file.texts/welcome.txt}"')
    (root / "texts").mkdir()
    (root / "texts" / "welcome.txt").write_text("Welcome!\nThis is ${var.shop}, and ${file.texts/more.txt}")
    (root / "texts" / "more.txt").write_text("${var.sms}\n\n  ${var.smss")
    assert [place for place in found(check(root)) if place[0] != "overlapping-trigger"] == [
        ("invalid-reference", "texts/more.txt", 3, 3),
        ("undefined-variable", "texts/welcome.txt", 2, 9),
    ]
    text = within("validate", cwd=root).out
    assert "2 | This is ${var.shop}, and ${file.texts/more.txt}\n  |         ^^^^^^^^^^^\n" in text


def test_a_reference_to_a_circle_of_text_files_ends(tmp_path: Path) -> None:
    root = project(tmp_path, reply='"${file.a.txt}"')
    (root / "a.txt").write_text("${file.b.txt}")
    (root / "b.txt").write_text("${file.a.txt}")
    assert found(check(root)) == [("recursive-variable", "b.txt", 1, 1)]


def test_the_place_of_a_variables_own_slip_is_the_reference_to_it(tmp_path: Path) -> None:
    root = project(tmp_path, config=config('local: {emulator: true, vars: {sms: a_b, hi: "Hi ${var.nam} x"}}'),
                   reply='"Say ${var.hi}"')  # fmt: skip
    (finding,) = check(root).json["findings"]
    assert (finding["line"], finding["column"], finding["endColumn"]) == (9, 96, 105)
    assert "(in the value of `hi`)" in finding["message"]


@pytest.mark.parametrize(
    ("value", "text", "said"),
    [
        ("Joe's", "{{ 'At ${var.shop}' }}", "holds `'`, which breaks the text in ' around it"),
        ("a\\b", "{{ 'At ${var.shop}' }}", "holds `\\`"),
        ("x }} y", "{{ data.payload.body ${var.shop} }}", "holds `}}`, which breaks the expression around it"),
        ("`", "Hi {{ data.payload.body }} and {{ `At ${var.shop}` }}", "holds ```"),
    ],
)
def test_a_value_that_breaks_the_expression_around_it_is_a_finding(
    tmp_path: Path, value: str, text: str, said: str
) -> None:
    line = f"local: {{emulator: true, vars: {{sms: acme_sms, shop: {value!r}}}}}"
    root = project(tmp_path, config=config(line.replace("'a\\\\b'", "'a\\b'")), reply=f'"{text}"')
    (finding,) = check(root).json["findings"]
    assert finding["rule"] == "reference-breaks-expression"
    assert said in finding["message"]
    start = (root / "workflows" / "reply.yaml").read_text().splitlines()[8].index("${var.shop}") + 1
    assert (finding["column"], finding["endColumn"]) == (start, start + len("${var.shop}"))


@pytest.mark.parametrize(
    "text", ["It is ${var.shop}", "{{ data.payload.body }} at ${var.shop}", '{{ \\"At ${var.shop}\\" }}']
)
def test_a_quote_elsewhere_breaks_nothing(tmp_path: Path, text: str) -> None:
    root = project(tmp_path, config=config('local: {emulator: true, vars: {sms: acme_sms, shop: "Joe\'s"}}'),
                   reply=f'"{text}"')  # fmt: skip
    assert found(check(root)) == []


def test_a_variable_that_nobody_uses_is_a_warning_at_its_declaration(tmp_path: Path) -> None:
    root = project(
        tmp_path,
        config=config(
            "a: {emulator: true, varFiles: [vars.yaml], vars: {sms: one, left: over}}",
            "b: {emulator: true, varFiles: [vars.yaml], vars: {sms: two}}",
        ).replace("environments", "defaultEnvironment: a\nenvironments"),
        reply='"${var.text.long} ${var.base}"',
    )
    (root / "vars.yaml").write_text("text: {long: 'Hello ${var.who}', short: Hi}\nwho: you\nbase: x\n")
    ran = check(root)
    assert ran.code == 0
    assert found(ran) == [("unused-variable", "deployer.yaml", 4, 63), ("unused-variable", "vars.yaml", 1, 34)]
    assert ran.json["findings"][1]["message"] == "no workflow of a, b uses the variable `text.short`"


def test_nothing_is_called_unused_where_not_everything_was_looked_at(tmp_path: Path) -> None:
    root = project(tmp_path, config=config("local: {emulator: true, vars: {sms: acme_sms, left: over}}"))
    assert found(check(root, "reply")) == found(check(root, "--env", "local")) == []
    assert [rule for rule, *_ in found(check(root))] == ["unused-variable"]
    (root / "workflows" / "broken.yaml").write_text("definition: [")
    assert "unused-variable" not in [rule for rule, *_ in found(check(root))]


def test_a_project_turns_the_rule_off_or_ignores_one_place(tmp_path: Path) -> None:
    line = "local: {emulator: true, vars: {sms: acme_sms, left: over}}"
    root = project(tmp_path, config=config(line) + "rules: {unused-variable: off}\n")
    assert found(check(root)) == []
    project(tmp_path, config=config(line + "  # deployer: ignore[unused-variable] later"))
    assert found(check(root)) == []


def test_a_workflow_that_lives_elsewhere_is_checked_for_where_it_lives(tmp_path: Path) -> None:
    root = project(tmp_path, config=CONFIG.replace(", greeting: Hello", "").replace("greting", "greeting"))
    file = root / "workflows" / "reply.yaml"
    file.write_text(
        "metadata: { environments: [production] }\n" + file.read_text().replace("Hello", '"${var.greeting}"')
    )
    assert [rule for rule, *_ in found(check(root))] == ["unused-variable"] * 3
    file.write_text(file.read_text().replace("stepType: SMS", "stepType: SSM"))
    assert ("unknown-step-type", "workflows/reply.yaml", 9, 17) in found(check(root))


def test_an_environment_that_nobody_has_is_a_finding_with_the_nearest_name(tmp_path: Path) -> None:
    root = project(tmp_path, config=CONFIG.replace("greting", "greeting"), reply='"${var.greeting}"')
    file = root / "workflows" / "reply.yaml"
    file.write_text("metadata: { environments: [staging, prodution] }\n" + file.read_text())
    finding = next(item for item in check(root).json["findings"] if item["rule"] == "unknown-environment")
    assert (finding["line"], finding["column"], finding["suggestion"]) == (1, 37, "production")
