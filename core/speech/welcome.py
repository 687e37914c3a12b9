"""What a cohort and its members are told at the beginning: the notice, the policy in brief, the acknowledgement."""

from datetime import datetime

from core.cards import Button, Card, Kind, Line, Style, card
from core.cohort import Cohort
from core.kb.schema import Profile
from core.kb.versions import policy_version
from core.nudging.wording import NOTICE
from core.speech.values import pack
from core.storage.store import Member


def notice_card() -> Card:
    """Said once in a channel, in public."""
    return card(NOTICE)


def brief_lines(profile: Profile) -> tuple[Line, ...]:
    """The policy in brief."""
    points = (Line(f"• {point.text} [{', '.join(point.citations)}]") for point in profile.brief)
    return (Line("The policy in brief", Kind.HEADING), *points)


def welcome_card(cohort: Cohort, profile: Profile, *, again: bool = False) -> Card:
    """Asks a student to acknowledge the policy; `again` after they were asked before."""
    version = policy_version(profile)
    hello = (
        f"A reminder for {cohort.name}: please read this and say that you did."
        if again
        else f"Welcome to {cohort.name}. I'm your practicum helper: ask me about the social media policy whenever you like, and "
        "only you see the answer. Please read the following and say that you did."
    )
    asked = Line(
        f"Your program asks every student to understand and acknowledge its policy (version {version.number}). Kept are your "
        "account here, the version and the time, for your coordinator.",
        Kind.SMALL,
    )
    button = Button("I have read and understand it", "policy.acknowledge", pack(cohort.name, version.number), style=Style.PRIMARY)
    return Card((Line(hello), *brief_lines(profile), asked), (button, Button("I have a question first", "ask.open")))


def acknowledged_card(cohort: Cohort, profile: Profile, at: datetime) -> Card:
    """Confirms it; `at` is in the cohort's zone."""
    version = policy_version(profile)
    return card(
        f"Thank you. You acknowledged version {version.number} of the policy for {cohort.name} on {at:%Y-%m-%d at %H:%M}. "
        "I won't ask again unless its rules change."
    )


def status_card(cohort: Cohort, profile: Profile, member: Member) -> Card:
    """Where a member stands with the acknowledgement, with the policy to read."""
    if member.acknowledged_at and policy_version(profile).covers(member.acknowledged):
        at = member.acknowledged_at.astimezone(cohort.zone)
        lines = (Line(f"You acknowledged the policy for {cohort.name} on {at:%Y-%m-%d}.", Kind.SMALL),)
        return Card((*brief_lines(profile), *lines))
    return welcome_card(cohort, profile, again=True)


def invited_card(channel: str) -> Card:
    """For whoever brought the bot into a channel that belongs to no cohort yet."""
    return card(
        "Thank you for the invitation. I'm at work in there, but I know no names, no term and no agencies yet. Setting up a "
        "cohort takes two minutes, makes you its coordinator, and starts the weekly prompts.",
        buttons=(Button("Set up a cohort", "cohort.new", pack(channel), style=Style.PRIMARY),),
    )
