"""Licence, passport, client-file and plate numbers, each with the cue that tells it from any other number."""

from presidio_analyzer import Pattern, PatternRecognizer

_CUE = (
    r"(?:driver'?s?\s?licen[cs]e|(?-i:DL)|DL(?=[\s:#]{1,3}\d{6})|licen[cs]e\splate|plate|plaque|permis(?:\sde\sconduire)?|passport|passeport|"
    r"(?:client|case|file|chart|student|inmate|member|claim|dossier)\s?(?:id|i\.d\.|number|num|no|nr|#)|MRN|UCI|AISH\s?(?:id|number|no|#))"
)
_SOCIAL = r"(?:SIN|NAS|SSN|social\s(?:insurance|security)|assurance\ssociale)"
_NINE = r"(?<![\d-])(?:\d{3}[\s-]?\d{3}[\s-]?\d{3}|\d{3}-\d{2}-\d{4})(?![\s-]?\d)"
_NEUTRAL_CITATION = r"(?:19|20)\d{2}\s[A-Z]{2,6}\s\d"  # a court's: 2021 SCC 12


class IdentityNumberRecognizer(PatternRecognizer):
    """A cue, at most a few words, and something that holds at least four digits; letters before them stand close or are capitals.

    Source of the shape of social insurance and security numbers: the governments' public descriptions, nine digits.
    """

    PATTERNS = (
        Pattern(
            "cue and number",
            rf"\b{_CUE}(?![\w-])[\s:#.,]{{0,3}}(?:is|was|=|no|nr|number)?[\s:#.]{{0,3}}(?![\s:#.]{{0,3}}{_NEUTRAL_CITATION})"
            r"(?:(?-i:[A-Z]{0,4})[\s-]?|[A-Z]{1,4}-?)(?:\d[\s-]?){3,11}\d[A-Z]?\b",
            0.85,
        ),
        Pattern(
            "cue and plate",
            r"\b(?:licen[cs]e|plate|plaque)(?:\s(?:plate|is|number|no|#)){0,3}[\s:#]{1,3}(?:(?-i:[A-Z]{1,4})[\s-]?|[a-z]{2,4}-)\d{2,5}\b",
            0.85,
        ),
        Pattern("cue and nine digits", rf"\b{_SOCIAL}\b[^\d\n]{{0,20}}{_NINE}", 0.9),
        Pattern("nine digits and cue", rf"{_NINE}(?=[^\d\n]{{0,20}}\b{_SOCIAL}\b)", 0.9),
    )
    CONTEXT = ("id", "number", "card", "file")

    def __init__(self) -> None:
        super().__init__(
            supported_entity="IDENTITY_NUMBER",
            patterns=list(self.PATTERNS),
            context=list(self.CONTEXT),
            name="IdentityNumberRecognizer",
        )
