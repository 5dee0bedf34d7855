"""How well the expression parser agrees with V8, on thousands of small mistakes.

    python benchmarks/expressions.py [--count 12000] [--seed 1] [--show 20] [--write FILE]

Takes expressions as workflows hold them, damages them as people do (a character or a word lost,
doubled, swapped, put in), and asks Node's V8 (`new Function`, never run) which of them are
JavaScript. Exits 1 when one that V8 refuses is accepted, or more than five that it takes are refused.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from deployer.lint.expressions.syntax import parses

MOST_FALSE_REJECTS = 5

SEEDS = (
    "data.payload.source",
    "data.payload.user.channelUserId",
    "data.payload.content.text",
    "step.reply.payload.body.trim()",
    "step.responseBody?.items?.[0]?.id ?? null",
    "data['first name']",
    "data.items[0].price",
    "data.reply != null",
    "data.key == '1'",
    " data.reply.payload.content.text == 'yes' ",
    "data.key != null && data.key != '1' && data.key != '2'",
    "!data.saved && data.attempts < 3",
    "data.code >= 200 && data.code < 300 || data.code === 304",
    "(data.attempts || 0) + 1",
    "data.name ? 'Hi ' + data.name : 'Hello'",
    "data.a > data.b ? data.a : data.b > 1 ? data.b : 1",
    "isCountryCode(data.payload.source, 'SG')",
    "!isTimeOfDayBetween(data.payload.timestamp, '09:00:00', '18:00:00', 'SE Asia Standard Time')",
    "isDayOfWeek(data.payload.timestamp, \"Saturday\") || isDayOfWeek(data.payload.timestamp, 'Sunday')",
    "stringContains(data.payload.body, 'stop', true);",
    "uuid()",
    "`Order ${data.order.id} of ${data.name ?? 'you'}`",
    "`${data.total.toFixed(2)} ${data.currency}`",
    "['STOP', 'END'].includes(data.payload.body.trim().toUpperCase())",
    "data.items.filter(item => item.price > 10).map(({name, price}) => name + ': ' + price).join('\\n')",
    "data.items.reduce((sum, item) => sum + item.price * item.count, 0)",
    "data.items.some((x, i) => i > 0 && x.id === data.id)",
    "[...data.items, {id: 1, 'two words': [1, 2]}].length",
    "({status: data.status, ...data.extra, [data.key]: true})",
    "{ok: data.code == 200}",
    "JSON.stringify({text: data.payload.body, at: data.triggeredAt})",
    "JSON.parse(step.responseBody).result",
    "/^[A-Z]{2}-\\d+$/i.test(data.order)",
    "data.payload.body.replace(/[^0-9+]/g, '').slice(-8)",
    "data.payload.body.split(/\\s+/)[1]",
    "Math.round(data.score * 10) / 10",
    "Math.max(...data.scores, -1.5e3, .5, 0xff, 1_000)",
    "Number(data.score) >= 4 ? 'happy' : 'unhappy'",
    "typeof data.answer === 'string' && data.answer.length > 0",
    "data.answer == null ? void 0 : data.answer",
    "'umid: ' + data.umid // shown to agents",
    "/* first */ data.first",
    "\"it's \" + data.name + ' \\'quoted\\' \\u00e9'",
    "'id' in data && data.id instanceof Object",
    "((data.a))",
    "data.a, data.b",
    "data.n ** 2 % 7 - -data.m",
    "~data.flags & 4 | data.mask << 2 ^ data.bits >>> 1",
    "data.items?.at(-1)?.name?.toLowerCase?.()",
    "(name => 'Hi ' + name)(data.name)",
    "((a, b = 2, ...rest) => a + b + rest.length)(1)",
    "data.texts.map(async text => await text)",
    "data.list.map(function (x) { return x * 2; })",
    "Object.entries(data.answers).map(([key, value]) => `${key}=${value}`).join('&')",
    "encodeURIComponent(data.name)",
    "new Date(data.at).getHours()",
    "data.count = 1",
    "data.count += 1",
    "data.count++",
    "if (data.a) { data.b } else { data.c }",
    "data.a; data.b",
    "for (const x of data.items) { x }",
    "'ขอบคุณ ' + data.name + ' 😊'",
    "data.größe || data.名前",
    "data?.x?.['y']",
    "data.if.class.new",
    "a => ({...a, b: a.c})",
    "true",
    "null",
    "''",
    "-1",
    "10n",
    "[,1,,2]",
    "[]",
    "!!data.x",
)  # fmt: skip

_TOKEN = re.compile(r"\s+|[\w$]+|'[^']*'|\"[^\"]*\"|=>|\.\.\.|\?\.|[=!]==?|&&|\|\||\?\?|[^\w\s]", re.DOTALL)
_CHARACTERS = "()[]{}.,;:?!=<>&|+-*/%'\"`\\$_ \nab1é😀#@~^"
_WORDS = (
    *("data", "step", "null", "'x'", "1", "x =>", "&&", "||", "==", "=", "!", "(", ")", "{", "}", "[", "]", ",", "."),
    *("?.", "??", "...", ";", ":", "?", "new", "typeof", "in", "of", "let", "const", "if", "else", "for", "function"),
    *("async", "await", "yield", "delete", "void", "this", "class", "`", "${", "/", "//", "/*", "*/", "\n"),
)

Mutation = Callable[[random.Random, str], str]


def _lose_character(chance: random.Random, text: str) -> str:
    at = chance.randrange(len(text))
    return text[:at] + text[at + 1 :]


def _double_character(chance: random.Random, text: str) -> str:
    at = chance.randrange(len(text))
    return text[: at + 1] + text[at:]


def _put_in_character(chance: random.Random, text: str) -> str:
    at = chance.randrange(len(text) + 1)
    return text[:at] + chance.choice(_CHARACTERS) + text[at:]


def _change_character(chance: random.Random, text: str) -> str:
    at = chance.randrange(len(text))
    return text[:at] + chance.choice(_CHARACTERS) + text[at + 1 :]


def _swap_characters(chance: random.Random, text: str) -> str:
    at = chance.randrange(len(text))
    return text[:at] + text[at : at + 2][::-1] + text[at + 2 :]


def _cut(chance: random.Random, text: str) -> str:
    at = chance.randrange(len(text))
    return text[:at] if chance.random() < 0.5 else text[at:]


def _lose_word(chance: random.Random, text: str) -> str:
    words = _TOKEN.findall(text)
    del words[chance.randrange(len(words))]
    return "".join(words)


def _double_word(chance: random.Random, text: str) -> str:
    words = _TOKEN.findall(text)
    at = chance.randrange(len(words))
    return "".join([*words[:at], words[at], " ", *words[at:]])


def _put_in_word(chance: random.Random, text: str) -> str:
    words = _TOKEN.findall(text)
    words.insert(chance.randrange(len(words) + 1), chance.choice(["", " "]) + chance.choice(_WORDS) + " ")
    return "".join(words)


def _swap_words(chance: random.Random, text: str) -> str:
    words = _TOKEN.findall(text)
    one, other = chance.randrange(len(words)), chance.randrange(len(words))
    words[one], words[other] = words[other], words[one]
    return "".join(words)


MUTATIONS: Sequence[Mutation] = (
    *(_lose_character, _double_character, _put_in_character, _change_character, _swap_characters),
    *(_cut, _lose_word, _double_word, _put_in_word, _swap_words),
)


def corpus(count: int, seed: int) -> list[str]:
    """Different damaged expressions; the undamaged ones come first. The same for the same seed."""
    chance = random.Random(seed)  # noqa: S311  # repeatable on purpose
    found = dict.fromkeys(SEEDS)
    while len(found) < count:
        text = chance.choice(SEEDS)
        for _ in range(chance.choice((1, 1, 1, 2, 3))):
            text = chance.choice(MUTATIONS)(chance, text) or "x"
        # At the top a script has no `return`, but a function's body, which V8 is asked about, may.
        if text.strip() and not re.match(r"\s*return\b", text):
            found[text] = None
    return list(found)[:count]


_ASK_V8 = """
const texts = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const accepts = text => { try { new Function(text); return true } catch { return false } };
process.stdout.write(JSON.stringify(texts.map(accepts)));
"""


def ask_v8(texts: Sequence[str], node: str) -> list[bool]:
    """Which texts V8 compiles as a function's body."""
    asked = subprocess.run([node, "-e", _ASK_V8], input=json.dumps(texts), capture_output=True, text=True, check=True)
    answers: list[bool] = json.loads(asked.stdout)
    return answers


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How our verdicts compare with V8's."""

    texts: int
    valid: int
    false_accepts: tuple[str, ...]
    false_rejects: tuple[str, ...]
    microseconds: float
    """A verdict, on average."""

    @property
    def good(self) -> bool:
        """Whether it is as good as we promise."""
        return not self.false_accepts and len(self.false_rejects) <= MOST_FALSE_REJECTS


def compare(texts: Sequence[str], verdicts: Sequence[bool]) -> Agreement:
    """Our verdicts beside those given."""
    start = time.perf_counter()
    ours = [parses(text) for text in texts]
    seconds = time.perf_counter() - start
    both = list(zip(texts, ours, verdicts, strict=True))
    return Agreement(
        texts=len(texts),
        valid=sum(verdicts),
        false_accepts=tuple(text for text, mine, theirs in both if mine and not theirs),
        false_rejects=tuple(text for text, mine, theirs in both if theirs and not mine),
        microseconds=seconds / len(texts) * 1e6,
    )


def main() -> int:
    """Run the comparison and print it."""
    arguments = argparse.ArgumentParser(description="Compare the expression parser with V8.")
    arguments.add_argument("--count", type=int, default=12_000, help="how many expressions (default: 12000)")
    arguments.add_argument("--seed", type=int, default=1, help="another seed gives other damage (default: 1)")
    arguments.add_argument("--show", type=int, default=20, help="disagreements to print (default: 20)")
    arguments.add_argument("--write", type=Path, help="also write the expressions and V8's verdicts to this JSON file")
    chosen = arguments.parse_args()
    node = shutil.which("node")
    if node is None:
        sys.stderr.write("this benchmark needs Node.js (`node`) on the PATH\n")
        return 1
    texts = corpus(chosen.count, chosen.seed)
    verdicts = ask_v8(texts, node)
    result = compare(texts, verdicts)
    if chosen.write is not None:
        chosen.write.write_text(json.dumps(dict(zip(texts, verdicts, strict=True)), indent=0) + "\n", encoding="utf-8")
    lines = [
        f"{result.texts} expressions, {result.valid} of them valid; {result.microseconds:.0f} microseconds each",
        f"false accepts: {len(result.false_accepts)}   (none allowed)",
        *(f"    {text!r}" for text in result.false_accepts[: chosen.show]),
        f"false rejects: {len(result.false_rejects)}   (at most {MOST_FALSE_REJECTS})",
        *(f"    {text!r}" for text in result.false_rejects[: chosen.show]),
    ]
    sys.stdout.write("\n".join(lines) + "\n")
    return 0 if result.good else 1


if __name__ == "__main__":
    raise SystemExit(main())
