"""Cards in parts that a platform takes: what is too long is cut between sentences or words."""

from collections.abc import Iterator, Mapping

from core.cards import Card, Kind, Line


def fitted(line: Line, most: Mapping[Kind, int]) -> Iterator[Line]:
    """A line in parts of at most that many characters for its kind."""
    longest, text = most[line.kind], line.text.strip() or " "
    while len(text) > longest:
        ends = (text.rfind(end, longest // 2, longest) + len(end) for end in ("\n", ". ", " "))
        cut = next((end for end in ends if end > longest // 2), longest)
        yield Line(text[:cut].rstrip() or " ", line.kind)
        text = text[cut:].lstrip()
    if text:
        yield Line(text, line.kind)


def parts(card: Card, most: Mapping[Kind, int], *, whole: int, lines: int) -> list[Card]:
    """A card as one or several, each of at most `whole` characters and `lines` lines; the buttons go with the last."""
    found: list[list[Line]] = [[]]
    for line in (part for long in card.lines for part in fitted(long, most)):
        used = sum(len(known.text) for known in found[-1])
        if found[-1] and (used + len(line.text) > whole or len(found[-1]) >= lines):
            found.append([])
        found[-1].append(line)
    return [*(Card(tuple(own)) for own in found[:-1]), Card(tuple(found[-1]), card.buttons)]
