"""What each of the vendor's other services does with a request."""

from __future__ import annotations

import ipaddress
import re
import struct
import zlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

from deployer.emulator import messages
from deployer.emulator.answers import INVALID_REQUEST, NOT_FOUND, Refusal, invalid, shown
from deployer.emulator.moments import documented
from deployer.emulator.planted import VirtualNumber, read_numbers
from deployer.emulator.services import Asked, Ground, Reply, Route, route

INVALID_NUMBER = 1002
"""Documented: "Invalid MSISDN format"."""
NOT_PREPAID = 1201
"""Documented: "Account not in prepaid mode"."""
INVALID_JOB = 4018
"""Documented: "Invalid jobId"."""
TYPING_WITHIN = timedelta(hours=2)
"""How long after an inbound message typing can be shown (documented)."""
EXPORT_DAYS = 7
"""How far back an export without `from` goes (documented)."""

Places = Mapping[str, str]

_E164 = re.compile(r"\+?[1-9][0-9]{6,14}", re.ASCII)
_LOCAL = re.compile(r"\+?[0-9]{4,15}", re.ASCII)
_UUID = re.compile(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE | re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})?)?", re.ASCII)


def blacklist(asked: Asked, places: Places, ground: Ground) -> Reply:  # noqa: ARG001  # the form of every service
    """Put a number on the blacklist; it may be there already."""
    # Digits alone, as in the documented example.
    if re.fullmatch(r"[1-9][0-9]{6,14}", places["msisdn"], re.ASCII) is None:
        raise Refusal(400, INVALID_NUMBER, "Invalid MSISDN format (not E.164 international number)")
    return Reply(200)


def typing_indicator(asked: Asked, places: Places, ground: Ground) -> Reply:  # noqa: ARG001
    """Show a customer that an answer is being written."""
    body = _object(asked)
    _one_of(body, "channel", ("whatsapp", "rcs"))
    _one_of(body, "type", ("typing",))
    umid = _needed(body, "umid")
    if _UUID.fullmatch(umid) is None:
        raise invalid("umid must be the unique id of an inbound message, a UUID.")
    received = messages.received_at(ground.db, umid)
    if received is None:
        raise Refusal(404, NOT_FOUND, "Message not found.")
    if ground.moment - received > TYPING_WITHIN // timedelta(microseconds=1):
        raise invalid("Typing indicators can be sent for messages of the last 2 hours only.")
    return Reply(200)


def sma_coverage(asked: Asked, places: Places, ground: Ground) -> Reply:  # noqa: ARG001
    """Say whether Silent Mobile Authentication reaches a device."""
    body = _object(asked)
    address = _needed(body, "clientIp")
    try:
        ipaddress.ip_address(address)
    except ValueError as error:
        raise invalid(f'clientIp must be an IP address, got "{shown(address)}".') from error
    country, destination = _text(body, "country"), _text(body, "destination")
    if country is not None and re.fullmatch(r"[A-Za-z]{2}", country) is None:
        raise invalid(f'country must have two letters, got "{shown(country)}".')
    form = _E164 if country is None else _LOCAL
    if destination is not None and form.fullmatch(destination) is None:
        raise Refusal(400, INVALID_NUMBER, "Invalid MSISDN format (not E.164 international number)")
    return Reply(200, {"isAvailable": ground.settings.sma_coverage})


def start_export(asked: Asked, places: Places, ground: Ground) -> Reply:
    """Begin to write a log of messages."""
    body = {} if asked.body is None else _object(asked)
    today = ground.now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    start = _date(body, "from") or today - timedelta(days=EXPORT_DAYS)
    end = _date(body, "to") or ground.now
    if start >= end:
        raise invalid("from must be before to.")
    phone = _text(body, "phoneNumber")
    if phone is not None and _E164.fullmatch(phone) is None:
        raise Refusal(400, INVALID_NUMBER, "Invalid MSISDN format (not E.164 international number)")
    countries = body.get("countries", [])
    if not isinstance(countries, list) or not all(
        isinstance(country, str) and re.fullmatch(r"[A-Za-z]{2}", country) for country in countries
    ):
        raise invalid("countries must be a list of two-letter country codes.")
    limit = body.get("limit", 0)
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 0:
        raise invalid("limit must be a whole number, 0 for no limit.")
    job = f"{ground.new_id().hex}{ground.new_id().hex}"
    ground.db.execute("INSERT INTO export_job VALUES (?, ?, 'queued')", (job, places["subAccountId"]))
    return Reply(200, {"jobId": job})


def export_result(asked: Asked, places: Places, ground: Ground) -> Reply:  # noqa: ARG001
    """Say how far an export is: here it is over as soon as somebody asks."""
    if _job(places, ground) == "cancelled":
        return Reply(200, {"status": "cancelled"})
    ground.db.execute("UPDATE export_job SET status = 'succeeded' WHERE id = ?", (places["jobId"],))
    link = f"https://chatapps.8x8.com/downloads/{places['jobId']}.csv"
    return Reply(200, {"status": "succeeded", "data": [link]})


def cancel_export(asked: Asked, places: Places, ground: Ground) -> Reply:  # noqa: ARG001
    """End an export."""
    _job(places, ground)
    ground.db.execute("UPDATE export_job SET status = 'cancelled' WHERE id = ?", (places["jobId"],))
    return Reply(200)


def remove_pii(asked: Asked, places: Places, ground: Ground) -> Reply:  # noqa: ARG001
    """Take a message's personal data out of the outbox."""
    if not messages.known(ground.db, places["umid"]):
        raise Refusal(404, NOT_FOUND, "Message not found.")
    messages.forget(ground.db, places["umid"])
    return Reply(202)


def balance(asked: Asked, places: Places, ground: Ground) -> Reply:  # noqa: ARG001
    """What a prepaid account has left."""
    amount = ground.settings.balance
    if amount is None:
        raise Refusal(403, NOT_PREPAID, "Account not in prepaid mode")
    return Reply(200, {"balance": amount, "currency": ground.settings.currency})


def list_numbers(asked: Asked, places: Places, ground: Ground) -> Reply:  # noqa: ARG001
    """The virtual numbers of a sub-account, with their health."""
    found = [_number(number, places["subAccountId"], ground) for number in _numbers(places, ground)]
    return Reply(
        200,
        {
            "totalNumbers": len(found),
            "lastUpdatedAt": documented(ground.now),
            "numbers": found,
            "statusCode": 0,
            "statusMessage": "OK",
        },
    )


def check_number(asked: Asked, places: Places, ground: Ground) -> Reply:  # noqa: ARG001
    """One virtual number: the three fields of the documented schema, which has no health."""
    msisdn = places["number"]
    if re.fullmatch(r"[0-9]{7,10}", msisdn, re.ASCII) is None:
        return _voice(400, INVALID_REQUEST, "number must have 7 to 10 digits.", ground)
    for number in _numbers(places, ground):
        if number.msisdn == msisdn:
            payload = {
                "referenceId": _reference(number),
                "msisdn": number.msisdn,
                "countryCode": _country(number.msisdn),
            }
            return _voice(200, 0, "OK", ground, payload)
    return _voice(404, NOT_FOUND, "Virtual number not found.", ground)


def snapshot_image(asked: Asked, places: Places, ground: Ground) -> Reply:  # noqa: ARG001
    """A picture of a video conversation: one grey pixel. To a workflow it is the documented empty object."""
    if not re.fullmatch(r"/*s3/uploads/snapshots/.+\.(png|jpe?g)", places["link"], re.IGNORECASE):
        raise Refusal(404, NOT_FOUND, "Image not found.")
    return Reply(200, {}, image=_pixel())


ROUTES: tuple[Route, ...] = (
    route("POST", "contacts.8x8.com", "/api/v1/accounts/{accountId}/contacts/blacklist/{msisdn}", blacklist),
    route("POST", "chatapps.8x8.com", "/api/v1/subaccounts/{subAccountId}/events", typing_indicator),
    route("POST", "chatapps.8x8.com", "/api/v1/subaccounts/{subAccountId}/messages/exports", start_export),
    route("GET", "chatapps.8x8.com", "/api/v1/subaccounts/{subAccountId}/messages/exports/{jobId}", export_result),
    route("DELETE", "chatapps.8x8.com", "/api/v1/subaccounts/{subAccountId}/messages/exports/{jobId}", cancel_export),
    route("POST", "verify.8x8.com", "/api/v2/subaccounts/{subAccountId}/sma/coverage", sma_coverage),
    route("DELETE", "sms.8x8.com", "/api/v1/subaccounts/{subAccountId}/messages/{umid}/pii", remove_pii),
    route("GET", "sms.8x8.com", "/api/v1/accounts/{accountId}/balance", balance),
    route("GET", "voice.8x8.com", "/api/v1/subaccounts/{subAccountId}/numbers", list_numbers),
    route("GET", "voice.8x8.com", "/api/v1/subaccounts/{subAccountId}/numbers/{number}", check_number),
    route("GET", "video-agent.8x8.com", "/{link*}", snapshot_image, key_header="x-token"),
)
"""All of it."""


def _object(asked: Asked) -> Mapping[str, object]:
    if not isinstance(asked.body, Mapping):
        raise invalid("Request body must be a JSON object.")
    return asked.body


def _text(body: Mapping[str, object], name: str) -> str | None:
    value = body.get(name)
    if value is not None and not isinstance(value, str):
        raise invalid(f"{name} must be a string.")
    return value


def _needed(body: Mapping[str, object], name: str) -> str:
    value = _text(body, name)
    if not value:
        raise invalid(f"{name} is required.")
    return value


def _one_of(body: Mapping[str, object], name: str, legal: tuple[str, ...]) -> None:
    value = _needed(body, name)
    if value not in legal:
        raise invalid(f'{name} must be {" or ".join(legal)}, got "{shown(value)}".')


def _date(body: Mapping[str, object], name: str) -> datetime | None:
    """A date, a time in UTC, or a time with its offset."""
    value = _text(body, name)
    if value is None:
        return None
    try:
        found = datetime.fromisoformat(value) if _DATE.fullmatch(value) else None
    except ValueError:
        found = None
    if found is None:
        raise invalid(f'{name} must be a date such as 2020-07-01 or 2020-07-01T13:00:00+07:00, got "{shown(value)}".')
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _job(places: Places, ground: Ground) -> str:
    row = ground.db.execute(
        "SELECT status FROM export_job WHERE id = ? AND sub_account = ?", (places["jobId"], places["subAccountId"])
    ).fetchone()
    if row is None:
        raise Refusal(400, INVALID_JOB, "Invalid jobId")
    return str(row[0])


def _numbers(places: Places, ground: Ground) -> Iterator[VirtualNumber]:
    for number in read_numbers(ground.settings.numbers):
        if number.sub_account in (None, places["subAccountId"]):
            yield number


def _number(number: VirtualNumber, sub_account: str, ground: Ground) -> dict[str, object]:
    now, checked = documented(ground.now), number.healthy is not None
    health = {
        "isHealthy": number.healthy,
        "status": "Healthy" if number.healthy else "Unhealthy",
        "lastCheckedTime": now,
    }
    return {
        "msisdn": number.msisdn,
        "dateCreated": "2024-01-01T00:00:00Z",
        "dateUpdated": now,
        "countryCode": _country(number.msisdn),
        "operationalStatus": number.status,
        "referenceId": _reference(number),
        "rentalPrice": 5,
        "incomingRate": 0.01,
        "billingUnit": 60,
        "uri": f"https://voice.8x8.com/api/v1/subaccounts/{sub_account}/numbers/{number.msisdn}",
        "numberHealthCheckEnabled": checked,
        "billingCurrency": ground.settings.currency,
        "numberType": "LOCAL",
        "numberHealth": health if checked else None,
    }


def _voice(status: int, code: int, message: str, ground: Ground, payload: object = None) -> Reply:
    """The voice service's own form of answer."""
    body = {"statusCode": code, "statusMessage": message, "timestamp": documented(ground.now)}
    return Reply(status, body if payload is None else {**body, "payload": payload})


def _reference(number: VirtualNumber) -> str:
    return f"range-{number.msisdn[:-4]}"


def _country(msisdn: str) -> str | None:
    from phonenumbers import NumberParseException, parse, region_code_for_number  # 60 ms to import

    try:
        return region_code_for_number(parse(f"+{msisdn}", None))
    except NumberParseException:
        return None


def _pixel() -> bytes:
    """The smallest PNG: one grey pixel."""
    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(b"\x00\x80")), (b"IEND", b""))
    packed = (
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)
