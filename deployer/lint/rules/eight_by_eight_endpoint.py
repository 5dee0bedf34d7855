"""Calls of the vendor's other APIs that their services refuse, as declared in `schemas/endpoints/`."""

import json
import re
from collections.abc import Iterator, Mapping

from deployer.finding import Severity
from deployer.lint.countries import COUNTRIES_MEANT
from deployer.lint.endpoints import HOLE, Catalogue, Endpoint, Field, catalogue, moment_of, split_address
from deployer.lint.expressions.scanning import scripts
from deployer.lint.registry import Context, Problem, Problems, rule
from deployer.lint.waiting import duration_of, least_wait
from deployer.lint.wording import did_you_mean, dynamic, kind, listed, nearest, quoted, shorten
from deployer.regex import regex
from deployer.source.references import REFERENCE
from deployer.source.workflow import Step, Workflow

SECRET = "${secret.CPAAS_API_KEY}"  # noqa: S105  # what to write instead of one

_SECRET = regex(r"\$\{secret\.[^{}\s]+\}")
_OF_TRIGGER = regex(r"\bdata\.payload\.umid\b")


@rule(
    "8x8-endpoint",
    Severity.ERROR,
    why="""An HttpRequest step that calls another API of 8x8 fails when a customer writes, not when it is deployed: a
    wrong path, a field that is missing or of the wrong type, a key that is not there. Such steps are checked against
    what the vendor's pages say of the method, the places in the path, the body and the key; docs/endpoints.md lists
    the endpoints. Expressions are taken as right where they stand, and addresses of 8x8 that the list does not have
    are let be.""",
    bad="""\
trigger: inbound_chat_apps
status: enabled
definition:
  name: Typing
  steps:
    - id: typing
      stepType: HttpRequest
      inputs:
        url: https://chatapps.8x8.com/api/v1/subaccounts/acme_chat/events
        method: POST
        headers: { Authorization: "Bearer ${secret.CPAAS_API_KEY}" }
        body: { channel: sms, type: typing }
""",
    good="""\
trigger: inbound_chat_apps
status: enabled
definition:
  name: Typing
  steps:
    - id: typing
      stepType: HttpRequest
      inputs:
        url: https://chatapps.8x8.com/api/v1/subaccounts/acme_chat/events
        method: POST
        headers: { Authorization: "Bearer ${secret.CPAAS_API_KEY}" }
        body: { channel: whatsapp, type: typing, umid: "{{data.payload.umid}}" }
""",
    mend="""Write what the message says is right; the page that it names has the whole endpoint. The key goes into a
    secret of the project.""",
    source="https://developer.8x8.com/connect/reference/business-messaging-api",
)
def eight_by_eight_endpoint(workflow: Workflow, _: Context) -> Problems:
    """A call of another API of 8x8 is as its page says: method, path, body and key."""
    for step in workflow.steps:
        if step.type is not None and step.type.name == "HttpRequest":
            url = step.inputs.get("url")
            if isinstance(url, str) and "8x8.com" in url.lower():
                yield from problems_of_call(workflow, step, url, catalogue())


def problems_of_call(workflow: Workflow, step: Step, url: str, known: Catalogue) -> Problems:
    """What is wrong with one call, by the endpoints of a catalogue."""
    holes = sorted(
        [(script.start, script.end) for script in scripts(url)] + [found.span() for found in REFERENCE.finditer(url)]
    )
    address = split_address(url, _apart(holes))
    here = known.on(address[0]) if address is not None else ()
    if address is None or not here:
        return
    _, segments = address
    fitting = [endpoint for endpoint in here if endpoint.fit(segments) is not None]
    if not fitting:
        yield from _misspelled(step, segments, here) or _elsewhere(step, address, known)
        return
    most = max(endpoint.words_met(segments) for endpoint in fitting)
    meant = [endpoint for endpoint in fitting if endpoint.words_met(segments) == most]
    endpoint = _of_method(step, meant)
    if endpoint is None:
        spelled = [endpoint for endpoint in meant if endpoint.spelled(segments)]
        if spelled:  # where an expression stands for a word of the path, it may be an address that nobody documents
            yield _wrong_method(step, spelled)
        return
    yield from _wrong_places(step, endpoint, segments)
    yield from _wrong_key(step, endpoint)
    yield from _wrong_body(step, endpoint)
    yield from _too_late(workflow, step, endpoint)


def _apart(holes: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Without those inside others: an expression may hold a reference."""
    end = 0
    for start, stop in holes:
        if start >= end:
            yield start, stop
            end = stop


def _misspelled(step: Step, segments: tuple[str, ...], here: tuple[Endpoint, ...]) -> list[Problem]:
    """A path that is nearly that of an endpoint of its host."""
    near = ((endpoint, endpoint.mend(segments)) for endpoint in here)
    return [_meant(step, endpoint.host, endpoint, mended) for endpoint, mended in near if mended is not None][:1]


def _elsewhere(step: Step, address: tuple[str, tuple[str, ...]], known: Catalogue) -> list[Problem]:
    """A path that is that of an endpoint of another host."""
    host, segments = address
    found = [endpoint for endpoint in known.endpoints if endpoint.spelled(segments) and host not in endpoint.elsewhere]
    return [_meant(step, host, endpoint, segments) for endpoint in found][:1]


def _meant(step: Step, host: str, endpoint: Endpoint, path: tuple[str, ...]) -> Problem:
    # Where expressions, user, query or escapes stand in it, an address is not made anew from its parts.
    plain = re.fullmatch(r"https://[^?#@%{]+", str(step.inputs.get("url"))) is not None
    suggestion = f"https://{endpoint.host}/{'/'.join(path)}" if plain else None
    message = f"{host} has no such path in its docs; did you mean `{endpoint.method} {endpoint.url}`?"
    # The vendor may have more than its pages say.
    return Problem(step.place("inputs", "url"), f"{message} see {endpoint.source}", suggestion, Severity.WARNING)


def _of_method(step: Step, meant: list[Endpoint]) -> Endpoint | None:
    """The endpoint by its method; the first where that is only known later."""
    method = step.inputs.get("method")
    if not isinstance(method, str) or dynamic(method):
        return meant[0]
    return next((endpoint for endpoint in meant if endpoint.method == method.upper()), None)


def _wrong_method(step: Step, meant: list[Endpoint]) -> Problem:
    methods = [endpoint.method for endpoint in meant]
    message = f"the docs know this address with {listed(methods, 'or')} only, not with {quoted(step.inputs['method'])}"
    # The vendor may have more than its pages say.
    return Problem(
        step.place("inputs", "method"),
        _told(meant[0], message),
        methods[0] if len(methods) == 1 else None,
        Severity.WARNING,
    )


def _wrong_places(step: Step, endpoint: Endpoint, segments: tuple[str, ...]) -> Problems:
    for name, value in (endpoint.fit(segments) or {}).items():
        field = endpoint.places[name]
        if HOLE not in value and field.pattern is not None and field.pattern.search(value) is None:
            shown = quoted(value) if value else "empty"
            message = f"`{name}` in the address is {field.legal}; here it is {shown}"
            yield Problem(step.place("inputs", "url"), _told(endpoint, message))


def _wrong_key(step: Step, endpoint: Endpoint) -> Problems:
    headers = step.inputs.get("headers")
    bearer = endpoint.key_header == "Authorization"
    right = f"Bearer {SECRET}" if bearer else SECRET
    if isinstance(headers, str):
        return  # one expression that gives all of them
    given = headers if isinstance(headers, Mapping) else {}
    name = next((name for name in given if name.lower() == endpoint.key_header.lower()), None)
    if name is None:
        around = ("inputs", "headers") if "headers" in step.inputs else ("inputs",)
        message = f"the header `{endpoint.key_header}` is missing; write `{right}`"
        yield Problem(step.place(*around, key=True), _told(endpoint, message))
        return
    place, value = step.place("inputs", "headers", name), given[name]
    text = value if isinstance(value, str) else ""
    scheme, _, rest = text.partition(" ") if bearer else ("", "", text)
    if bearer and _SECRET.fullmatch(text.strip()):
        instead = f"Bearer {text.strip()}"
        message = f"`{name}` is `Bearer` and the key; write `{instead}`, unless the secret says `Bearer` itself"
        yield Problem(place, _told(endpoint, message), instead, Severity.WARNING)
    elif bearer and not dynamic(scheme) and scheme.lower() != "bearer":
        yield Problem(place, _told(endpoint, f"`{name}` is `Bearer`, a blank and the key; write `{right}`"), right)
    elif not ("{{" in text or _SECRET.fullmatch(rest.strip())):
        message = f"the key in `{name}` is a secret of the project, and does not stand in a file; write `{right}`"
        yield Problem(place, _told(endpoint, message), right)


def _wrong_body(step: Step, endpoint: Endpoint) -> Problems:
    body = step.inputs.get("body")
    if not endpoint.body or dynamic(body):
        return
    fields = _parsed(body) if isinstance(body, str) else body
    within = isinstance(body, Mapping)
    needed = [name for name, field in endpoint.body.items() if field.required]
    if fields is None and not needed:
        return
    if not isinstance(fields, Mapping):
        place = step.place("inputs", "body") if "body" in step.inputs else step.place("inputs", key=True)
        yield Problem(place, _told(endpoint, f"the body is a mapping{f' with {listed(needed)}' if needed else ''}"))
        return
    meant = dict(_misspelled_fields(fields, endpoint))
    for written, near in meant.items():
        message = f"`{shorten(written)}` is no field of this body{did_you_mean(near)}"
        place = step.place("inputs", "body", written, key=True) if within else step.place("inputs", "body")
        yield Problem(place, _told(endpoint, message), near, Severity.WARNING)
    for name in needed:
        if fields.get(name) is None and name not in meant.values():
            message = f"`{name}` is missing in the body: {endpoint.body[name].legal}{_either(endpoint.body[name])}"
            yield Problem(step.place("inputs", "body", key=True), _told(endpoint, message))
    for name, field in endpoint.body.items():
        if fields.get(name) is not None:
            tail: tuple[str, ...] = ("inputs", "body", name) if within else ("inputs", "body")
            for message, further, suggestion in _wrong_value(field, fields[name], fields):
                place = step.place(*tail, *(further if within else ()))
                yield Problem(place, _told(endpoint, message), suggestion)


def _too_late(workflow: Workflow, step: Step, endpoint: Endpoint) -> Problems:
    """A message that the workflow itself has let grow too old."""
    body = step.inputs.get("body")
    for name, field in endpoint.body.items():
        value = body.get(name) if isinstance(body, Mapping) else None
        limit = duration_of(field.within) if field.within is not None else None
        if limit is None or not isinstance(value, str) or _OF_TRIGGER.search(value) is None:
            continue
        if least_wait(workflow, step) >= limit:
            message = f"`{name}` is {field.legal}; the workflow waits longer before this step"
            yield Problem(step.place("inputs", "body", name), _told(endpoint, message))


def _parsed(text: str) -> object:
    """A body that is a text is sent as it is, so it counts as the JSON that it is."""
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return value


def _misspelled_fields(body: Mapping[str, object], endpoint: Endpoint) -> Iterator[tuple[str, str]]:
    free = [name for name in endpoint.body if name not in body]
    for name in [name for name in body if name not in endpoint.body][:20]:
        near = nearest(name, free)
        if near is not None:
            yield name, near


Wrong = tuple[str, tuple[int, ...], str | None]
"""A message, where in the value, and what to write instead."""


def _wrong_value(field: Field, value: object, body: Mapping[str, object]) -> Iterator[Wrong]:
    if dynamic(value):
        return
    if not field.has_type(value):
        quotes = field.type == "integer" and isinstance(value, str) and value.strip().isdecimal()
        yield _not_so(field, value) + ("; write it without quotes" if quotes else ""), (), None
    elif isinstance(value, list):
        if field.items is not None:
            for index, item in enumerate(value[:100]):
                for message, tail, near in _wrong_value(field.items, item, {}):
                    yield message, (index, *tail), near
    elif not field.admits(value):
        country = COUNTRIES_MEANT.get(str(value)) if field.format == "country" else None
        near = nearest(str(value), field.words) or country
        yield _not_so(field, value), (), near
    else:
        yield from _at_odds(field, str(value), body)


def _at_odds(field: Field, value: str, body: Mapping[str, object]) -> Iterator[Wrong]:
    """A value that is right by itself, and not beside another."""
    if field.needs is not None and field.needs[1].search(value) and body.get(field.needs[0]) is None:
        message = f"`{field.name}` {quoted(value)} needs `{field.needs[0]}` beside it: it is {field.legal}"
        yield message, (), None
    later = body.get(field.before) if field.before is not None else None
    start, end = moment_of(value), moment_of(later)
    if start is not None and end is not None and start >= end:
        yield f"`{field.name}` is before `{field.before}`, not {quoted(value)} and {quoted(later)}", (), None


def _not_so(field: Field, value: object) -> str:
    shown = kind(value) if isinstance(value, Mapping | list) else quoted(value)
    return f"`{field.name}` is {field.legal}{_either(field)}, not {shown}"


def _either(field: Field) -> str:
    return f", {listed(field.words, 'or')}" if field.words else ""


def _told(endpoint: Endpoint, message: str) -> str:
    return f"{endpoint.name}: {message}{'' if message.endswith('?') else ';'} see {endpoint.source}"
