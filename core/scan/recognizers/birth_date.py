"""Dates of birth, told from other dates by their cue."""

import re

from presidio_analyzer import Pattern, PatternRecognizer

_MONTH = (
    r"(?:(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}|janvier|f[ée]vrier|mars|avril|mai|juin|juillet|ao[uû]t|"
    r"septembre|octobre|novembre|d[ée]cembre|janv|f[ée]vr|avr|juil|d[ée]c)\.?"
)
_CUE = r"(?:d\.?o\.?b\.?|date\sof\sbirth|date\sde\snaissance|born(?:\son)?|birth-?da(?:te|y)|b-?day|n[ée]e?\sle)"
_DAY = r"\d{1,2}(?:st|nd|rd|th|er)?"
_DATE = rf"(?:\d{{1,4}}[./-]\d{{1,2}}[./-]\d{{1,4}}|{_MONTH}\s{_DAY},?\s\d{{2,4}}|(?:the\s|le\s)?{_DAY}\s(?:of\s)?{_MONTH},?\s\d{{2,4}})"
_HISTORIC = re.compile(r"(?:born|n[ée]).*\b1(?:[0-8]\d|9[01])\d\b", re.IGNORECASE | re.DOTALL)  # before 1920


class BirthDateRecognizer(PatternRecognizer):
    """`DOB`, `born on`, `birthday is`, `né le`, with a full date."""

    PATTERNS = (Pattern("cue and date", rf"\b{_CUE}[^\w\n]{{0,4}}(?:is\s|was\s|est\s)?{_DATE}\b", 0.85),)
    CONTEXT = ("birth", "birthday", "born", "dob", "naissance")

    def __init__(self) -> None:
        super().__init__(
            supported_entity="BIRTH_DATE", patterns=list(self.PATTERNS), context=list(self.CONTEXT), name="BirthDateRecognizer"
        )

    def invalidate_result(self, pattern_text: str) -> bool:
        """Not a client's: somebody of the textbooks, born before 1920."""
        return _HISTORIC.match(pattern_text) is not None
