"""Text as a person sees it, with every character's place in what the platform sent.

Markup of chat platforms, HTML, invisible and bidirectional characters are taken out; what stays keeps an offset into
the original, so that a finding points at the words the author wrote.
"""

import html
import re
import unicodedata
from dataclasses import dataclass, field

MAX_CHARACTERS = 40_000  # longer texts are read up to here; Slack itself cuts at this length

_MARKUP = re.compile(
    r"""(?P<at><at\b[^<>]*>(?P<at_name>[^<>]{0,200})</at>)        # Teams mention
      | (?P<user><[@!](?:subteam\^)?[A-Za-z0-9^]+(?:\|(?P<user_name>[^<>|]{0,200}))?>)  # Slack mention
      | (?P<channel><\#[A-Z0-9]+(?:\|(?P<channel_name>[^<>|]{0,200}))?>)  # Slack channel
      | (?P<link><(?P<url>(?:https?|mailto|tel):[^<>|\s]{1,2000})(?:\|(?P<label>[^<>]{0,2000}))?>)  # Slack link
      | (?P<tag></?[A-Za-z][A-Za-z0-9]{0,15}(?:\s[^<>]{0,2000})?/?>)  # HTML
      | (?P<entity>&(?:[A-Za-z]{2,8}|\#[0-9]{1,6}|\#x[0-9A-Fa-f]{1,6});)
    """,
    re.VERBOSE,
)
_BREAKING_TAGS = re.compile(r"</?(?:p|div|br|li|ul|ol|tr|h[1-6]|blockquote)\b", re.IGNORECASE)
_KEEP_CONTROL = "\n\t"


@dataclass(frozen=True, slots=True)
class Plain:
    """Readable text; `offsets[i]` is where its character i stands in the original."""

    text: str = field(repr=False)
    offsets: tuple[int, ...] = field(repr=False)
    length: int  # of the original

    def original(self, start: int, end: int) -> tuple[int, int]:
        """A span of the readable text as a span of the original."""
        if start >= end or not self.offsets:
            return 0, 0
        last = self.offsets[min(end, len(self.offsets)) - 1]
        return self.offsets[min(start, len(self.offsets) - 1)], min(last + 1, self.length)


def plain(text: str) -> Plain:
    """What a reader sees of `text`, which may be plain, Slack mrkdwn or Teams HTML."""
    out: list[str] = []
    offsets: list[int] = []
    source = text[:MAX_CHARACTERS]

    def add(characters: str, start: int) -> None:
        """Characters that stand one by one in the original from `start` on."""
        for index, character in enumerate(characters):
            category = unicodedata.category(character)
            if category in {"Cf", "Cs", "Co", "Cn"} or (category == "Cc" and character not in _KEEP_CONTROL):
                continue
            for folded in unicodedata.normalize("NFKC", character):
                out.append(folded)
                offsets.append(start + index)

    def replace(characters: str, at: int) -> None:
        """Characters that stand for one piece of markup at `at`."""
        for folded in characters:
            out.append(folded)
            offsets.append(at)

    position = 0
    for match in _MARKUP.finditer(source):
        add(source[position : match.start()], position)
        position = match.end()
        kind = match.lastgroup
        if match["at"] is not None:
            replace("@", match.start())
            add(match["at_name"], match.start("at_name"))
        elif match["user"] is not None:
            replace("@", match.start())
            if match["user_name"]:
                add(match["user_name"], match.start("user_name"))
            else:
                replace("someone", match.start())
        elif match["channel"] is not None:
            replace("#", match.start())
            add(match["channel_name"] or "", match.start("channel_name"))
        elif match["link"] is not None:
            shown = "label" if match["label"] else "url"
            add(match[shown].removeprefix("mailto:").removeprefix("tel:"), match.end(shown) - len(_bare(match[shown])))
        elif match["tag"] is not None:
            if _BREAKING_TAGS.match(match["tag"]):
                replace("\n", match.start())
        elif match["entity"] is not None:
            replace(html.unescape(match["entity"]).replace("\xa0", " "), match.start())
        else:  # pragma: no cover
            raise AssertionError(kind)
    add(source[position:], position)
    return Plain("".join(out), tuple(offsets), len(text))


def _bare(shown: str) -> str:
    return shown.removeprefix("mailto:").removeprefix("tel:")


def readable(text: str) -> bool:
    """Whether there is anything in it that could be read as words."""
    return sum(character.isalpha() for character in text) >= 2
