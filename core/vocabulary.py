"""The words every part of the product shares: outcomes, verdicts, categories, tiers."""

from enum import StrEnum


class Outcome(StrEnum):
    """What became of a question."""

    ANSWERED = "answered"
    OUT_OF_SCOPE = "out_of_scope"
    URGENT = "urgent"


class Verdict(StrEnum):
    """The policy's stance on the act asked about."""

    NO = "no"
    YES = "yes"
    DEPENDS = "depends"
    INFO = "info"

    @property
    def strictness(self) -> int:
        """Higher is stricter; `info` permits and forbids nothing."""
        return {Verdict.YES: 0, Verdict.INFO: 0, Verdict.DEPENDS: 1, Verdict.NO: 2}[self]


class Category(StrEnum):
    """What a finding is about."""

    CLIENT_IDENTITY = "client_identity"
    CASE_DETAILS = "case_details"
    CLASSMATE_INFO = "classmate_info"
    COLLEAGUE_INFO = "colleague_info"
    CLIENT_MEDIA = "client_media"
    LOCATION = "location"
    CLIENT_CONTACT = "client_contact"
    CLASS_CONTENT = "class_content"
    CONTACT_DETAILS = "contact_details"


class Tier(StrEnum):
    """`hard` always nudges; `soft` can be switched off for a channel or paused for a day."""

    HARD = "hard"
    SOFT = "soft"
