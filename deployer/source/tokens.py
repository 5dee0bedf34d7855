"""What credentials look like: the shapes of known tokens, and the names of fields that hold them.

Shapes are cited from the vendors that document them; the remaining ones follow the default rules of
gitleaks (https://github.com/gitleaks/gitleaks/blob/master/config/gitleaks.toml). Lengths are lower
bounds where vendors announced longer tokens. Every pattern runs in linear time.
"""

from __future__ import annotations

import re
from enum import Enum
from functools import lru_cache
from typing import Final

from deployer.record import record
from deployer.regex import regex

_BEFORE: Final = r"(?<![A-Za-z0-9_])"
_AFTER: Final = r"(?![A-Za-z0-9])"


@record
class Shape:
    """A credential that can be told by its characters alone."""

    kind: str
    marks: tuple[str, ...]
    """One of these stands in every such token: a cheap look before the pattern is tried."""
    pattern: re.Pattern[str]


def _shape(kind: str, marks: tuple[str, ...], pattern: str, *, before: str = _BEFORE, after: str = _AFTER) -> Shape:
    return Shape(kind=kind, marks=marks, pattern=regex(f"{before}(?:{pattern}){after}", re.ASCII))


SHAPES: Final = (
    # RFC 7515, section 7.1, and RFC 7516: base64url parts between dots; the first is a JSON object, so `eyJ`.
    _shape("JSON Web Token", ("eyJ",), r"eyJ[\w-]{8,}\.[\w-]*(?:\.[\w-]+){1,3}", before=r"(?<![\w-])"),
    # RFC 7468, section 10 and after; a block that is cut short counts to the end of the text.
    Shape(
        kind="private key",
        marks=("PRIVATE KEY",),
        pattern=regex(
            r"-----BEGIN (?:[A-Z0-9]+ ){0,4}PRIVATE KEY(?: BLOCK)?-----"
            r"(?:[^-]|-(?!----END ))*(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----)?"
        ),
    ),
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html (unique id prefixes)
    _shape("AWS access key", ("AKIA", "ASIA"), r"A[KS]IA[A-Z0-9]{16}"),
    # https://github.blog/engineering/platform-security/behind-githubs-new-authentication-token-formats/
    _shape("GitHub token", ("gh", "github_pat_"), r"gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{22,}"),
    # https://docs.gitlab.com/security/tokens/ (token prefixes)
    _shape("GitLab token", ("gl",), r"gl(?:pat|oas|dt|rt|cbt|ptt|ft|imt|agent|soat|ffct)-[\w.-]{20,}"),
    # https://docs.slack.dev/authentication/tokens
    _shape("Slack token", ("xox", "xapp-"), r"xox[abeoprs](?:\.xox[bp])?-[A-Za-z0-9-]{10,}|xapp-\d-[A-Za-z0-9-]{10,}"),
    # https://docs.stripe.com/keys, and https://docs.stripe.com/webhooks for signing secrets
    _shape("Stripe key", ("k_", "whsec_"), r"[sr]k_(?:live|test|prod)_[A-Za-z0-9]{10,}|whsec_[A-Za-z0-9+/=]{24,}"),
    # https://www.twilio.com/docs/glossary/what-is-a-sid: two letters and 32 hex digits, SK is an API key
    _shape("Twilio API key", ("SK",), r"SK[0-9a-fA-F]{32}"),
    # gitleaks, sendgrid-api-token: `SG.` and 66 characters
    _shape("SendGrid API key", ("SG.",), r"SG\.[\w-]{16,}\.[\w-]{32,}"),
    # gitleaks, gcp-api-key; client secrets and access tokens: https://developers.google.com/identity/protocols/oauth2
    _shape(
        "Google key",
        ("AIza", "GOCSPX-", "ya29."),
        r"AIza[\w-]{35}|GOCSPX-[\w-]{28}|ya29\.[\w-]{20,}",
        after=r"(?![\w-])",
    ),
    # https://github.blog/changelog/2021-09-23-npm-has-a-new-access-token-format/
    _shape("npm token", ("npm_",), r"npm_[A-Za-z0-9]{36,}"),
    # gitleaks, pypi-upload-token: a macaroon, so it begins the same for each
    _shape("PyPI token", ("pypi-",), r"pypi-AgEI[\w-]{50,}"),
    # gitleaks, anthropic-api-key and openai-api-key
    _shape("AI service key", ("sk-",), r"sk-(?:proj|svcacct|admin|ant-[a-z0-9]+)-[\w-]{20,}|sk-[A-Za-z0-9]{40,}"),
    # gitleaks, shopify-*
    _shape("Shopify token", ("shp",), r"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}"),
    # gitleaks, sendinblue-api-token
    _shape("Brevo API key", ("xkeysib-",), r"xkeysib-[0-9a-f]{64}-[A-Za-z0-9]{16}"),
    # gitleaks, telegram-bot-api-token: https://core.telegram.org/bots/api#authorizing-your-bot
    _shape("Telegram bot token", (":A",), r"\d{5,16}:A[\w-]{34}", after=r"(?![\w-])"),
    # gitleaks, databricks-api-token and digitalocean-*
    _shape("cloud token", ("dapi", "_v1_"), r"dapi[0-9a-f]{32}|do[opr]_v1_[0-9a-f]{64}"),
    # gitleaks, hubspot-private-app: a data centre and a UUID
    _shape("HubSpot token", ("pat-",), r"pat-[a-z]{2}\d-[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"),
    # https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks: the path is the secret
    Shape(
        kind="Slack webhook",
        marks=("hooks.slack.com/",),
        pattern=regex(r"(?<=hooks\.slack\.com/)(?:services|workflows|triggers)/[A-Za-z0-9+/]{20,}"),
    ),
)


class Telling(Enum):
    """How much a field's name says of its value."""

    NOTHING = 0
    MAYBE = 1
    """Such a field may hold a credential; the value has to look like one."""
    TOKEN = 2
    """It holds one; a text with spaces is something else, though."""
    ANY = 3
    """It holds one, whatever it looks like."""


# Compared in lower case, without anything but letters and digits: `X-Api-Key`, `apiKey` and `api_key` are one.
_ANY_ENDINGS: Final = (
    "authorization",
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "cookie",
    "credential",
    "credentials",
)
TOKEN_ENDINGS: Final = (
    "token", "secret", "apikey", "accesskey", "secretkey", "privatekey", "signingkey", "encryptionkey",
    "subscriptionkey", "sharedkey", "masterkey", "accountkey", "authkey", "functionskey", "jwt",
)  # fmt: skip
_MAYBE_ENDINGS: Final = ("signature", "hmac")
MAYBE: Final = frozenset(
    {"key", "auth", "sig", "pass", "bearer", "session", "sessionid", "appkey", "clientkey", "accesskeyid", "xauth"}
)
_NOT_A_LETTER_OR_DIGIT: Final = regex(r"[^a-z0-9]+")


@lru_cache(1024)
def telling(name: str) -> Telling:
    """What the name of a header, field or parameter says of its value."""
    plain = _NOT_A_LETTER_OR_DIGIT.sub("", name.lower())
    if plain.endswith(_ANY_ENDINGS):
        return Telling.ANY
    if plain.endswith(TOKEN_ENDINGS):
        return Telling.TOKEN
    return Telling.MAYBE if plain in MAYBE or plain.endswith(_MAYBE_ENDINGS) else Telling.NOTHING
