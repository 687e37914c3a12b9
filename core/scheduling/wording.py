"""What is said on schedule."""

from datetime import datetime

from core.cards import Card, Kind, Line, card
from core.cohort import Cohort
from core.kb.schema import KnowledgeBase
from core.scheduling.plan import Prompt
from core.scheduling.review import Review

SAFE = "Talk about the invented situation; leave your own clients, classmates and agencies out of it."
SELF_CHECK = (
    "Search for yourself: your name in quotation marks, old nicknames, pictures. Would you be fine if a client saw it?",
    "Open the privacy settings of each account: who sees posts, friends, birthday, place and phone number? They change quietly.",
    "Go through old posts, tags and groups. Take down what you wouldn't say in the placement's hallway.",
)


def prompt_card(base: KnowledgeBase, prompt: Prompt) -> Card:
    """The week's prompt, for everybody."""
    lines = [Line("This week's prompt", Kind.HEADING), Line(prompt.text), Line(SAFE, Kind.SMALL)]
    return Card((*lines, *_sources(base, prompt)))


def follow_up_card(prompt: Prompt) -> Card:
    """What follows the prompt in its thread."""
    return Card((Line("To go on with", Kind.HEADING), Line(prompt.follow_up), Line(SAFE, Kind.SMALL)))


def note_card(base: KnowledgeBase, cohort: Cohort, prompt: Prompt) -> Card:
    """The note to who facilitates the discussion."""
    lines = [
        Line(f"For you alone: this week's prompt in {cohort.name}", Kind.HEADING),
        Line(prompt.text),
        Line(prompt.facilitator_note),
    ]
    return Card((*lines, *_sources(base, prompt)))


def self_check_card() -> Card:
    """The month's self-check, for everybody; nobody is asked what they found."""
    steps = tuple(Line(f"{number}. {step}") for number, step in enumerate(SELF_CHECK, 1))
    closing = Line("Ten minutes, and what you find stays with you.", Kind.SMALL)
    return Card((Line("This month's self-check", Kind.HEADING), *steps, closing))


def review_card(base: KnowledgeBase, cohort: Cohort, review: Review) -> Card:
    """What a coordinator is reminded of."""
    lines = [Line(f"For {cohort.name}: policies to look at", Kind.HEADING)]
    if review.ask_agencies:
        where = ", ".join(cohort.agencies) or "each agency"
        lines.append(Line(f"Ask for the social media policy of {where}, and how old it is; students ask their supervisors too."))
    lines += [
        Line(f"{base.sources[name].title} is of {base.sources[name].version}, over a year ago: is there a newer one?")
        for name in review.sources
    ]
    if review.answers:
        lines.append(Line(f"{review.answers} answers were last reviewed over a year ago; `practicum-bot kb check` lists them."))
    return Card(tuple(lines))


def missed_card(cohort: Cohort, due_at: datetime) -> Card:
    """That something was not posted when it was due, nor soon enough after."""
    return card(
        f"Not posted in {cohort.name}",
        f"What was to be posted on {due_at.astimezone(cohort.zone):%A, %d %B %Y, at %H:%M} did not reach every channel within "
        "hours, because the bot or the platform was down. It is left out there.",
        "“Post now” among the prompts posts the next one at once.",
    )


def _sources(base: KnowledgeBase, prompt: Prompt) -> tuple[Line, ...]:
    cited = [base.sections[name] for name in prompt.citations if name in base.sections]
    said = "; ".join(f"{base.sources[section.source].title}, {section.place} [{section.id}]" for section in cited)
    return (Line(f"Sources: {said}", Kind.SMALL),) if said else ()
