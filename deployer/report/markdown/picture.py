"""What changes in a workflow as a picture that GitHub draws."""

from __future__ import annotations

from deployer.operations.plan import Action, Change
from deployer.report.graph import mermaid
from deployer.report.graph.difference import compare
from deployer.report.graph.reading import graph_of
from deployer.report.markdown import ways
from deployer.report.markdown.document import Block, block, details
from deployer.report.markdown.escape import code, fence


def picture(change: Change) -> Block:
    """The workflow's flowchart, or how to draw it where it is too big for GitHub."""
    if change.action is Action.CREATE:
        graph, title = graph_of(change.template or {}), "Picture"
    else:
        graph, title = compare(change.before, change.template), "Picture: + is new, ~ changes, − goes"
    drawn = mermaid.render(graph)
    if mermaid.too_large(graph, drawn):
        command = f"deployer graph {change.key} --diff --format svg --out picture.svg"
        told = f"The picture is too big for GitHub; {code(command)} draws it."
        return block([told, "", *details("Which steps lead where", ways.render(graph))], [told], [])
    return block(details(title, fence([drawn.rstrip("\n")], "mermaid")), [])
