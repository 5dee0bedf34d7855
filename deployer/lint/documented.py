"""Forms, words and limits that more than one place asks for: a rule, and the quick look that comes before it.

Each rule names its source in its own documentation.
"""

from __future__ import annotations

from collections.abc import Mapping

from deployer.regex import regex
from deployer.tuples import NamedTuple

SUB_ACCOUNT = regex(r"[A-Za-z0-9\-._&]{3,50}")
"""The id of a sub-account, as a whole."""

INTERNATIONAL = regex(r"\+?[1-9][0-9]{7,14}")
"""A phone number in international form (E.164), as a whole."""

HOLE = regex(r"\{\{|\$\{(?:var|secret|file)\.")
"""Where in a text something begins that is only known later."""

JSON_TYPE = "application/json"
"""The only content type that the platform sends."""

MOST_SECONDS = 60
"""Of an HTTP request, without a warning."""

MOST_PARTS = 4
"""Of an SMS, without a warning."""

CHANNELS = (
    *("sms", "whatsapp", "viber", "line", "zalo", "rcs", "facebook", "wechat", "kakao"),
    *("LineNotification", "ZaloNotification", "GoogleRCS"),
)
"""What a WaitForReply waits on, in any case."""

PASSED_CHANNELS = ("messenger", "kakaotalk", "instagram", "telegram", "googlebm")
"""Other names by which a messenger goes. Whether an account has them is not for us to say."""

CHAT_CONTENT: Mapping[str, tuple[str, ...]] = {
    "text": ("text",),
    **dict.fromkeys(("image", "audio", "video", "file"), ("url",)),
    "location": ("latitude", "longitude"),
    "template": ("template",),
    "interactive": ("interactive",),
}
"""What a chat message's `content` needs, by type in lower case: examples of the vendor write `Image` too."""

CALL_PARAMETERS: Mapping[str, tuple[str, ...]] = {
    "say": ("destination", "text"),
    "say&capture": ("destination", "text"),
    "playfile": ("destination", "fileUrl"),
}
"""What a call needs, by action in lower case."""

LONGEST_SPEECH = 3000
"""Characters of what a call says."""


class Range(NamedTuple):
    """Numbers from one to another, both included."""

    low: float
    high: float | None
    whole: bool

    def __contains__(self, number: object) -> bool:
        if not isinstance(number, int | float) or (self.whole and number != number // 1):
            return False
        return self.low <= number and (self.high is None or number <= self.high)

    def __str__(self) -> str:
        kind = "a whole number" if self.whole else "a number"
        return f"{kind} from {self.low:g} to {self.high:g}" if self.high else f"{kind}, {self.low:g} or more"


CALL_RANGES: Mapping[str, Range] = {
    "speed": Range(0.5, 2, whole=False),
    "minDigits": Range(1, 20, whole=True),
    **dict.fromkeys(("repetition", "maxDigits", "noOfTries"), Range(1, None, whole=True)),
    **dict.fromkeys(("digitTimeout", "overallTimeout"), Range(1, None, whole=True)),
}
"""The parameters of a call that are numbers."""
