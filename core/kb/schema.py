"""Types of the knowledge base: what `policy_kb/` holds, as frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import Path
from string import Formatter
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from core.vocabulary import Category, Tier, Verdict

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)]
SectionId = Annotated[str, StringConstraints(pattern=r"^[a-z]+/[a-z0-9.-]+$")]


class Stance(StrEnum):
    """Where an entry stands towards its rule; see `policy_kb/README.md`."""

    FORBIDDEN = "forbidden"
    TWIN = "twin"
    DUTY = "duty"
    DODGE = "dodge"
    NOT_REQUIRED = "not_required"
    MAY_KEEP = "may_keep"
    OPEN = "open"
    CONDITION = "condition"


VERDICT_OF_STANCE: Mapping[Stance, Verdict] = MappingProxyType(
    {
        Stance.FORBIDDEN: Verdict.NO,
        Stance.TWIN: Verdict.YES,
        Stance.DUTY: Verdict.YES,
        Stance.DODGE: Verdict.NO,
        Stance.NOT_REQUIRED: Verdict.NO,
        Stance.MAY_KEEP: Verdict.YES,
        Stance.OPEN: Verdict.INFO,
        Stance.CONDITION: Verdict.DEPENDS,
    }
)


def strictness(stance: Stance, verdict: Verdict) -> int:
    """Higher is stricter. Where the question is whether one must, `yes` asks most; elsewhere `no` does."""
    if stance in {Stance.DUTY, Stance.NOT_REQUIRED}:
        return {Verdict.NO: 0, Verdict.INFO: 0, Verdict.DEPENDS: 1, Verdict.YES: 2}[verdict]
    return verdict.strictness


class Record(BaseModel):
    """Base of everything read from the knowledge base: frozen, and unknown keys are faults."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Source(Record):
    """One source document."""

    title: Text
    short: Text  # how an answer names it in running text
    version: Text | None = None
    tier: Annotated[int, Field(ge=1)]


class Section(Record):
    """One citable section of a source."""

    id: SectionId
    place: Text  # where in the source it stands
    gist: Text
    modality: Literal["must", "must not", "should", "may", "informs"]
    binds: Text  # whom it binds

    @property
    def source(self) -> str:
        """The source's id, which is the part of the section id before the slash."""
        return self.id.partition("/")[0]


class Situation(Record):
    """Who does what to whom, under which conditions; words from `vocabulary.yaml`."""

    act: Text
    target: Text
    actor: Text = "self"
    object: Text | None = None
    conditions: tuple[Text, ...] = ()


class AnswerText(Record):
    """The three parts of an answer."""

    rule: Text
    instead: Text
    ask: Text

    @property
    def words(self) -> int:
        """How many words the three parts have together."""
        return sum(len(part.split()) for part in (self.rule, self.instead, self.ask))


class Differs(Record):
    """A cited source whose stance is not the entry's verdict."""

    source: Text
    verdict: Verdict
    says: Text
    instead: Text | None = None  # `instead` and `ask` where this source binds; the entry's own fit the entry's verdict
    ask: Text | None = None


class Entry(Record):
    """A situation, its verdict and the answer to it."""

    id: Id
    stance: Stance
    situation: Situation
    verdict: Verdict
    answer: AnswerText
    citations: Annotated[tuple[SectionId, ...], Field(min_length=1)]
    differs: tuple[Differs, ...] = ()
    neighbours: tuple[Id, ...] = ()
    phrasings: Annotated[tuple[Text, ...], Field(min_length=1)]
    owner: Text | None = None
    reviewed: date | None = None


class EntryFile(Record):
    """Header of one file of entries; the entries themselves are parsed one by one."""

    topic: Text
    owner: Text
    reviewed: date


class WeeklyPrompt(Record):
    """A discussion prompt for a cohort, with what follows it later in the week."""

    id: Id
    text: Text
    follow_up: Text
    facilitator_note: Text
    citations: Annotated[tuple[SectionId, ...], Field(min_length=1)]
    tags: Annotated[tuple[Text, ...], Field(min_length=1)]
    season: Literal["first_week", "mid_term", "ending", "holidays"] | None = None


class NudgeWording(Record):
    """How a private nudge for one category and tier may be worded."""

    category: Category
    tier: Tier
    name: Text  # the category in plain language
    variants: Annotated[tuple[Text, ...], Field(min_length=2)]
    next_step: Text
    why: Text
    citations: Annotated[tuple[SectionId, ...], Field(min_length=1)]


class UrgentRegion(Record):
    """Whom to reach at once in one region."""

    title: Text
    first_line: Text
    resources: Annotated[tuple[Text, ...], Field(min_length=1)]


class Refusals(Record):
    """What is said when the sources settle nothing."""

    unsettled: Text
    unreadable: Text
    not_in_profile: Text
    foreign: Mapping[str, Text]  # in that language by its ISO 639-1 code; `en` for all others

    def in_language(self, code: str) -> str:
        """How a question in another language than English is refused."""
        return self.foreign.get(code) or self.foreign["en"]

    @field_validator("foreign")
    @classmethod
    def _for_all(cls, texts: Mapping[str, str]) -> Mapping[str, str]:
        if "en" not in texts:
            raise ValueError("has no 'en', which stands in for all other languages; add it")
        return {code: cls._fillable(text) for code, text in texts.items()}

    @field_validator("unsettled", "unreadable", "not_in_profile")
    @classmethod
    def _fillable(cls, text: str) -> str:
        for _, name, spec, conversion in Formatter().parse(text):
            if name is not None and (name not in {"coordinator", "supervisor"} or spec or conversion):
                raise ValueError("only {coordinator} and {supervisor} can be filled in; write braces twice to show them")
        return text


class Tightening(Record):
    """An institution's stricter verdict for an entry of the base."""

    entry: Id
    verdict: Verdict
    says: Text
    instead: Text | None = None  # the entry's own were written for its own verdict
    ask: Text | None = None


class Contacts(Record):
    """Whom an answer or a refusal points to, as words in a sentence."""

    coordinator: Text | None = None
    supervisor: Text | None = None


class BriefPoint(Record):
    """One point of a policy in brief, as a person is shown it before they acknowledge it."""

    text: Text
    citations: Annotated[tuple[SectionId, ...], Field(min_length=1)]


class Profile(Record):
    """Which sources bind a cohort, strongest first; an overlay extends another profile."""

    name: Id
    title: Text
    version: Annotated[str, StringConstraints(pattern=r"^\d+\.\d+$")] | None = None  # a new first number asks everybody anew
    brief: tuple[BriefPoint, ...] = ()  # an overlay's own points come after those of the profile it extends
    extends: Id | None = None
    sources: tuple[Text, ...] = ()
    region: Text | None = None
    contacts: Contacts = Contacts()
    tighten: tuple[Tightening, ...] = ()
    entries: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an entry, section or prompt is defined."""

    path: Path
    line: int


@dataclass(frozen=True, slots=True)
class KnowledgeBase:
    """The whole base, loaded once. Profiles are complete: overlays are already laid over their parent."""

    sources: Mapping[str, Source]
    sections: Mapping[str, Section]
    entries: Mapping[str, Entry]
    vocabulary: Mapping[str, frozenset[str]]
    thesaurus: Mapping[str, Mapping[str, tuple[str, ...]]]
    prompts: Mapping[str, WeeklyPrompt]
    nudges: Mapping[tuple[Category, Tier], NudgeWording]
    urgent: Mapping[str, UrgentRegion]
    refusals: Refusals
    profiles: Mapping[str, Profile]
    unled: Mapping[str, str] = field(default_factory=dict)  # sections no entry leads, with the reason
    origins: Mapping[str, Origin] = field(default_factory=dict)
