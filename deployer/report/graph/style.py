"""Colours of the SVG, for a light page and a dark one.

Every text keeps a contrast of at least 4.5 to 1 to its ground, and nothing is told by colour alone:
kinds of steps have outlines, kinds of ways have dashes and words, changes have signs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

Palette = Mapping[str, str]

LIGHT: Palette = {
    "ground": "#ffffff", "card": "#ffffff", "ink": "#1f2328", "soft": "#57606a", "line": "#6e7781",
    "frame": "#f6f8fa", "rim": "#afb8c1", "start": "#24292f", "start-ink": "#ffffff",
    "message": "#0550ae", "message-card": "#eff6ff", "call": "#6639ba", "call-card": "#f7f2ff",
    "request": "#0b6b5d", "request-card": "#eefaf7", "wait": "#7d4e00", "wait-card": "#fff8e6",
    "choice": "#404a56", "choice-card": "#f3f5f8", "person": "#99286e", "person-card": "#fff0f8",
    "other": "#57606a", "other-card": "#f6f8fa", "timeout": "#9a6700", "loop": "#8250df",
    "fault": "#b3202a", "fault-card": "#fff1f0", "added": "#116b2b", "changed": "#8a5a00", "removed": "#b3202a",
    "added-card": "#e6f8ea", "changed-card": "#fff6d9", "removed-card": "#ffebe9", "badge-ink": "#ffffff",
}  # fmt: skip

DARK: Palette = {
    "ground": "#0d1117", "card": "#161b22", "ink": "#e6edf3", "soft": "#9ea7b3", "line": "#8b949e",
    "frame": "#12171e", "rim": "#444c56", "start": "#e6edf3", "start-ink": "#0d1117",
    "message": "#79b8ff", "message-card": "#0f2136", "call": "#c9a8ff", "call-card": "#211a36",
    "request": "#5fd3bc", "request-card": "#0d2724", "wait": "#e3b341", "wait-card": "#2a2110",
    "choice": "#b6c2cf", "choice-card": "#1b2129", "person": "#ff9bce", "person-card": "#331526",
    "other": "#9ea7b3", "other-card": "#161b22", "timeout": "#e3b341", "loop": "#c297ff",
    "fault": "#ff8a82", "fault-card": "#33140f", "added": "#56d364", "changed": "#e3b341", "removed": "#ff8a82",
    "added-card": "#10291a", "changed-card": "#2e2410", "removed-card": "#33140f", "badge-ink": "#0d1117",
}  # fmt: skip

SHAPES = ("message", "call", "request", "wait", "choice", "person", "other")
MARKS = {"added": "added", "changed": "changed", "removed": "removed", "reached": "added", "unreached": "removed"}
"""Each mark, and the colours it takes."""

_FIXED = """
text{font-family:Helvetica,Arial,"Liberation Sans","Noto Sans",sans-serif;text-anchor:middle}
.headline{font-size:17px;font-weight:700;text-anchor:start}
.key{font-size:11px;text-anchor:start}
.type{font-size:10.5px}
.id{font-size:13.5px;font-weight:700}
.text,.old,.new,.fault{font-size:12px}
.label,.note{font-size:10.5px}
.sign{font-size:14px;font-weight:700}
.card{stroke-width:1.4}
.small .card{stroke-width:1.2}
.inset{fill:none;stroke-width:1}
.frame{stroke-width:1.2;stroke-dasharray:2 4}
.line{fill:none;stroke-width:1.5}
.default .line{stroke-dasharray:7 4}
.timeout .line{stroke-dasharray:2 4;stroke-width:1.9;stroke-linecap:round}
.loop .line{stroke-width:2.1}
.missing .card,.faulty .card{stroke-dasharray:4 3;stroke-width:2}
.is-added .card,.is-changed .card{stroke-width:2.6}
.is-removed .card{stroke-width:2.2;stroke-dasharray:6 4}
.is-added .line,.is-changed .line,.is-removed .line{stroke-width:2.4}
.is-removed .line{stroke-dasharray:6 4}
.is-unreached .card,.is-unreached .line{stroke-dasharray:3 4}
.reference .card{stroke-width:.8;stroke-dasharray:3 2}
.tag{stroke-width:.8}
"""


def _rules(colours: Palette) -> Iterator[str]:
    ink, soft, ground, rim = colours["ink"], colours["soft"], colours["ground"], colours["rim"]
    yield f".ground{{fill:{ground}}}text{{fill:{ink}}}.type,.note,.key{{fill:{soft}}}"
    yield f".frame{{fill:{colours['frame']};stroke:{rim}}}.card{{fill:{colours['card']};stroke:{rim}}}"
    yield f".line{{stroke:{colours['line']}}}.head{{fill:{colours['line']}}}"
    yield f".tag{{fill:{ground};stroke:{rim}}}.label{{fill:{ink}}}"
    yield f".reference .card{{fill:{ground};stroke:{colours['line']}}}"
    yield f".start .card{{fill:{colours['start']};stroke:{colours['start']}}}.start text{{fill:{colours['start-ink']}}}"
    for shape in SHAPES:
        main = colours[shape]
        yield f".{shape} .card{{fill:{colours[f'{shape}-card']};stroke:{main}}}"
        yield f".{shape} .inset{{stroke:{main}}}.{shape} .type{{fill:{main}}}"
    for kind in ("timeout", "loop"):
        yield _way(kind, colours[kind])
    fault = colours["fault"]
    yield f".missing .card,.faulty .card{{fill:{colours['fault-card']};stroke:{fault}}}.fault{{fill:{fault}}}"
    for mark, like in MARKS.items():
        name, main = f"is-{mark}", colours[like]
        yield _way(name, main) + f".{name} .badge{{fill:{main}}}.frame.{name}{{stroke:{main}}}"
        yield f".{name} .card{{fill:{colours[f'{like}-card']};stroke:{main}}}.{name}.start text{{fill:{ink}}}"
    yield f".sign{{fill:{colours['badge-ink']}}}.old{{fill:{colours['removed']}}}.new{{fill:{colours['added']}}}"


def _way(name: str, main: str) -> str:
    return f".{name} .line,.{name} .tag{{stroke:{main}}}.{name} .head,.{name} .label{{fill:{main}}}"


def _within(rules: str) -> str:
    """The same for this picture only: a page may hold several, and texts of its own."""
    return re.sub(
        r"[^{}]+(?=\{)", lambda match: ",".join(f".deployer-graph {one}" for one in match[0].split(",")), rules
    )


def _sheet(colours: Palette) -> str:
    return "\n".join(_within(rule) for rule in _rules(colours))


STYLE = "\n".join(
    (
        *(_within(rule) for rule in _FIXED.strip().splitlines()),
        _sheet(LIGHT),
        f"@media (prefers-color-scheme:dark){{\n{_sheet(DARK)}\n}}",
    )
)
"""The whole style sheet: no `<` and no `&`, so it stands in SVG as it is."""
