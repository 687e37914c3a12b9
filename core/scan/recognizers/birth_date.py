"""Dates of birth, told from other dates by their cue."""

from presidio_analyzer import Pattern, PatternRecognizer

_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?"


class BirthDateRecognizer(PatternRecognizer):
    """`DOB`, `born on`, `né le`, with a full date."""

    PATTERNS = (
        Pattern(
            "cue and date",
            rf"\b(?:d\.?o\.?b\.?|date\sof\sbirth|born(?:\son)?|birthdate|n[ée]e?\sle)\b[^\w\n]{{0,4}}(?:is\s)?"
            rf"(?:\d{{1,4}}[./-]\d{{1,2}}[./-]\d{{1,4}}|{_MONTH}\s\d{{1,2}}(?:st|nd|rd|th)?,?\s\d{{2,4}}|\d{{1,2}}\s{_MONTH}\s\d{{2,4}})",
            0.85,
        ),
    )
    CONTEXT = ("birth", "born", "dob")

    def __init__(self) -> None:
        super().__init__(
            supported_entity="BIRTH_DATE", patterns=list(self.PATTERNS), context=list(self.CONTEXT), name="BirthDateRecognizer"
        )
