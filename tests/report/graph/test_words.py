"""The few words that a step gets in a picture."""

from __future__ import annotations

import pytest

from deployer.report.graph.words import duration, what_it_says


@pytest.mark.parametrize(
    ("kind", "inputs", "words"),
    [
        ("SMS", {"text": "Hello"}, "Hello"),
        ("ChatAppsMessage", {"type": "text", "content": {"text": "Hi"}}, "Hi"),
        ("ChatAppsMessage", {"type": "template", "content": {"template": {"name": "shipped"}}}, "template shipped"),
        ("VoiceMessage", {"params": {"text": "Press 1"}}, "Press 1"),
        ("VoiceMessage", {"params": {"fileUrl": "https://x.example/a.wav"}}, "plays https://x.example/a.wav"),
        ("HttpRequest", {"url": "https://x.example", "method": "PUT"}, "PUT https://x.example"),
        ("HttpRequest", {"url": "https://x.example"}, "GET https://x.example"),
        ("Wait", {"duration": "3.00:00:00"}, "3 days"),
        ("Wait", {"duration": "{{data.pause}}"}, "{{data.pause}}"),
        ("WaitForReply", {"channel": "sms", "timeout": "00:10:00"}, "a reply by sms, 10 min at most"),
        ("WaitForReply", {}, "a reply"),
        ("WaitForDTMF", {"timeout": "00:03:00"}, "keys, 3 min at most"),
        ("If", {"condition": "{{ data.a == 1 }}"}, "data.a == 1"),
        ("Branch", {}, ""),
        ("Unheard", {"message": "x"}, "x"),
        ("SMS", {"text": ["no", "text"]}, ""),
        ("SMS", {"text": 5}, "5"),
    ],
)
def test_a_step_says_what_it_does(kind: str, inputs: dict[str, object], words: str) -> None:
    assert what_it_says(kind, inputs) == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("00:00:02", "2 s"), ("1.02:00:00", "1 day 2 h"), ("00:15:30", "15 min 30 s"), ("00:00:00", "0 s"),
        ("2", "2"), ("soon", "soon"), ("9999999999.00:00:00", "9999999999.00:00:00"),
    ],
)  # fmt: skip
def test_durations_read_like_durations(text: str, words: str) -> None:
    assert duration(text) == words
