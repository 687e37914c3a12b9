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


def welcome_card(cohort: Cohort, profile: Profile, *, again: bool = False, changed: bool = False) -> Card:
    """Asks a student to acknowledge the policy; `again` if not for the first time, `changed` after an older one."""
    version = policy_version(profile)
    if changed:
        hello = f"The policy for {cohort.name} has changed. Please read it again, and press the button when you have."
    elif again:
        hello = f"A reminder from {cohort.name}: please read this, and press the button when you have."
    else:
        hello = (
            f"Welcome to {cohort.name}. I'm your practicum helper. You can ask me about the social media policy at any time; "
            "only you see the answer. Please read this first, and press the button when you have."
        )
    asked = Line(
        f"Your program asks every student to read and acknowledge this policy (version {version.number}). I keep that you did, "
        "when, and which version. Your coordinator can see that.",
        Kind.SMALL,
    )
    button = Button(
        "I have read and understand it", "policy.acknowledge", pack(cohort.name, version.recorded), style=Style.PRIMARY
    )
    return Card((Line(hello), *brief_lines(profile), asked), (button, Button("I have a question first", "ask.open")))


def acknowledged_card(cohort: Cohort, profile: Profile, at: datetime) -> Card:
    """Confirms it; `at` is in the cohort's zone."""
    version = policy_version(profile)
    return card(
        f"Thank you. You acknowledged the policy for {cohort.name} (version {version.number}) on {at:%Y-%m-%d at %H:%M}. "
        "I won't ask again unless the rules change."
    )


def status_card(cohort: Cohort, profile: Profile, member: Member) -> Card:
    """Where a member stands with the acknowledgement, with the policy to read."""
    if member.acknowledged_at and policy_version(profile).covers(member.acknowledged):
        at = member.acknowledged_at.astimezone(cohort.zone)
        lines = (Line(f"You acknowledged the policy for {cohort.name} on {at:%Y-%m-%d}.", Kind.SMALL),)
        return Card((*brief_lines(profile), *lines))
    return welcome_card(cohort, profile, again=True, changed=member.acknowledged is not None)


def invited_card(channel: str) -> Card:
    """For whoever brought the bot into a channel that belongs to no cohort yet."""
    return card(
        "Thank you for inviting me. I already read along in that channel, but I don't know the students, the term or the "
        "agencies yet. Setting up a cohort takes two minutes. You become its coordinator, and the weekly prompts begin.",
        buttons=(Button("Set up a cohort", "cohort.new", pack(channel), style=Style.PRIMARY),),
    )
