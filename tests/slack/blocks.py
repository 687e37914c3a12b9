"""Block Kit's limits: what Slack refuses as `invalid_blocks`, with its way of pointing at the place."""

from collections.abc import Iterator
from typing import Any

from tests.slack.state import Json, elements, shown

ALL_BLOCKS_TOGETHER = 10_000  # characters; not documented, measured by others between 9,600 and 11,300
COMMON = {"type", "block_id"}
ACTION = {"type", "action_id", "confirm", "focus_on_load"}
BLOCKS = {
    "section": {"text", "fields", "accessory", "expand"},
    "header": {"text", "level"},
    "divider": set(),
    "context": {"elements"},
    "actions": {"elements"},
    "input": {"label", "element", "hint", "optional", "dispatch_action"},
    "image": {"image_url", "alt_text", "title", "slack_file"},
    "rich_text": {"elements"},
    "markdown": {"text"},
}
CHOICE = {"options", "option_groups", "initial_option", "placeholder"}
PICKS = {"placeholder", "initial_user", "initial_users", "initial_channel", "initial_channels", "initial_conversation"}
PICKS |= {"initial_conversations", "default_to_current_conversation", "max_selected_items", "filter", "response_url_enabled"}
TYPED = {"placeholder", "initial_value", "dispatch_action_config", "min_length", "max_length"}
ELEMENTS: dict[str, set[str]] = {
    "button": {"text", "url", "value", "style", "accessibility_label"},
    "overflow": {"options"},
    "static_select": CHOICE,
    "multi_static_select": {*CHOICE, "initial_options", "max_selected_items"} - {"initial_option"},
    "radio_buttons": {"options", "initial_option"},
    "checkboxes": {"options", "initial_options"},
    "plain_text_input": {*TYPED, "multiline"},
    "number_input": {*TYPED, "is_decimal_allowed", "min_value", "max_value"} - {"min_length", "max_length"},
    "email_text_input": TYPED - {"min_length", "max_length"},
    "url_text_input": TYPED - {"min_length", "max_length"},
    "datepicker": {"placeholder", "initial_date"},
    "file_input": {"filetypes", "max_files"},
    "timepicker": {"placeholder", "initial_time", "timezone"},
    **{f"{many}{what}_select": PICKS for many in ("", "multi_") for what in ("users", "conversations", "channels")},
}
ONLY_IN_INPUT = {"file_input", "plain_text_input", "number_input", "email_text_input", "url_text_input"}
NOT_IN_INPUT = {"button", "overflow"}
MOST_OPTIONS = {"overflow": 5, "radio_buttons": 10, "checkboxes": 10}
NEVER_IN_ACTIONS = {*ONLY_IN_INPUT}


class Checker:
    """Collects what is wrong, each as `[ERROR] … [json-pointer:…]`."""

    def __init__(self) -> None:
        self.errors: list[str] = []
        self._block_ids: set[str] = set()

    def wrong(self, at: str, why: str) -> None:
        self.errors.append(f"[ERROR] {why} [json-pointer:{at}]")

    def string(self, value: object, at: str, most: int, *, least: int = 1) -> None:
        if not isinstance(value, str):
            self.wrong(at, "must be a string")
        elif len(value) > most:
            self.wrong(at, f"must be less than {most + 1} characters")
        elif len(value) < least:
            self.wrong(at, f"must be more than {least - 1} characters")

    def keys(self, node: Json, at: str, allowed: set[str], required: tuple[str, ...] = ()) -> None:
        for key in sorted(set(node) - allowed):
            self.wrong(at, f"invalid additional property: {key}")
        for key in required:
            if key not in node:
                self.wrong(at, f"missing required field: {key}")

    def text(self, node: object, at: str, most: int, *, plain: bool = False) -> None:
        if not isinstance(node, dict) or node.get("type") not in ("plain_text", "mrkdwn"):
            self.wrong(at, "must be a text object")
            return
        if plain and node["type"] != "plain_text":
            self.wrong(at, "must be of type plain_text")
        self.keys(node, at, {"type", "text", "emoji" if node["type"] == "plain_text" else "verbatim"}, ("text",))
        self.string(node.get("text"), f"{at}/text", most)

    def ids(self, node: Json, at: str, name: str) -> None:
        if name in node:
            self.string(node[name], f"{at}/{name}", 255)

    def blocks(self, blocks: object, at: str, most: int) -> None:
        if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
            self.wrong(at, "must be an array of blocks")
            return
        if len(blocks) > most:
            self.wrong(at, f"no more than {most} items allowed")
        for n, block in enumerate(blocks):
            self.block(block, f"{at}/{n}")

    def block(self, block: Json, at: str) -> None:
        kind = block.get("type")
        if kind not in BLOCKS:
            self.wrong(at, f"unsupported type: {kind}")
            return
        self.keys(block, at, BLOCKS[kind] | COMMON)
        self.ids(block, at, "block_id")
        if (block_id := block.get("block_id")) is not None:
            if block_id in self._block_ids:
                self.wrong(at, f"block_id already exists: {block_id}")
            self._block_ids.add(block_id)
        if check := getattr(self, f"_{kind}", None):
            check(block, at)
        actions = [e.get("action_id") for e in block.get("elements", []) if isinstance(e, dict) and "action_id" in e]
        if len(set(actions)) < len(actions):
            self.wrong(at, "action_id must be unique within a block")

    def _section(self, block: Json, at: str) -> None:
        if not block.get("text") and not block.get("fields"):
            self.wrong(at, "missing required field: text or fields")
        if "text" in block:
            self.text(block["text"], f"{at}/text", 3000)
        if len(block.get("fields", [])) > 10:
            self.wrong(f"{at}/fields", "no more than 10 items allowed")
        for n, item in enumerate(block.get("fields", [])):
            self.text(item, f"{at}/fields/{n}", 2000)
        if "accessory" in block:
            self.element(block["accessory"], f"{at}/accessory", refused=ONLY_IN_INPUT)

    def _header(self, block: Json, at: str) -> None:
        self.text(block.get("text"), f"{at}/text", 150, plain=True)

    def _markdown(self, block: Json, at: str) -> None:
        self.string(block.get("text"), f"{at}/text", 12_000)

    def _image(self, block: Json, at: str) -> None:
        self.keys(block, at, {*BLOCKS["image"], *COMMON}, ("alt_text",))
        self.string(block.get("alt_text"), f"{at}/alt_text", 2000)
        if "title" in block:
            self.text(block["title"], f"{at}/title", 2000, plain=True)

    def _context(self, block: Json, at: str) -> None:
        parts = block.get("elements", [])
        if not 1 <= len(parts) <= 10:
            self.wrong(f"{at}/elements", "must have between 1 and 10 items")
        for n, part in enumerate(parts):
            if part.get("type") == "image":
                self.string(part.get("alt_text"), f"{at}/elements/{n}/alt_text", 2000)
            else:
                self.text(part, f"{at}/elements/{n}", 3000)

    def _actions(self, block: Json, at: str) -> None:
        parts = block.get("elements", [])
        if not 1 <= len(parts) <= 25:
            self.wrong(f"{at}/elements", "must have between 1 and 25 items")
        for n, part in enumerate(parts):
            self.element(part, f"{at}/elements/{n}", refused=NEVER_IN_ACTIONS)

    def _input(self, block: Json, at: str) -> None:
        self.text(block.get("label"), f"{at}/label", 2000, plain=True)
        if "hint" in block:
            self.text(block["hint"], f"{at}/hint", 2000, plain=True)
        self.element(block.get("element"), f"{at}/element", refused=NOT_IN_INPUT)

    def element(self, element: object, at: str, refused: set[str]) -> None:
        if not isinstance(element, dict) or element.get("type") not in {*ELEMENTS, "image"} - refused:
            self.wrong(at, f"unsupported type: {element.get('type') if isinstance(element, dict) else element}")
            return
        kind = element["type"]
        if kind == "image":
            self.string(element.get("alt_text"), f"{at}/alt_text", 2000)
            return
        self.keys(element, at, ELEMENTS[kind] | ACTION)
        self.ids(element, at, "action_id")
        if "confirm" in element:
            self._confirm(element["confirm"], f"{at}/confirm")
        if "placeholder" in element:
            self.text(element["placeholder"], f"{at}/placeholder", 150, plain=True)
        if kind == "button":
            self._button(element, at)
        if kind in MOST_OPTIONS or "static_select" in kind:
            self._options(element, at)
        if kind == "file_input":
            if not 1 <= element.get("max_files", 10) <= 10:
                self.wrong(f"{at}/max_files", "must be between 1 and 10")
            if not all(isinstance(name, str) for name in element.get("filetypes", [])):
                self.wrong(f"{at}/filetypes", "must be an array of file extensions")
        if kind == "plain_text_input" and not 1 <= element.get("max_length", 1) <= 3000:
            self.wrong(f"{at}/max_length", "must be between 1 and 3000")

    def _button(self, element: Json, at: str) -> None:
        self.text(element.get("text"), f"{at}/text", 75, plain=True)
        for name, most in (("value", 2000), ("url", 3000), ("accessibility_label", 75)):
            if name in element:
                self.string(element[name], f"{at}/{name}", most)
        if element.get("style", "primary") not in ("primary", "danger"):
            self.wrong(f"{at}/style", "must be one of: primary, danger")

    def _confirm(self, node: Json, at: str) -> None:
        self.keys(node, at, {"title", "text", "confirm", "deny", "style"}, ("title", "text", "confirm", "deny"))
        for name, most in (("title", 100), ("text", 300), ("confirm", 30), ("deny", 30)):
            self.text(node.get(name), f"{at}/{name}", most, plain=name != "text")

    def _options(self, element: Json, at: str) -> None:
        groups = element.get("option_groups") or [{"options": element.get("options", [])}]
        every: list[Json] = []
        for n, group in enumerate(groups):
            inside = f"{at}/option_groups/{n}" if "label" in group else at
            options = group.get("options", [])
            every += options
            if not 1 <= len(options) <= MOST_OPTIONS.get(element["type"], 100):
                self.wrong(f"{inside}/options", f"must have between 1 and {MOST_OPTIONS.get(element['type'], 100)} items")
            if "label" in group:
                self.text(group["label"], f"{inside}/label", 75, plain=True)
            for k, option in enumerate(options):
                self._option(option, f"{inside}/options/{k}")
        chosen = [*element.get("initial_options", []), *([element["initial_option"]] if "initial_option" in element else [])]
        if any(option not in every for option in chosen):
            self.wrong(at, "an initial option must be one of the options")

    def _option(self, option: Json, at: str) -> None:
        self.keys(option, at, {"text", "value", "description", "url"}, ("text", "value"))
        self.text(option.get("text"), f"{at}/text", 75)
        self.string(option.get("value"), f"{at}/value", 150)
        if "description" in option:
            self.text(option["description"], f"{at}/description", 75)

    def view(self, view: Json) -> None:
        """A modal's or a Home view's own fields, then its blocks."""
        kind = view.get("type")
        shared = {"type", "blocks", "private_metadata", "callback_id", "external_id"}
        if kind not in ("modal", "home"):
            self.wrong("/view/type", "must be one of: modal, home")
            return
        modal = {"title", "submit", "close", "clear_on_close", "notify_on_close", "submit_disabled"}
        self.keys(view, "/view", shared | (modal if kind == "modal" else set()), ("blocks",))
        for name in ("title", "submit", "close"):
            if name in view or (name == "title" and kind == "modal"):
                self.text(view.get(name), f"/view/{name}", 24, plain=True)
        for name, most in (("private_metadata", 3000), ("callback_id", 255), ("external_id", 255)):
            if name in view:
                self.string(view[name], f"/view/{name}", most, least=0)
        self.blocks(view.get("blocks"), "/view/blocks", 100)
        if kind == "modal" and "submit" not in view and any(b.get("type") == "input" for b in view.get("blocks") or []):
            self.wrong("/view/submit", "missing required field: submit")


def takes_files(view: Json) -> bool:
    """Whether a view has a field for a file, which needs a scope of its own."""
    return any(block.get("element", {}).get("type") == "file_input" for block in view.get("blocks", []))


def message_errors(blocks: Any) -> list[str]:
    """What Slack would refuse about a message's blocks; empty where it takes them."""
    checker = Checker()
    try:
        checker.blocks(blocks, "/blocks", 50)
        if takes_files({"blocks": blocks}):
            checker.wrong("/blocks", "unsupported type: file_input")
    except (AttributeError, KeyError, TypeError) as bad:  # lists where objects belong, and the like
        checker.wrong("/blocks", f"malformed: {bad}")
    return checker.errors


def too_long(blocks: list[Json]) -> bool:
    """Whether all blocks' texts together are more than Slack takes."""
    return sum(map(len, shown(blocks))) > ALL_BLOCKS_TOGETHER


def view_errors(view: Any) -> list[str]:
    """What Slack would refuse about a view; empty where it takes it."""
    checker = Checker()
    try:
        checker.view(view)
    except (AttributeError, KeyError, TypeError) as bad:
        checker.wrong("/view", f"malformed: {bad}")
    return checker.errors


def actionable(blocks: list[Json]) -> Iterator[tuple[Json, Json]]:
    """Each element that somebody can act on, with its block."""
    for block in blocks:
        for element in elements(block):
            yield block, element
