"""What it takes to run cases: a project's workflows, read and put together as each case wants them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from pathlib import Path as FilePath

from deployer.engine.definition import Definition, load_definition
from deployer.engine.facts import Facts
from deployer.engine.failures import ScriptError
from deployer.engine.run import simulate
from deployer.engine.scripting import Evaluator, Scope
from deployer.engine.syntax import read_script
from deployer.engine.trace import Trace
from deployer.errors import ConfigurationError
from deployer.lint.cases import Surroundings
from deployer.operations.expectations import EXPECTATIONS, BadPattern, is_plain
from deployer.operations.staging import USUAL_TIME, Account, CannotStage, Http, Scene, stage
from deployer.source.case_file import Case, CaseFile
from deployer.source.case_files import open_case_file
from deployer.source.document import Document
from deployer.source.load import load_workflow, text_reader
from deployer.source.project import Environment, Project
from deployer.source.references import ReadFile, resolve, shown
from deployer.source.workflow import Workflow

Body = Mapping[str, object]


class LazyWorkflows(Mapping[str, Workflow]):
    """Workflows by key, each read when somebody asks for it."""

    def __init__(self, documents: Mapping[str, Document], load: Callable[[Document, str], Workflow]) -> None:
        self._documents = documents
        self._load = load
        self._loaded: dict[str, Workflow] = {}

    def __getitem__(self, key: str) -> Workflow:
        if key not in self._loaded:
            self._loaded[key] = self._load(self._documents[key], key)
        return self._loaded[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._documents)

    def __len__(self) -> int:
        return len(self._documents)


class Bench:
    """A project's workflows, and what it takes to run cases of them."""

    def __init__(
        self,
        project: Project,
        environment: Environment,
        documents: Mapping[str, Document],
        evaluator: Evaluator,
        *,
        instead: Mapping[str, Body] | None = None,
    ) -> None:
        """`instead`: by key, a body that runs in the place of what the file declares in this environment."""
        self._project = project
        self._environment = environment
        self._documents = documents
        self._evaluator = evaluator
        self._instead = instead or {}
        self._prepared: dict[tuple[str, str, str], tuple[Definition, Account]] = {}

    @cached_property
    def _reader(self) -> ReadFile | None:
        return text_reader(self._project)

    @cached_property
    def around(self) -> Surroundings:
        """What a test file of this project may name."""
        return Surroundings(
            workflows=LazyWorkflows(
                self._documents, lambda document, key: self._load(document, key, self._environment, {})
            ),
            environments=frozenset((*self._project.environments, self._environment.name)),
        )

    def prepared(self, key: str) -> tuple[Definition, Account]:
        """A workflow in the run's own environment, and whose it is. Raises CannotStage or LoadError."""
        return self._prepare(key, self._environment, {})

    def read(self, path: FilePath) -> CaseFile:
        """A test file with its included fixtures. Raises ConfigurationError when it cannot be opened."""
        return open_case_file(self._project, path)

    def knows(self, key: str) -> bool:
        """Whether the project has such a workflow."""
        return key in self._documents

    def scene(self, file: CaseFile, case: Case, http: Http | None) -> tuple[Definition, Scene, Body]:
        """What a case runs, where it begins, and what it expects. Raises BadCase, CannotStage and LoadError."""
        body = file.body(case)
        environment = self._case_environment(body)
        variables = _mapping(body, "vars")
        definition, account = self._prepare(file.workflow, environment, variables)
        resolved = resolve(body, {**environment.variables, **variables}, self._reader)
        if resolved.problems:
            raise CannotStage(resolved.problems[0].message)
        final = shown(resolved.template)
        final = final if isinstance(final, dict) else {}
        expect = _mapping(final, "expect")
        for key in expect:
            if key not in EXPECTATIONS:
                raise CannotStage(f"expect: unknown property `{key[:60]}`; known are {', '.join(EXPECTATIONS)}")
        return definition, stage(final, definition, account, http=http), expect

    def _case_environment(self, body: Body) -> Environment:
        name = body.get("environment")
        if not isinstance(name, str) or name == self._environment.name:
            return self._environment
        try:
            return self._project.environment(name)
        except ConfigurationError as error:
            raise CannotStage(str(error)) from None

    def _prepare(self, key: str, environment: Environment, variables: Body) -> tuple[Definition, Account]:
        identity = (key, environment.name, repr(sorted(variables.items())))
        found = self._prepared.get(identity)
        if found is None and key in self._instead:
            found = self._prepared[identity] = self._other(key, environment, variables)
        if found is None:
            workflow = self._load(self._documents[key], key, environment, variables)
            if workflow.problems:
                problem = workflow.problems[0]
                raise CannotStage(f"{workflow.file}: {problem.message}")
            body = shown(workflow.body)
            definition = load_definition(body if isinstance(body, dict) else {})
            account = Account(account_id=environment.account, sub_account_id=workflow.sub_account)
            found = self._prepared[identity] = (definition, account)
        return found

    def _other(self, key: str, environment: Environment, variables: Body) -> tuple[Definition, Account]:
        if variables or environment.name != self._environment.name:
            raise CannotStage("another version of a workflow is known for one environment and its own variables only")
        body = self._instead[key]
        where = body.get("subAccountId")
        account = Account(account_id=environment.account, sub_account_id=where if isinstance(where, str) else None)
        return load_definition(body), account

    def _load(self, document: Document, key: str, environment: Environment, variables: Body) -> Workflow:
        return load_workflow(
            document, variables={**environment.variables, **variables}, read_file=self._reader, key=key,
            environment=environment,
        )  # fmt: skip

    def simulate(self, definition: Definition, scene: Scene) -> Trace:
        """One run. Raises TransitionError where a command makes no sense."""
        return simulate(
            definition, scene.data, world=scene.world, settings=scene.settings, at=scene.at,
            evaluator=self._evaluator, seed=scene.seed,
        )  # fmt: skip

    def search(self, pattern: str, text: str) -> bool:
        """Whether a JavaScript regular expression is found; a hostile one is stopped. Raises BadPattern."""
        if is_plain(pattern):
            return pattern in text
        scope = Scope(
            data=Facts({"pattern": pattern, "text": text}), step=Facts({}), now=USUAL_TIME, new_uuid=lambda: "0" * 8
        )
        try:
            return self._evaluator.value(_SEARCH, scope) is True
        except ScriptError as error:
            raise BadPattern(str(error)) from None


def _mapping(body: Body, key: str) -> Body:
    """A part of a case; a row may have put something else in its place."""
    value = body.get(key)
    if value is not None and not isinstance(value, Mapping):
        raise CannotStage(f"`{key}` must be a mapping")
    return value or {}


_SEARCH = read_script("RegExp(data.pattern, 'su').test(data.text)")
