"""Licence, passport, client-file and plate numbers, each with the cue that tells it from any other number."""

from presidio_analyzer import Pattern, PatternRecognizer

_CUE = (
    r"(?:driver'?s?\s?licen[cs]e|DL|licen[cs]e\splate|plate|plaque|permis(?:\sde\sconduire)?|passport|passeport|"
    r"(?:client|case|file|chart|student|inmate|member|claim|dossier)\s?(?:id|i\.d\.|number|num|no|nr|#)|MRN|UCI|AISH\s?(?:id|number|no|#)|SSN|SIN|NAS|social\s(?:insurance|security)(?:\s(?:number|num|no))?)"
)


class IdentityNumberRecognizer(PatternRecognizer):
    """A cue, at most a few words, and something that holds at least four digits."""

    PATTERNS = (
        Pattern(
            "cue and number",
            rf"\b{_CUE}(?![\w-])[\s:#.,]{{0,3}}(?:is|was|=|no|nr|number)?[\s:#.]{{0,3}}[A-Z]{{0,4}}[\s-]?(?:\d[\s-]?){{3,11}}\d[A-Z]?\b",
            0.85,
        ),
        Pattern(
            "cue and plate",
            r"\b(?:licen[cs]e\splate|plate|plaque)(?:\s(?:is|number|no|#))?[\s:#]{1,3}[A-Z]{1,4}[\s-]?\d{2,5}\b",
            0.85,
        ),
        Pattern("SIN in groups with cue", r"\b(?:SIN|NAS)\b[^\d\n]{0,20}\d{3}[\s-]?\d{3}[\s-]?\d{3}\b", 0.9),
    )
    CONTEXT = ("id", "number", "card", "file")

    def __init__(self) -> None:
        super().__init__(
            supported_entity="IDENTITY_NUMBER",
            patterns=list(self.PATTERNS),
            context=list(self.CONTEXT),
            name="IdentityNumberRecognizer",
        )
