"""What the rest of the program asks of the Automation API."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from datetime import datetime
from typing import Literal, Protocol

from deployer.errors import DeployerError
from deployer.record import record

Body = Mapping[str, object]
"""A definition as JSON: the API's own shape."""


@record
class Definition:
    """One version of a definition, as the server sent it.

    The vendor's schema puts `id`, `version` and `createdAt` at the top level, the vendor's
    examples put them inside `definition`; both are read.
    """

    id: str
    version: int
    body: Body = field(repr=False)
    """The answer as it came, server fields included."""
    created_at: str | None = None

    @property
    def name(self) -> str:
        """`definition.name`, or the empty string."""
        definition = self.body.get("definition")
        name = definition.get("name") if isinstance(definition, Mapping) else None
        return name if isinstance(name, str) else ""


InstanceCommand = Literal["suspend", "resume", "terminate"]
"""What can be done to a running instance."""


@record
class StepLog:
    """One step that an instance ran."""

    id: str
    step: str
    """The step's id in the definition."""
    status: str
    started_at: str | None
    completed_at: str | None


@record
class Instance:
    """One run of a definition."""

    id: str
    definition_id: str
    version: int
    status: str
    started_at: str
    completed_at: str | None
    data: Body = field(repr=False)
    """The context: what the trigger brought and the steps stored."""
    logs: tuple[StepLog, ...] = ()
    """Filled only where they were asked for."""


@record
class InstanceError:
    """Why a step of an instance failed."""

    instance_id: str
    step: str
    message: str
    at: str | None


@record
class TimeZone:
    """A zone that the account's scripting functions know."""

    id: str
    """What a script writes, a Windows zone id: `SE Asia Standard Time`."""
    name: str


@record
class Probe:
    """How a server answered, whatever it said."""

    date: datetime | None
    """Its `Date` header, whole seconds."""
    asked: datetime
    answered: datetime
    """By the clock of this machine."""
    error: DeployerError | None
    """What a command would have to say of this answer; None where it is a good one."""


@record
class Balance:
    """What a prepaid account has left."""

    amount: float
    currency: str


@record
class VirtualNumber:
    """A number that a sub-account rents for calls. None stands for what the server does not say."""

    msisdn: str
    """As the server wrote it: E.164, with or without a plus."""
    status: str | None = None
    """Active, Expiring or Inactive."""
    checked: bool | None = None
    """Whether somebody watches its health."""
    healthy: bool | None = None
    health: str | None = None
    """The health in the vendor's word."""


class Services(Protocol):
    """What the vendor's other services know of the account: the SMS and the voice API."""

    def balance(self) -> Balance | None:
        """None where the account is not prepaid."""

    def virtual_numbers(self, sub_account: str) -> Sequence[VirtualNumber]:
        """The numbers of a sub-account, with their health."""

    def virtual_number(self, sub_account: str, number: str) -> VirtualNumber | None:
        """One number, digits only; None where the sub-account has no such number."""


class Gateway(Protocol):
    """The Automation API of one account."""

    @property
    def account(self) -> str:
        """The account id in every path."""

    @property
    def host(self) -> str:
        """Host of the base URL; `emulator` for the one in this process."""

    def definitions(
        self, *, expected: int = 0, patient: bool = True, look: Callable[[Definition], object] | None = None
    ) -> Sequence[Definition]:
        """Every definition that the server lists, each at its highest version.

        `expected`: how many there may be. `patient`: whether to try again after a failure. `look` is shown each one as
        it comes, while to read its body takes nothing; by several threads, and those of lower versions, too.
        """

    def history(self, definition_id: str) -> Sequence[Definition]:
        """All versions, newest first; empty when the server knows no such definition."""

    def latest(self, definition_id: str) -> Definition | None:
        """The newest version, in one small request; None when there is none."""

    def latest_of(self, definition_ids: Sequence[str]) -> Mapping[str, Definition | None]:
        """`latest` for many ids, in parallel."""

    def create(self, body: Body, *, before_send: Callable[[], None] = lambda: None) -> Definition:
        """POST a new definition. Never repeated unless it certainly was not processed.

        `before_send` is called right before each try, after all waiting; what it raises ends the call unsent.
        """

    def update(self, definition_id: str, body: Body) -> Definition:
        """PUT a new version. One attempt: whoever calls decides after re-reading whether to repeat it."""

    def delete(self, definition_id: str, *, version: int | None = None) -> None:
        """Ask for the end of all versions (or one). The server answers at once and works later."""

    def instances(
        self,
        definition_id: str,
        *,
        version: int | None = None,
        status: str | None = None,
        started_from: str | None = None,
        started_to: str | None = None,
        at_most: int | None = None,
    ) -> Sequence[Instance]:
        """Runs of one version of a definition (default: the newest), newest first, all pages or the first `at_most`."""


class Runs(Protocol):
    """What runs in one account: instances, and the ways to start them."""

    def start(self, definition_id: str, data: Body, *, version: int | None = None) -> str | None:
        """Start one instance with `data` as its context; its id, None when the server does not name it."""

    def instance(self, definition_id: str, instance_id: str, *, logs: bool = False) -> Instance:
        """One instance, with the log of its steps on request."""

    def instance_errors(self, definition_id: str, instance_id: str) -> Sequence[InstanceError]:
        """Why it failed; empty when it did not."""

    def command(self, definition_id: str, instance_id: str, command: InstanceCommand) -> None:
        """Suspend, resume or terminate one instance."""

    def trigger(self, data: Body, *, sub_account_id: str | None = None) -> None:
        """Raise the `http_request` event: every enabled definition with that trigger starts."""


class AccountFacts(Protocol):
    """What the account may use and has used."""

    def usage(self) -> Sequence[Body]:
        """This month so far, as the server sent it: `allowedWorkflowCount`, `executedWorkflowCount` and others.

        The schema shows a list, the example one object; one object comes back as a list of one.
        """

    def usage_history(self) -> Sequence[Body]:
        """Earlier months, as the server sent them."""

    def functions(self) -> Sequence[Body]:
        """The functions that scripts may call, with parameters and examples."""

    def time_zones(self, *, contains: str | None = None) -> Sequence[TimeZone]:
        """The zones that those functions accept, optionally only those with `contains` in their name."""
