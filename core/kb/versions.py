"""Which policy somebody acknowledged: its version, and a hash of what they were shown."""

import hashlib
from dataclasses import dataclass

from core.kb.schema import Profile

DIGITS = 12  # of the hash


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """A profile's version, as it is recorded: `1.0 3f2a…`."""

    number: str
    digest: str

    @property
    def recorded(self) -> str:
        """How it is kept with an acknowledgement; at most 40 characters."""
        return f"{self.number} {self.digest}"

    def covers(self, recorded: str | None) -> bool:
        """Whether who acknowledged `recorded` need not be asked again: only a new first number asks anew."""
        return recorded is not None and recorded.partition(".")[0] == self.number.partition(".")[0]


def policy_version(profile: Profile) -> PolicyVersion:
    """The version of a complete profile."""
    shown = "\n".join(f"{point.text} {' '.join(point.citations)}" for point in profile.brief)
    return PolicyVersion(profile.version or "1.0", hashlib.sha256(shown.encode()).hexdigest()[:DIGITS])
