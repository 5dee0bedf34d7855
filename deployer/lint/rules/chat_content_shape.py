"""Chat messages whose content does not fit their type."""

from collections.abc import Mapping

from deployer.finding import Severity
from deployer.lint.documented import CHAT_CONTENT
from deployer.lint.registry import Context, Problem, Problems, rule
from deployer.lint.wording import dynamic, listed, nearest, shorten
from deployer.source.workflow import Step, Workflow


@rule(
    "chat-content-shape",
    Severity.WARNING,
    why="""The `type` of a chat message says which field of `content` holds the message: `text` for a text, `url` for
    a picture, film, sound or file, and so on. Without that field the message is refused when the step runs, and
    the customer hears nothing. Types that are not documented are left alone.""",
    bad="""\
trigger: inbound_chat_apps
status: enabled
definition:
  name: Menu
  steps:
    - id: menu
      stepType: ChatAppsMessage
      inputs:
        subAccountId: acme_chat
        user: { msisdn: "{{data.payload.user.msisdn}}" }
        type: image
        content: { text: "https://example.com/menu.png" }
""",
    good="""\
trigger: inbound_chat_apps
status: enabled
definition:
  name: Menu
  steps:
    - id: menu
      stepType: ChatAppsMessage
      inputs:
        subAccountId: acme_chat
        user: { msisdn: "{{data.payload.user.msisdn}}" }
        type: image
        content: { url: "https://example.com/menu.png", text: Our menu }
""",
    mend="""Add the field, or write the `type` that fits what `content` holds.""",
    source="https://support.cpaas.8x8.com/hc/en-us/articles/59375122450201-Send-message",
)
def chat_content_shape(workflow: Workflow, _: Context) -> Problems:
    """The content of a chat message holds what its type asks for."""
    for step in workflow.steps:
        if step.type is None or step.type.name != "ChatAppsMessage":
            continue
        kind, content = step.inputs.get("type"), step.inputs.get("content")
        if isinstance(kind, str) and not dynamic(kind) and isinstance(content, Mapping):
            yield from _of_step(step, kind, content)


def _of_step(step: Step, kind: str, content: Mapping[str, object]) -> Problems:
    needed = CHAT_CONTENT.get(kind.lower(), ())
    missing = [name for name in needed if _empty(content.get(name))]
    if not missing:
        return
    fields = listed([f"content.{name}" for name in missing])
    message = f'a message of type "{shorten(kind)}" needs {fields}'
    here = next((name for name in missing if name in content), None)
    if here is not None:
        yield Problem(step.place("inputs", "content", here), f"{message}, which is empty")
        return
    unused = [key for key in content if key not in needed]
    near = nearest(missing[0], unused)
    if near is None:
        tail = f'; what it holds is of type "{fitting}"' if (fitting := _fitting(content)) is not None else ""
        yield Problem(step.place("inputs", "content", key=True), f"{message}{tail}")
    else:
        place = step.place("inputs", "content", near, key=True)
        yield Problem(place, f"{message}; is `{shorten(near)}` meant to be `{missing[0]}`?", missing[0])


def _fitting(content: Mapping[str, object]) -> str | None:
    """The one type whose fields are all there. An address fits several, so it tells nothing."""
    fitting = [kind for kind, names in CHAT_CONTENT.items() if all(name in content for name in names)]
    return fitting[0] if len(fitting) == 1 else None


def _empty(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())
