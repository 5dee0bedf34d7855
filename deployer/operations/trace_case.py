"""Runs one case of a project's tests, found by its name."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from deployer.engine.scripting import Evaluator
from deployer.engine.trace import Trace
from deployer.errors import ConfigurationError, DeployerError
from deployer.lint.cases import check_case_file
from deployer.operations.bench import Bench
from deployer.operations.staging import CannotStage
from deployer.operations.test_run import ChosenTests
from deployer.record import record
from deployer.source.case_file import BadCase, Case, CaseFile


@record
class TracedCase:
    """One case and what its run did."""

    workflow: str
    """Key."""
    file: str
    name: str
    trace: Trace


def trace_case(tests: ChosenTests, name: str) -> TracedCase:
    """Run the case of that name; whether it would pass does not matter.

    Raises ConfigurationError where no case or several have the name, or where the case cannot be run.
    """
    with Evaluator() as evaluator:
        bench = Bench(tests.project, tests.environment, tests.documents, evaluator)
        every = list(_cases(tests, bench))
        found = [(file, case) for file, case in every if case.name == name]
        if not found:
            near = get_close_matches(name, [case.name for _, case in every], 1)
            hint = f"Did you mean `{near[0]}`?" if near else "`deployer test -v` lists the cases there are."
            raise ConfigurationError(f"no case has the name `{name[:80]}`", hint=hint)
        if len(found) > 1:
            places = ", ".join(file.document.file for file, _ in found[:3])
            raise ConfigurationError(
                f"{len(found)} cases have the name `{name[:80]}`: in {places}",
                hint="Name the workflow or the file, too.",
            )
        return _run(bench, *found[0])


def _cases(tests: ChosenTests, bench: Bench) -> Iterator[tuple[CaseFile, Case]]:
    for unit in tests.units:
        file = bench.read(unit.file)
        if unit.keys is None or file.workflow in unit.keys:
            yield from ((file, case) for case in file.cases)


def _run(bench: Bench, file: CaseFile, case: Case) -> TracedCase:
    findings = check_case_file(file, bench.around)
    if findings:
        raise ConfigurationError(
            f"{file.document.file} has errors", hint=f"`deployer validate {file.document.file}` shows them."
        )
    try:
        definition, scene, _ = bench.scene(file, case, None)
        trace = bench.simulate(definition, scene)
    except (BadCase, CannotStage, DeployerError) as error:
        raise ConfigurationError(f"the case `{case.name[:80]}` cannot be run: {error}") from None
    return TracedCase(workflow=file.workflow, file=file.document.file, name=case.name, trace=trace)
