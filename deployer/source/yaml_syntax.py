"""Text that no YAML reader takes: where it goes wrong, in words for people who never read the YAML specification."""

from __future__ import annotations

import re

from yaml.composer import ComposerError
from yaml.error import Mark, MarkedYAMLError, YAMLError

from deployer.regex import regex
from deployer.source.problems import Problem, Unreadable, shown
from deployer.source.scalars import quoted
from deployer.tuples import NamedTuple

MAX_DIRECTIVES = 100
"""Lines that start with `%`. libyaml compares each `%TAG` with all others."""

_UNREADABLE = regex("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_SEPARATORS = {"\x85": "next line", "\u2028": "line separator", "\u2029": "paragraph separator"}
_ITEM = r"[ \t]*+(?:[-?:][ \t]++)*+"
_KEY = r"""(?:"[^"\n]*+"|'[^'\n]*+'|[^\s"'#{\[][^#\n]*?)[ \t]*:[ \t]+"""
_EXPRESSION_VALUE = regex(rf"{_ITEM}(?:{_KEY})?(?=\{{\{{)")
_BLOCK_VALUE = regex(_ITEM + _KEY)
_LOOK_AT = 500
"""Characters of a line in which a key is looked for: these two patterns try every `:`."""
_SIMPLE_KEY_LIMIT = 1024
"""Characters of a key without `? ` before it (YAML 1.2.2, section 7.4.2)."""
_KEY_BEFORE = regex(r"""([ \t]*+(?:[-?:{,][ \t]*+)*+)(?:"(?:[^"\\]|\\.)*+"|'[^']*+'|[^\s"'{\[][^:]*+)[ \t]*+""")
_SURROGATES = regex(r"\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})")


class _Sentence(NamedTuple):
    """What to say for a problem of PyYAML or libyaml, which they give as `context: problem`."""

    pattern: str
    text: str
    """`{line}` is where the surrounding list or mapping starts."""
    at_context: bool = False
    """Whether to point at where the broken thing starts, not at where reading stopped."""
    quote: bool = False
    """Whether quotes around the rest of the line are the likely answer."""


_SENTENCES = (
    _Sentence(r"found (?:a|character '\\)t(?:ab|')", "a tab cannot stand here; use blanks"),
    _Sentence(
        "mapping values are not allowed",
        "a `:` cannot stand here; check the indentation, or quote the value before it",
    ),
    _Sentence("sequence entries are not allowed", "a list item cannot start here; start the list on a line of its own"),
    _Sentence("mapping keys are not allowed", "`? ` starts a key, and none can stand here; quote the value"),
    _Sentence(
        "could not find expected ':'",
        "this line is neither `key: value` nor a list item; check its indentation",
        at_context=True,
    ),
    _Sentence(
        "block collection: (?:did not find )?expected",
        "this is no item of the list that starts in line {line}; check the indentation, or begin with `- `",
    ),
    _Sentence(
        "expected key|expected <block end>",
        "this does not belong to what starts in line {line}; check the indentation and the quotes",
    ),
    _Sentence(r"expected ',' or '\]'", "the list that opens in line {line} goes on with `,` or ends with `]`"),
    _Sentence(r"expected ',' or '\}'", "the mapping that opens in line {line} goes on with `,` or ends with `}}`"),
    _Sentence("unexpected end of stream", "the quote that opens here is never closed", at_context=True),
    _Sentence("unexpected document", "the quote that opens here is not closed before `---` or `...`", at_context=True),
    _Sentence(
        "hexdecimal|hexadecimal|escape sequence of",
        r"an escape has as many hex digits as it announces: `\x41`, `\u0041` or `\U00000041`",
    ),
    _Sentence("undefined tag handle", "a text that starts with `!` needs quotes", at_context=True, quote=True),
    _Sentence("expected (?:the )?node content", "a value is missing before this"),
    _Sentence("<document start>", "this does not belong to what stands above it; check the indentation and the quotes"),
    _Sentence("incompatible YAML document", "`%YAML` names a version that does not exist; remove the line"),
    _Sentence("duplicate %", "this directive is here twice; remove the line"),
    _Sentence(
        "scanning an? (?:anchor|alias)", "a text that starts with `&` or `*` needs quotes", at_context=True, quote=True
    ),
    _Sentence("(?:scanning|parsing) a tag", "a text that starts with `!` needs quotes", at_context=True, quote=True),
    _Sentence(
        "scanning a block scalar",
        "after `|` or `>` only `+`, `-`, a digit or a comment can follow; the text starts on the next line",
    ),
    _Sentence(
        "directive",
        "a line that starts with `%` is a directive, and this is none; quote it if it is text",
        at_context=True,
        quote=True,
    ),
)


def check_text(text: str) -> None:
    """Raise `Unreadable` for text on which readers disagree about lines, or that is made to keep libyaml busy."""
    if not text.isascii():
        for separator, name in _SEPARATORS.items():
            if (at := text.find(separator)) >= 0:
                message = f"an invisible {name} (U+{ord(separator):04X}) ends the line for some readers; remove it"
                raise Unreadable(Problem(rule="yaml-syntax", start=at, end=at + 1, message=message))
    if "\n%" in text and text.count("\n%") > MAX_DIRECTIVES:
        at = text.index("\n%") + 1
        message = f"more than {MAX_DIRECTIVES} lines start with `%`, which are directives; indent or quote text"
        raise Unreadable(Problem(rule="yaml-syntax", start=at, end=at + 1, message=message))


def explain(error: Exception, text: str) -> Problem:
    """The problem that stopped a YAML reader, which raised `error` for this text."""
    if isinstance(error, MarkedYAMLError) and error.problem_mark is not None:
        return _Failure(error, error.problem_mark, text).problem()
    if match := _UNREADABLE.search(text):
        code = f"U+{ord(match[0]):04X}"
        message = f"the character {code} cannot stand in YAML; remove it, or write an escape in double quotes"
        return Problem(rule="yaml-syntax", start=match.start(), end=match.end(), message=message)
    reason = error.args[0] if isinstance(error, YAMLError) and error.args else "it holds characters that YAML forbids"
    return Problem(rule="yaml-syntax", start=0, end=0, message=f"this is not YAML: {shown(str(reason))}")


class _Failure:
    """One error of PyYAML, with its place as offsets."""

    def __init__(self, error: MarkedYAMLError, mark: Mark, text: str) -> None:
        self._error = error
        self._text = text
        self._what = f"{error.problem or ''}"
        self._at = min(mark.index, len(text))
        context = error.context_mark
        self._context = min(context.index, len(text)) if context is not None else None
        self._context_line = (context.line if context is not None else mark.line) + 1

    def problem(self) -> Problem:
        if isinstance(self._error, ComposerError):
            return self._composing()
        return self._conflict() or self._expression() or self._special() or self._sentence()

    def _composing(self) -> Problem:
        end = regex(r"[^\s,\[\]{}]*").match(self._text, self._at)
        stop = end.end() if end else self._at
        name = shown(self._text[self._at : stop])
        if "document" in self._what:
            message = "a second document starts here; keep one workflow a file"
            return self._make(self._at, self._at + 3, message, rule="several-documents")
        if "alias" in self._what:
            suggestion = self._rest_quoted(self._at)
            return self._make(
                self._at,
                stop,
                f"`{name}` names no anchor of this file; a text that starts with `*` needs quotes",
                suggestion,
            )
        return self._make(self._at, stop, f"the anchor `{name}` is in line {self._context_line} too; use another name")

    def _conflict(self) -> Problem | None:
        for offset in (self._at, self._context):
            if offset is not None and self._text.startswith("=======", start := self._line_start(offset)):
                return self._make(start, start + 7, "a conflict marker of Git is left here", rule="conflict-marker")
        return None

    def _expression(self) -> Problem | None:
        """An unquoted `{{...}}` before the place, which is the likely cause of the error."""
        text, at = self._text, self._at
        for offset in (self._context, self._context - 1 if self._context else None):
            if offset is not None and text.startswith("{{", offset):
                return self._quote(offset)
        start = self._line_start(at)
        if (match := _EXPRESSION_VALUE.match(text, start, start + _LOOK_AT)) and match.end() <= at:
            return self._quote(match.end())
        if text.startswith("{", at):
            begin = max(text.rfind(mark, start, at) for mark in ",[{:") + 1
            begin += len(text[begin:at]) - len(text[begin:at].lstrip())
            if text.startswith("{{", at) or text[at - 1 : at] == "$":
                return self._quote(max(begin, start))
        value = _BLOCK_VALUE.match(text, start, start + _LOOK_AT)
        if value and value.end() < at and "{{" in text[value.end() : at] and text[value.end()] not in "\"'|>[{":
            return self._quote(value.end())
        return None

    def _quote(self, start: int) -> Problem:
        in_flow = any(mark in self._text[self._line_start(start) : start] for mark in "[{")
        end = self._braces_end(start) if in_flow else self._value_end(start)
        suggestion = quoted(self._text[start:end])
        message = f"an expression needs quotes, or YAML reads a mapping: write {shown(suggestion)}"
        return self._make(start, end, message, suggestion, rule="expression-needs-quotes")

    def _braces_end(self, start: int) -> int:
        """The end of the braces that open at or after `start`, on this line."""
        line_end = self._line_end(start)
        depth = 0
        for brace in re.compile("[{}]").finditer(self._text, start, line_end):
            depth += 1 if brace[0] == "{" else -1
            if depth <= 0:
                return brace.end()
        return line_end

    def _special(self) -> Problem | None:
        text, at = self._text, self._at
        if "cannot start any token" in self._what and text[at : at + 1] not in {"\t", ""}:
            name = "a backtick" if text[at] == "`" else f"`{text[at]}`"
            return self._make(
                at, self._value_end(at), f"a text that starts with {name} needs quotes", self._rest_quoted(at)
            )
        if "cannot start any token" in self._what:
            return self._make(at, at + 1, "a tab cannot stand here; use blanks")
        if key := self._long_key():
            return self._make(*key, f"a key has at most {_SIMPLE_KEY_LIMIT} characters")
        if "invalid Unicode" in self._what:
            return self._bad_escape(text.rfind("\\", 0, at + 1))
        if "unknown escape" in self._what:
            at = text.rfind("\\", 0, at + 1)
            message = "a backslash in double quotes starts an escape, and this is none; write two, or use single quotes"
            return self._make(at, at + 2, message)
        if "mapping values" in self._what:
            return self._colon()
        before = text[self._line_start(at) : at].rstrip()
        if "expected" in self._what and before.endswith(('"', "'")) and before.count(before[-1]) > 1:
            return self._make(at, self._value_end(at), "nothing can follow the closing quote; quote the whole value")
        return None

    def _bad_escape(self, at: int) -> Problem:
        pair = _SURROGATES.match(self._text, at)
        if pair is None:
            return self._make(at, at + 6, "this escape is no character; write the character itself")
        character = chr(0x10000 + ((int(pair[1], 16) - 0xD800) << 10) + int(pair[2], 16) - 0xDC00)
        message = f"YAML does not join `{pair[0]}`, as JSON does; write {character} itself"
        return self._make(pair.start(), pair.end(), message, character)

    def _long_key(self) -> tuple[int, int] | None:
        """The key before the `:` at which reading stopped, where it is too long to be one."""
        if not self._text.startswith(":", self._at):
            return None
        key = _KEY_BEFORE.match(self._text, self._line_start(self._at), self._at)
        if key is None or key.end() < self._at or key.end() - key.end(1) <= _SIMPLE_KEY_LIMIT:
            return None
        return key.end(1), self._at

    def _colon(self) -> Problem | None:
        """`text: Note: be quick` has a second `: ` in its value."""
        start = self._line_start(self._at)
        value = _BLOCK_VALUE.match(self._text, start, start + _LOOK_AT)
        if value is None or value.end() >= self._at or self._text[value.end()] in "\"'|>[{&*!":
            return None
        end = self._value_end(value.end())
        suggestion = quoted(self._text[value.end() : end])
        return self._make(
            value.end(), end, f"a text with `: ` in it needs quotes: write {shown(suggestion)}", suggestion
        )

    def _sentence(self) -> Problem:
        what = f"{self._error.context or ''}: {self._what}"
        for sentence in _SENTENCES:
            if re.search(sentence.pattern, what):
                at = self._context if sentence.at_context and self._context is not None else self._at
                message = sentence.text.format(line=self._context_line)
                return self._make(at, self._value_end(at), message, self._rest_quoted(at) if sentence.quote else None)
        return self._make(self._at, self._value_end(self._at), f"this is not YAML: {shown(self._what)}")

    def _make(
        self, start: int, end: int, message: str, suggestion: str | None = None, *, rule: str = "yaml-syntax"
    ) -> Problem:
        return Problem(rule=rule, start=start, end=max(start, end), message=message, suggestion=suggestion)

    def _rest_quoted(self, start: int) -> str:
        return quoted(self._text[start : self._value_end(start)])

    def _line_start(self, offset: int) -> int:
        return max(self._text.rfind("\n", 0, offset), self._text.rfind("\r", 0, offset)) + 1

    def _line_end(self, offset: int) -> int:
        match = regex(r"[\r\n]|$").search(self._text, offset)
        return match.start() if match else len(self._text)

    def _value_end(self, start: int) -> int:
        """The end of what is on the line, without a comment."""
        line = self._text[start : self._line_end(start)]
        return start + len(re.split(r"[ \t]#", line, maxsplit=1)[0].rstrip())
