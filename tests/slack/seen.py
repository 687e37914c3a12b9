"""Block Kit as plain HTML, to look at what the bot says without a workspace; in the manner of a chat, with nothing of Slack's."""

from collections.abc import Callable, Mapping
from html import escape

from tests.slack.state import Json

SURE = 32  # characters of a button that are shown; Slack says that it may cut some 30
STYLE = """
body { margin: 0; padding: 16px; font: 15px/1.47 system-ui, 'DejaVu Sans', sans-serif; color: #1d1c1d; background: #fff; }
.message { max-width: 600px; } .by { font-weight: 700; } .only { color: #616061; font-size: 12px; }
.home { max-width: 640px; } .modal { max-width: 520px; border: 1px solid #bbb; border-radius: 8px; }
.modal > header, .modal > footer { display: flex; justify-content: space-between; padding: 12px 20px; }
.modal > header { font-size: 20px; font-weight: 700; } .modal > footer { justify-content: flex-end; gap: 8px; }
.modal > main { padding: 0 20px; }
.block { margin: 8px 0; white-space: pre-wrap; overflow-wrap: break-word; }
h2.block { font-size: 18px; line-height: 1.3; margin: 12px 0 4px; }
.context { font-size: 12px; color: #616061; } .fault { color: #b00020; }
hr { border: 0; border-top: 1px solid #ddd; margin: 12px 0; }
.actions { display: flex; flex-wrap: wrap; gap: 8px; }
.button { border: 1px solid #bbb; border-radius: 4px; padding: 4px 12px; font-weight: 700; font-size: 14px; max-width: 270px;
  white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.primary { background: #007a5a; color: #fff; } .danger { border-color: #b00020; color: #b00020; }
label { display: block; font-weight: 700; } .optional { color: #616061; font-weight: 400; }
.field { border: 1px solid #999; border-radius: 4px; padding: 6px 12px; min-height: 22px; white-space: pre-wrap; }
.area { min-height: 66px; } .hint { font-size: 12px; color: #616061; }
"""


def _words(node: Json) -> str:
    assert node["type"] == "plain_text", "the bot sends plain text alone"
    return escape(node["text"])


def _button(element: Json) -> str:
    return f'<span class="button {element.get("style", "")}">{_words(element["text"])}</span>'


def _chosen(element: Json) -> str:
    option = element.get("initial_option")
    return f'<div class="field">{_words(option["text"]) if option else "Select an item"} ▾</div>'


def _several(element: Json) -> str:
    given = element.get("initial_conversations") or element.get("initial_users") or []
    return f'<div class="field">{escape(", ".join(given))} ▾</div>'


def _typed(element: Json) -> str:
    area = "area" if element["multiline"] else ""
    return f'<div class="field {area}">{escape(element.get("initial_value", ""))}</div>'


def _picked(element: Json) -> str:
    return f'<div class="field">{escape(element.get("initial_date") or element.get("initial_time") or "Select one")} ▾</div>'


def _upload(element: Json) -> str:
    return f'<div class="field area">Upload a file ({escape(", ".join(element["filetypes"]))})</div>'


ELEMENTS: Mapping[str, Callable[[Json], str]] = {
    "button": _button,
    "static_select": _chosen,
    "multi_conversations_select": _several,
    "multi_users_select": _several,
    "plain_text_input": _typed,
    "datepicker": _picked,
    "timepicker": _picked,
    "file_input": _upload,
}


def _input(block: Json) -> str:
    optional = '<span class="optional"> (optional)</span>' if block.get("optional") else ""
    hint = f'<div class="hint">{_words(block["hint"])}</div>' if "hint" in block else ""
    element = block["element"]
    return f'<div class="block"><label>{_words(block["label"])}{optional}</label>{ELEMENTS[element["type"]](element)}{hint}</div>'


BLOCKS: Mapping[str, Callable[[Json], str]] = {
    "section": lambda block: f'<div class="block">{_words(block["text"])}</div>',
    "header": lambda block: f'<h2 class="block">{_words(block["text"])}</h2>',
    "context": lambda block: f'<div class="block context">{" ".join(map(_words, block["elements"]))}</div>',
    "divider": lambda _: "<hr>",
    "actions": lambda block: f'<div class="block actions">{"".join(map(_drawn, block["elements"]))}</div>',
    "input": _input,
}


def _drawn(element: Json) -> str:
    return ELEMENTS[element["type"]](element)


def blocks(given: list[Json]) -> str:
    """Blocks one under the other; a KeyError names a kind that can't be drawn."""
    return "\n".join(BLOCKS[block["type"]](block) for block in given)


def hidden_words(given: list[Json]) -> list[str]:
    """Labels that Slack may cut, and that are not said in words beside them."""
    labels = [element["text"]["text"] for block in given if block["type"] == "actions" for element in block["elements"]]
    said = " ".join(str(block) for block in given if block["type"] != "actions").casefold()
    return [label for label in labels if len(label) > SURE and label.rstrip("…").lstrip("123. ").casefold() not in said]


def message(given: list[Json], *, private: bool = True) -> str:
    """A message of the bot's."""
    only = '<div class="only">Only visible to you</div>' if private else ""
    return _page(f'<div class="message">{only}<span class="by">practicum-helper</span>{blocks(given)}</div>')


def view(given: Json) -> str:
    """A window, or the Home tab."""
    if given["type"] == "home":
        return _page(f'<div class="home">{blocks(given["blocks"])}</div>')
    ends = "".join(f'<span class="button">{_words(given[name])}</span>' for name in ("close", "submit") if name in given)
    head = f"<header><span>{_words(given['title'])}</span><span>✕</span></header>"
    return _page(f'<div class="modal">{head}<main>{blocks(given["blocks"])}</main><footer>{ends}</footer></div>')


def _page(body: str) -> str:
    return f'<!doctype html><html lang="en"><meta charset="utf-8"><style>{STYLE}</style><body>{body}</body></html>'
