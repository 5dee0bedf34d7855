"""The changes of a plan under way: several at once, each outcome kept before it is told."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from deployer.errors import DeployerError
from deployer.operations.applied import Applied, Failed, NotAttempted
from deployer.operations.compare import KnownSecret
from deployer.operations.ledger import Ledger
from deployer.operations.plan import Change
from deployer.operations.write import Undecided, Writer, Written, loss_in_words, way_back
from deployer.remote.errors import Indeterminate
from deployer.remote.gateway import Gateway

Progress = Callable[[str, Change], None]
"""Told `start` and `done` for each change, from several threads."""


class Run:
    def __init__(
        self,
        gateway: Gateway,
        ledger: Ledger,
        known_secret: KnownSecret,
        stop: threading.Event,
        progress: Progress,
        say: Callable[[str], None],
    ) -> None:
        self.gateway = gateway
        self.say = say
        self.ledger = ledger
        self.stop = stop
        self.progress = progress
        self.writer = Writer(
            gateway=gateway,
            known_secret=known_secret,
            before_post=ledger.before_post,
            bound_ids=ledger.bound_ids,
            has_twin=ledger.has_twin,
        )
        self.applied: list[Applied] = []
        self.failed: list[Failed] = []
        self.not_attempted: list[NotAttempted] = []
        self.unsent: list[str] = []
        self.warnings: list[str] = []
        self.broken: str | None = None
        """Why no further change is tried."""
        self.slots = threading.BoundedSemaphore()
        """One for each change that may be under way."""
        self._mutex = threading.Lock()
        self._under_way = 0
        self._ended = threading.Condition()

    def all(self, changes: Sequence[Change], parallelism: int) -> None:
        if not changes:
            return
        # What becomes of a change is written down while the next one is already under way.
        # One at a time means that nothing is sent before the outcome of the one before it is kept.
        ready = 2 * parallelism if parallelism > 1 else 1
        self.slots = threading.BoundedSemaphore(max(1, parallelism))
        with ThreadPoolExecutor(max_workers=max(1, ready), thread_name_prefix="apply") as pool:
            try:
                for _ in pool.map(self.one, changes):
                    pass
            except BaseException:
                self.give_up()
                # The pool does not know, and so not wait for, a thread that was about to start when Ctrl-C came.
                with self._ended:
                    self._ended.wait_for(lambda: not self._under_way)
                raise

    def one(self, change: Change) -> None:
        with self._ended:
            self._under_way += 1
        try:
            with self.slots:
                written = self.sent(change)
            if written is not None:
                self.keep(change, written)
        except BaseException:
            # The pool tells only when all changes before this one are done: nothing more may be sent until then.
            self.give_up()
            raise
        finally:
            with self._ended:
                self._under_way -= 1
                self._ended.notify_all()

    def give_up(self) -> None:
        """What happened was foreseen by nobody: what is under way ends, and its outcomes are kept if they can be."""
        self.broken = self.broken or "the program failed"

    def sent(self, change: Change) -> Written | None:
        """What the server made of a change; None where it was not sent, or failed."""
        reason = "interrupted" if self.stop.is_set() else self.broken
        if reason is not None:
            self.skip(change, reason)
            return None
        self.progress("start", change)
        try:
            return self.writer.write(change)
        except DeployerError as error:
            self.fail(change, error)
            return None

    def keep(self, change: Change, written: Written) -> None:
        for lost in written.lost:
            self.say(f"{change.key}: {loss_in_words(written.id, lost)}; {way_back(change.key, lost.version)}")
        try:
            self.ledger.record(change, written)
        except DeployerError as error:
            # The write happened; its intent is still open, so the next run finds it.
            self.broken = "the state cannot be written"
            self.fail(change, error, sent=True)
            return
        finally:
            self.progress("done", change)
        with self._mutex:
            self.applied.append(Applied(
                key=change.key, action=change.action, id=written.id, name=change.name, old_version=change.base,
                new_version=written.version, lost=written.lost, notes=written.notes,
            ))  # fmt: skip

    def skip(self, change: Change, reason: str) -> None:
        with self._mutex:
            self.unsent.append(change.key)
            self.not_attempted.append(NotAttempted(
                key=change.key, action=change.action, id=change.id, version=change.base, reason=reason
            ))  # fmt: skip

    def fail(self, change: Change, error: DeployerError, *, sent: bool = False) -> None:
        undecided = sent or _is_undecided(error)
        hint = error.hint
        with self._mutex:
            if not undecided:
                self.unsent.append(change.key)
            elif not isinstance(error, Undecided):
                hint = "Its outcome is not in the state; the next run looks at the server before it does anything."
            if error.exit_code in {4, 5} and not isinstance(error, Indeterminate) and self.broken is None:
                # Whoever is not let in, or reaches nobody, will not fare better with the next change.
                self.broken = f"after: {error}"
            self.failed.append(Failed(
                key=change.key, action=change.action, id=change.id, version=change.base, message=str(error),
                hint=hint, exit_code=error.exit_code,
            ))  # fmt: skip

    def close(self) -> None:
        """Settle the intents of what was not sent. Where that fails they stay open, which does no harm."""
        try:
            self.ledger.close(self.unsent, self.failed)
        except DeployerError as error:
            self.warnings.append(f"{error}; the next run settles what is open")


def _is_undecided(error: BaseException | None) -> bool:
    """Whether a write's answer was lost, then or on the way to this error: looking at the server may fail, too."""
    while error is not None:
        if isinstance(error, Indeterminate):
            return True
        error = error.__cause__ or error.__context__
    return False
