"""The few ways in which endpoints are called."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from deployer.remote import reading
from deployer.remote.answer import Answer, Call, Method, UnusableError, parse
from deployer.remote.errors import UnusableAnswer
from deployer.remote.exchange import BeforeSend, Exchange, at_once
from deployer.remote.paging import read_pages
from deployer.remote.paths import Query, account_path, with_query

T = TypeVar("T")


class Calls:
    """Calls endpoints of one account; `path` begins behind the account."""

    def __init__(self, exchange: Exchange, account: str) -> None:
        self._exchange = exchange
        self._root = account_path(account)

    def get(self, path: str, purpose: str, read: Callable[[object], T], query: Query | None = None) -> T:
        """GET one answer."""
        return self._send("GET", path, purpose, _as_json(read), query=query)

    def get_list(
        self, path: str, purpose: str, read: Callable[[object, str], T], query: Query | None = None
    ) -> list[T]:
        """GET one list."""
        return self._page(path, purpose, reading.page_of(read), query or {})

    def get_pages(
        self,
        path: str,
        purpose: str,
        read: Callable[[bytes], list[T]],
        key: Callable[[T], Hashable],
        query: Query | None = None,
        *,
        expected: int = 0,
        parallelism: int = 1,
        patient: bool = True,
    ) -> tuple[T, ...]:
        """GET all pages of a list, each `key` once; where so many entries are expected, several pages at a time.

        `read` understands the content of a page. Unless `patient`, none is asked for again after a failure.
        """

        def page(limit: int, offset: int) -> list[T]:
            here = {**(query or {}), "limit": limit, "offset": offset}
            return self._page(path, purpose, read, here, patient=patient)

        def pages(limit: int, offsets: Sequence[int]) -> Iterator[list[T]]:
            pool = ThreadPoolExecutor(max_workers=parallelism, thread_name_prefix="page")
            try:
                yield from pool.map(partial(page, limit), offsets)
            finally:
                pool.shutdown(cancel_futures=True)

        try:
            return read_pages(page, key, expected=expected, fetch_all=pages).entries
        except UnusableError as problem:
            raise UnusableAnswer(f"cannot {purpose}: {problem}") from None

    def _page(
        self, path: str, purpose: str, read: Callable[[bytes], list[T]], query: Query, *, patient: bool = True
    ) -> list[T]:
        return self._send("GET", path, purpose, lambda answer: read(answer.content), query=query, patient=patient)

    def write(
        self,
        method: Method,
        path: str,
        purpose: str,
        content: bytes,
        read: Callable[[object], T],
        before_send: BeforeSend = at_once,
    ) -> T:
        """Send a body and read the JSON that comes back; `before_send` is called right before each try."""
        return self._send(method, path, purpose, _as_json(read), content=content, before_send=before_send)

    def do(
        self,
        method: Method,
        path: str,
        purpose: str,
        *,
        content: bytes | None = None,
        query: Query | None = None,
    ) -> Answer:
        """Send something whose success is in the status."""
        return self._send(method, path, purpose, _no_web_page, content=content, query=query)

    def _send(
        self,
        method: Method,
        path: str,
        purpose: str,
        read: Callable[[Answer], T],
        *,
        content: bytes | None = None,
        query: Query | None = None,
        before_send: BeforeSend = at_once,
        patient: bool = True,
    ) -> T:
        full = with_query(f"{self._root}{path}", query or {})
        call = Call(method=method, path=full, purpose=purpose, content=content, patient=patient)
        return self._exchange.call(call, read, before_send)


def _as_json(read: Callable[[object], T]) -> Callable[[Answer], T]:
    return lambda answer: read(parse(answer.content))


def _no_web_page(answer: Answer) -> Answer:
    """Any 2xx will do, but for a web page: login portals answer 200 to everything."""
    if answer.content.lstrip()[:1] == b"<":
        raise UnusableError("the answer is a web page, not the API's")
    return answer
