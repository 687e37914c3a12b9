"""An answer as a card: its words, and what an asker can do with it."""

from core.answer import Answer
from core.cards import Button, Card, Field, Form, Input, Kind, Line, Style, card
from core.cohort import Cohort
from core.kb.schema import KnowledgeBase
from core.speech.values import pack
from core.vocabulary import Outcome

LABEL = 75  # characters of a button
FORM = 3_000  # characters of a field
BECAUSE = {  # why an answer was not helpful
    "wrong": "The answer is wrong",
    "other": "I asked something else",
    "unclear": "I don't understand it",
    "missing": "It leaves out what I need",
}
_SMALL = ("Sources: ", "Where sources differ: ")
_NEXT = "You could ask next: "
_SHARE_LINES = (
    Line("The answer goes to the channel with its sources, and says that you share it. Your question stays with you."),
    Line("If the others need to know what it is about, put it in general words, with nobody in it.", Kind.SMALL),
)


def answer_card(base: KnowledgeBase, answer: Answer, channel: str = "", thread: str = "") -> Card:
    """`channel` is where it could be shared, if anywhere."""
    lines = tuple(
        Line(text, Kind.SMALL if text.startswith(_SMALL) else Kind.TEXT)
        for text in answer.text.split("\n")
        if text.strip() and not text.startswith(_NEXT)
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
    buttons = [Button("Ask my coordinator", "reply.coordinator", pack(answer.entry or ""))]
    if answer.entry:
        rated = pack(answer.entry)
        buttons = [Button("Helpful", "reply.helpful", rated), Button("Not helpful", "reply.unhelpful", rated), *buttons]
        if channel:
            buttons.insert(2, Button("Share with channel", "reply.share", pack(answer.entry, channel, thread)))
    known = [name for name in answer.related if name in base.entries][:2]
    buttons += [Button(_short(base.entries[name].phrasings[0]), "reply.next", pack(name, channel, thread)) for name in known]
    return Card(lines, tuple(buttons))


def because_card(entry: str) -> Card:
    """Asks why an answer was not helpful; nothing but the reason is kept."""
    buttons = tuple(Button(label, "reply.because", pack(entry, code)) for code, label in BECAUSE.items())
    return card("I'm sorry. What was it? Only the reason is counted, not who gave it, and not your question.", buttons=buttons)


def thanks_card() -> Card:
    """Says that feedback was counted."""
    return card("Thank you. That was counted, without your name.")


def coordinator_card(cohort: Cohort, section: str, write: str) -> Card:
    """A draft for the coordinator; `write` is the address at which a conversation with them opens, if there is one."""
    coordinator = cohort.coordinator
    name = coordinator.name if coordinator else "your practicum coordinator"
    about = f" It is about the part of the policy called {section}." if section else ""
    draft = f"Hello {name}, I have a question on our social media policy that I'd like to talk over.{about} When would suit you?"
    lines = (
        Line(f"Here is a draft to {name}, to copy and change. Nothing is sent by itself."),
        Line(draft),
        *((Line(f"Reach them at {coordinator.contact}."),) if coordinator and coordinator.contact else ()),
        Line("Leave names and details of clients out of it; they can be told in person.", Kind.SMALL),
    )
    return Card(lines, (Button(_short(f"Write to {name}"), "open", url=write),) if write else ())


def answered_card() -> Card:
    """Stands where a question was put, once its answer is in the asker's own conversation."""
    return card("I answered in our chat, where only you see it.")


def unreached_card() -> Card:
    """When somebody asked where the bot can't write to them."""
    return card("I answer in our chat, and can't write to you there yet: add me to your chats, then ask again.")


def share_form(value: str) -> Form:
    """What goes along with an answer that is shared."""
    about = Field("about", "What it is about", value="", required=False, longest=300, hint="Optional, in general words")
    return Form("reply.shared", "Share this answer", "Share", (about,), _SHARE_LINES, value)


def shared_card(answer: Answer, name: str, about: str) -> Card:
    """An answer in a channel, for everybody."""
    head = f"{name} shares an answer" + (f": {about}" if about else ".")
    lines = [text for text in answer.text.split("\n") if text.strip() and not text.startswith((_NEXT, "Ask: "))]
    return Card((Line(head), *(Line(text, Kind.SMALL if text.startswith(_SMALL) else Kind.TEXT) for text in lines)))


def ask_form(about: str = "") -> Form:
    """Asks for a question; `about` is a text to begin with."""
    hint = "In general terms: nobody's name, no details of a case"
    question = Field("question", "Your question", Input.TEXT, about[:FORM], hint=hint, longest=FORM)
    return Form("ask.send", "Ask about the policy", "Ask", (question,), (Line("Only you will see the answer."),))


def help_card(*, command: str) -> Card:
    """What can be asked of the bot, and how; `command` is how it is called where there are commands."""
    ways = [
        "Ask me anything on the social media policy, here or by mentioning me in a channel. Only you see the answer.",
        *(
            [f"`{command} your question` asks from anywhere; `{command} check` looks at a draft before you post it."]
            if command
            else []
        ),
        "When a message of yours may say too much about somebody, I tell you, and nobody else.",
        "I keep no message, and all reading is done on your program's own machine.",
    ]
    return card(
        *ways,
        buttons=(
            Button("Ask a question", "ask.open", style=Style.PRIMARY),
            Button("Check my draft", "draft.open"),
            Button("What is kept of me", "mine.show"),
        ),
    )


def _short(label: str) -> str:
    return label if len(label) <= LABEL else f"{label[: LABEL - 1].rstrip()}…"
