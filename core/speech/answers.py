"""An answer as a card: its words, and what an asker can do with it."""

from collections.abc import Sequence

from core.answer import Answer
from core.cards import Button, Card, Field, Form, Input, Kind, Line, Style, card
from core.cohort import Cohort
from core.kb.schema import KnowledgeBase
from core.ports import Reply
from core.speech.values import pack
from core.vocabulary import Outcome

LABEL = 75  # characters of a button
BRIEF = 30  # of these are shown on every screen; what says more stands in words too
FORM = 3_000  # characters of a field
ABOUT = 300  # characters that go along with an answer that is shared
BECAUSE = {  # why an answer was not helpful
    "wrong": "The answer is wrong",
    "other": "I asked something else",
    "unclear": "I don't understand it",
    "missing": "It leaves out what I need",
}
_SMALL = ("Sources: ", "Where sources differ: ")
_NEXT = "You could ask next: "
_SHARE_LINES = (
    Line("Everybody in the channel will see the answer, its sources, and your name. They won't see your question."),
    Line("You can say what it is about, in general words and without any person in it.", Kind.SMALL),
)


CARELESS = (
    "Only you and I can read your question. It holds details that the answer doesn't need; asked in general terms, it gets the "
    "same answer."
)


def reply_card(base: KnowledgeBase, reply: Reply, *, shared: bool) -> Card:
    """An answer to a question; it can be shared where others are."""
    shown = answer_card(base, reply.answer, reply.to.channel, reply.to.thread or "", shared=shared)
    return Card((*shown.lines, Line(CARELESS, Kind.SMALL)), shown.buttons) if reply.careless else shown


def answer_card(base: KnowledgeBase, answer: Answer, channel: str = "", thread: str = "", *, shared: bool = True) -> Card:
    """`channel` and `thread` are where it was asked, which a follow-up leans on; `shared` where others are, if anywhere."""
    known = [name for name in answer.related if name in base.entries][:2]
    told = any(len(base.entries[name].phrasings[0]) > BRIEF for name in known)
    lines = tuple(
        Line(text, Kind.SMALL if text.startswith((*_SMALL, _NEXT)) else Kind.TEXT)
        for text in answer.text.split("\n")
        if text.strip() and (told or not text.startswith(_NEXT))
    )
    if answer.outcome is Outcome.URGENT:
        return Card(lines)
    if answer.clarify:
        choices = tuple(
            Button(_short(f"{number}. {base.entries[name].phrasings[0]}"), "reply.choose", pack(name, channel, thread))
            for number, name in enumerate(answer.clarify, 1)
            if name in base.entries
        )
        return Card(lines, choices)
    rated = pack(answer.entry or "", channel)
    buttons = [Button("Ask my coordinator", "reply.coordinator", rated)]
    if answer.entry:
        buttons = [Button("Helpful", "reply.helpful", rated), Button("Not helpful", "reply.unhelpful", rated), *buttons]
        if channel and shared:
            buttons.insert(2, Button("Share with channel", "reply.share", pack(answer.entry, channel, thread)))
    buttons += [Button(_short(base.entries[name].phrasings[0]), "reply.next", pack(name, channel, thread)) for name in known]
    return Card(lines, tuple(buttons))


def because_card(entry: str, channel: str = "") -> Card:
    """Asks why an answer was not helpful; nothing but the reason is kept."""
    buttons = tuple(Button(label, "reply.because", pack(entry, channel, code)) for code, label in BECAUSE.items())
    return card("I'm sorry. What was it? I count the reason only: not your name, and not your question.", buttons=buttons)


def thanks_card() -> Card:
    """Says that feedback was counted."""
    return card("Thank you. I counted that, without your name.")


def coordinator_card(cohort: Cohort, place: str, ways: Sequence[tuple[str, str]]) -> Card:
    """A draft for the coordinator; `place` is where in a policy it is about, `ways` are people with the addresses to write to."""
    coordinator = cohort.coordinator
    name = coordinator.name if coordinator else ways[0][0] if ways else ""
    about = f" It is about this part: {place}." if place else ""
    draft = f"Hello {name or 'there'}, I have a question about our social media policy.{about} When could we talk?"
    lines = (
        Line(f"Here is a message to {name or 'your practicum coordinator'} that you can copy and change. I don't send anything."),
        Line(draft),
        *((Line(f"You can reach {name} here: {coordinator.contact}"),) if coordinator and coordinator.contact else ()),
        Line("Please leave out names and details of clients. You can tell those in person.", Kind.SMALL),
    )
    return Card(lines, tuple(Button(_short(f"Write to {who}"), "open", url=url) for who, url in ways))


def answered_card() -> Card:
    """Stands where a question was put, once its answer is in the asker's own conversation."""
    return card("I answered in our chat, where only you see it.")


def unreached_card() -> Card:
    """When somebody asked where the bot can't write to them."""
    return card("I answer in our chat, and can't write to you there yet: add me to your chats, then ask again.")


def share_form(value: str) -> Form:
    """What goes along with an answer that is shared."""
    about = Field("about", "What it is about", required=False, longest=ABOUT, hint="In general words")
    return Form("reply.shared", "Share this answer", "Share", (about,), _SHARE_LINES, value)


def shared_card(answer: Answer, name: str, about: str) -> Card:
    """An answer in a channel, for everybody."""
    head = f"{name} shares an answer" + (f": {about}" if about else ".")
    lines = [text for text in answer.text.split("\n") if text.strip() and not text.startswith((_NEXT, "Ask: "))]
    return Card((Line(head), *(Line(text, Kind.SMALL if text.startswith(_SMALL) else Kind.TEXT) for text in lines)))


def ask_form(about: str = "") -> Form:
    """Asks for a question; `about` is a text to begin with."""
    hint = "In general words, without names or details of a case"
    question = Field("question", "Your question", Input.TEXT, about[:FORM], hint=hint, longest=FORM)
    return Form("ask.send", "Ask about the policy", "Ask", (question,), (Line("Only you will see the answer."),))


def help_card(*, command: str) -> Card:
    """What can be asked of the bot, and how; `command` is how it is called where there are commands."""
    ways = [
        "Ask me anything about the social media policy, here or by mentioning me in a channel. Only you see the answer.",
        *(
            [f"Write {command} and your question anywhere. Write {command} check to look at a draft before you post it."]
            if command
            else []
        ),
        "If a message of yours may say too much about somebody, I tell you and nobody else.",
        "I don't keep your messages. I read them on your program's own machine and send them nowhere.",
    ]
    return card(
        *ways,
        buttons=(
            Button("Ask a question", "ask.open", style=Style.PRIMARY),
            Button("Check my draft", "draft.open"),
            Button("What is kept about me", "mine.show"),
        ),
    )


def _short(label: str) -> str:
    return label if len(label) <= LABEL else f"{label[: LABEL - 1].rstrip()}…"
