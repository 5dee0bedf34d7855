"""What a condition asks, where it surely can come out both ways: enough to see that conditions fit together.

conditions.py tries every value that makes a difference, and so can say what is wrong. Of the ordinary that needs no
trying: `data.answer == '1'` is true for one text and false for any other. What is more than that is left to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from deployer.lint.expressions.javascript import BY_CHANCE, UNDEFINED
from deployer.lint.expressions.plain import COMPARISONS, constant_of, read_plain, value_of
from deployer.lint.expressions.tame import WHOLE, short
from deployer.tuples import NamedTuple

if TYPE_CHECKING:
    from deployer.lint.expressions.subset import Part

Gone = frozenset[tuple[str, str]]

_MOST_BESIDE = 40
"""Conditions of one step that are held beside one another."""
_DENIED = {"!=": "==", "!==": "===", ">=": "<", "<=": ">"}
_NOTHING: Gone = frozenset()


class Question(NamedTuple):
    """A condition that comes out true for some data and false for other; or one that is plainly `true`."""

    terms: frozenset[str]
    """What it asks about, as conditions.py names it: `data.answer`, or a call as written. None for `true`."""
    chains: tuple[tuple[str, ...], ...]
    """Those that are chains: root and names."""
    sign: str = ""
    """How the only term is compared: `==`, `===`, `<`, `>`, or `between` two; empty for its own truth."""
    denied: bool = False
    """Whether the opposite is asked."""
    values: frozenset[tuple[str, object]] = frozenset()
    """What it is compared with, each behind its kind."""
    gone: tuple[Gone, Gone] = (_NOTHING, _NOTHING)
    """The values, by root and first name, that may be taken as missing when it came out false, and when true."""
    all_of: tuple[Question, ...] = ()
    """For several things between `&&`: each of them."""


_ALWAYS = Question(frozenset(), ())


@lru_cache(maxsize=32768)
def question(text: str) -> Question | None:
    """What a condition asks; None where that takes a closer look."""
    found = WHOLE.fullmatch(text)
    source = short(found[1]) if found is not None else None
    if source is None:
        return None
    plain = read_plain(source)
    if plain is None:
        from deployer.lint.expressions.subset import read_subset  # most files do without

        script = read_subset(source)
        return _read(script.top) if script is not None else None
    chain = () if plain.method else (plain.root, *plain.path)
    term = " ".join(plain.term.split())
    if not plain.sign:
        return _truth(term, chain)
    return _compared(term, chain, plain.sign, constant_of(plain)) if plain.sign in COMPARISONS else None


def _read(part: Part) -> Question | None:
    """What a part of a condition asks."""
    if part.kind == "brackets":
        return _read(part.parts[0])
    if part.kind == "not":
        asked = _read(part.parts[0])
        # `!(x < 5)` and `x >= 5` differ for what is no number.
        return _opposite_of(asked) if asked is not None and asked.terms and asked.sign not in ("<", ">") else None
    if part.kind == "operators":
        return _joined(part)
    if part.kind == "literal" and part.text == "true":
        return _ALWAYS
    if part.kind == "call":
        from deployer.lint.expressions.literals import RETURNS

        if part.word == "Boolean" or RETURNS.get(part.word) != "boolean":
            return None
    return _truth(*term) if (term := _term(part)) is not None else None


def _term(part: Part) -> tuple[str, tuple[str, ...]] | None:
    """The name of a term and its chain, which is empty for a call; None where conditions.py may name it otherwise."""
    if part.kind == "chain" and part.whole and part.word in ("data", "step"):
        chain = (part.word, *part.path)
        return ".".join(chain), chain
    if part.kind == "call" or (part.kind == "chain" and part.word not in ("data", "step")):
        return part.text, ()
    # `data['a']` and `data?.a` are the chain `data.a`; what a method gives is as it is written.
    return (part.text, ()) if part.kind == "chain" and "(" in part.text and "[" not in part.text else None


def _truth(term: str, chain: tuple[str, ...]) -> Question | None:
    return _asked(term, chain, "", None, _first(chain), _NOTHING)


def _compared(term: str, chain: tuple[str, ...], sign: str, value: object) -> Question | None:
    """A term beside a literal."""
    asked = _DENIED.get(sign, sign)
    kind = "nothing" if value is None or value is UNDEFINED else type(value).__name__
    missing = _NOTHING
    if asked in ("==", "==="):
        if kind == "nothing" and asked == "===":
            return None  # `null` and `undefined` are not the same then
        # What counts as false after a wait is taken as an answer that did not come.
        if kind in ("nothing", "bool") or value == 0:
            missing = _first(chain)
        found = _asked(term, chain, asked, (kind, None if kind == "nothing" else value), _NOTHING, missing)
    else:
        if not isinstance(value, float):
            return None
        missing = _first(chain) if value <= 1 else _NOTHING
        found = _asked(term, chain, asked, (kind, value), missing, missing)
    return found if found is None or sign not in _DENIED else _opposite_of(found)


def _asked(
    term: str, chain: tuple[str, ...], sign: str, value: tuple[str, object] | None, if_false: Gone, if_true: Gone
) -> Question | None:
    if BY_CHANCE.search(term):
        return None  # another term each time
    values = frozenset([value]) if value is not None else frozenset()
    return Question(frozenset([term]), (chain,) if chain else (), sign, False, values, (if_false, if_true))


def _first(chain: tuple[str, ...]) -> Gone:
    """The value that is asked for itself: what is read within it was there, or the condition would have failed."""
    return frozenset([(chain[0], chain[1])]) if len(chain) == 2 else _NOTHING


def _opposite_of(asked: Question) -> Question:
    return asked._replace(denied=not asked.denied, gone=asked.gone[::-1], all_of=())


# Comparisons and what joins them


def _joined(part: Part) -> Question | None:
    """`a == b`, or several such things between `&&` alone or `||` alone."""
    joints = {sign for sign in part.signs if sign in ("&&", "||")}
    if len(joints) > 1:
        return None
    asked = [_comparison(*each) for each in _split(part, joints)]
    known = [each for each in asked if each is not None and each.terms]
    if len(known) < len(asked):
        return None
    return (
        known[0] if len(known) == 1 else _one_of(known, *joints) or _range(known, *joints) or _several(known, *joints)
    )


def _split(part: Part, joints: set[str]) -> Iterator[tuple[Sequence[Part], Sequence[str]]]:
    """The operands of the joints, each as values and the operators between them."""
    start = 0
    for number, sign in enumerate((*part.signs, None)):
        if sign is None or sign in joints:
            yield part.parts[start : number + 1], part.signs[start:number]
            start = number + 1


def _comparison(parts: Sequence[Part], signs: Sequence[str]) -> Question | None:
    if not signs:
        return _read(parts[0])
    if len(signs) > 1 or signs[0] not in COMPARISONS:
        return None
    sign, (left, right) = signs[0], parts
    if left.kind == "literal" and sign[0] in "=!":
        left, right = right, left
    term, other = _term(left), _term(right)
    if term is not None and right.kind == "literal":
        return _compared(*term, sign, value_of(right.text))
    if term is None or other is None or term == other:
        return None
    found = _asked(f"{left.text} {sign.replace('!', '=')} {right.text}", (), "", None, _NOTHING, _NOTHING)
    return _opposite_of(found) if found is not None and sign[0] == "!" else found


def _one_of(asked: Sequence[Question], joint: str) -> Question | None:
    """One term that is one of several texts or numbers, or none of them."""
    first = asked[0]
    alike = all(
        each.terms == first.terms and each.sign == first.sign and each.denied is (joint == "&&")
        and each.gone == (_NOTHING, _NOTHING)
        for each in asked
    )  # fmt: skip
    if not alike or first.sign not in ("==", "==="):
        return None
    return first._replace(values=frozenset().union(*[each.values for each in asked]))


def _range(asked: Sequence[Question], joint: str) -> Question | None:
    """One term between two numbers."""
    if joint != "&&" or len(asked) != 2 or asked[0].terms != asked[1].terms:
        return None
    bounds: dict[bool, float] = {}
    for each in asked:
        for _, value in each.values:
            if each.sign in ("<", ">") and isinstance(value, float):
                bounds[(each.sign == "<") is not each.denied] = value
    if len(bounds) < 2 or not bounds[False] < bounds[True]:
        return None
    gone = asked[0].gone[True] | asked[1].gone[True]
    return asked[0]._replace(sign="between", denied=False, values=asked[0].values | asked[1].values, gone=(gone, gone))


def _several(asked: Sequence[Question], joint: str) -> Question | None:
    """Several terms that have nothing to do with one another, so that each can be so or otherwise."""
    terms = frozenset().union(*[each.terms for each in asked])
    chains = tuple(chain for each in asked for chain in each.chains)
    if len(terms) < sum(len(each.terms) for each in asked):
        return None
    if any(one != other and one == other[: len(one)] for one in chains for other in chains):
        return None
    gone = frozenset().union(*[missing for each in asked for missing in each.gone])
    return Question(terms, chains, gone=(gone, gone), all_of=tuple(asked) if joint == "&&" else ())


# Conditions beside one another


def apart(questions: Sequence[Question]) -> bool:
    """Whether certainly no two conditions of a step that ask for the same are true together."""
    if len(questions) > _MOST_BESIDE:
        return False
    asking = [each for each in questions if each.terms]
    if len(asking) == len(questions) - 1:
        return False  # `true` by itself decides nothing; several start paths side by side
    return all(
        not (one.terms <= other.terms or other.terms <= one.terms) or _exclude(one, other)
        for place, one in enumerate(asking)
        for other in asking[:place]
    )


def _exclude(one: Question, other: Question) -> bool:
    if one.all_of or other.all_of:
        return any(_exclude(mine, yours) for mine in one.all_of or (one,) for yours in other.all_of or (other,))
    if one.terms != other.terms or len(one.terms) > 1:
        return False
    if _opposite(one, other):
        return True
    if one.denied or other.denied or one.sign not in ("==", "===") or other.sign not in ("==", "==="):
        return False
    kinds = {kind for kind, _ in one.values | other.values}
    # '1' == 1 and '1' == true: only values of one kind differ for sure.
    return one.values.isdisjoint(other.values) and len(kinds - {"nothing"}) < 2


def cover(questions: Sequence[Question]) -> bool:
    """Whether certainly at least one of them is true, whatever the data."""
    if not any(each.terms for each in questions):
        return True
    return len(questions) == 2 and len(questions[0].terms) == 1 and _opposite(*questions)


def _opposite(one: Question, other: Question) -> bool:
    same = one.terms == other.terms and one.sign == other.sign and one.values == other.values
    return same and one.denied is not other.denied
