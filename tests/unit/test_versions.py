"""Which acknowledgement still holds."""

import pytest

from core.kb.schema import BriefPoint, Profile
from core.kb.versions import policy_version


def profile(version: str, text: str = "Keep it private.") -> Profile:
    return Profile(name="p", title="P", version=version, brief=(BriefPoint(text=text, citations=("mru/law",)),))


@pytest.mark.parametrize(("acknowledged", "now", "holds"), [("1.0", "1.3", True), ("1.9", "2.0", False), ("2.0", "10.0", False)])
def test_only_a_new_first_number_asks_anew(acknowledged: str, now: str, holds: bool) -> None:
    assert policy_version(profile(now)).covers(policy_version(profile(acknowledged)).recorded) is holds


def test_nothing_acknowledged_never_holds() -> None:
    assert not policy_version(profile("1.0")).covers(None)


def test_the_record_says_what_was_shown() -> None:
    one, other = (policy_version(profile("1.0", text)).recorded for text in ("a", "b"))
    assert one.startswith("1.0 ")
    assert one != other
