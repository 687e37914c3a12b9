"""Provincial health-card numbers, which need a cue beside them: their digits alone look like much else."""

from presidio_analyzer import Pattern, PatternRecognizer

_CUE = r"(?:PHN|ULI|OHIP|AHC(?:IP)?|RAMQ|MSP|health\s?(?:care)?\s?(?:card|number|num|no|#|insurance)|carte\s(?:soleil|d'assurance\smaladie)|care\s?card|status\s?(?:card|number|no|#)|treaty\s?(?:card|number|no|#))"


class HealthCardRecognizer(PatternRecognizer):
    """Alberta (9 digits), British Columbia and Ontario (10, Ontario with a version code), Quebec (4 letters, 8 digits).

    Source of the shapes: the provinces' public descriptions of their cards.
    """

    PATTERNS = (
        Pattern("cue and number", rf"\b{_CUE}\b[^\d\n]{{0,25}}(?:\d[\s-]?){{8,12}}\d?(?:[\s-]?[A-Z]{{2}})?\b", 0.9),
        Pattern("number and cue", rf"\b(?:\d[\s-]?){{8,11}}\d\b(?=[^\d\n]{{0,20}}\b{_CUE}\b)", 0.9),
        Pattern("Quebec", r"\b[A-Z]{4}[\s-]?\d{4}[\s-]?\d{4}\b", 0.6),
        Pattern("Alberta, grouped", r"\b\d{5}-\d{4}\b", 0.5),
    )
    CONTEXT = ("health", "card", "phn", "uli", "ahc", "alberta", "carte", "maladie")

    def __init__(self) -> None:
        super().__init__(
            supported_entity="HEALTH_CARD", patterns=list(self.PATTERNS), context=list(self.CONTEXT), name="HealthCardRecognizer"
        )
