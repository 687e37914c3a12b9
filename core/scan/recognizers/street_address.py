"""Street addresses and postal codes, as they are typed in Canada and the United States."""

from presidio_analyzer import Pattern, PatternRecognizer

_KIND = r"(?:st|street|ave?|avenue|rd|road|dr|drive|blvd|boulevard|cres|crescent|cr|close|cl|ct|court|lane|ln|way|place|pl|trail|tr|terrace|gate|bay|rue|chemin|hwy|highway|range road)"
_QUADRANT = r"(?:\s?(?:NW|NE|SW|SE|N\.?W\.?|N\.?E\.?|S\.?W\.?|S\.?E\.?))"


class StreetAddressRecognizer(PatternRecognizer):
    """A house number with a street, with or without a unit.

    Source of the shape: Canada Post's addressing guidelines; Alberta's numbered streets carry a quadrant.
    """

    PATTERNS = (
        Pattern("numbered street with quadrant", rf"\b(?:(?:apt|unit|suite|#)\s?\w{{1,5}}[\s,-]+)?\d{{1,5}}[\s-]+\d{{1,3}}(?:st|nd|rd|th)?\s{_KIND}\b\.?{_QUADRANT}?", 0.75),
        Pattern("named street", rf"\b(?:(?:apt|unit|suite|#)\s?\w{{1,5}}[\s,-]+)?\d{{2,5}}\s(?:[A-Z][\w'’-]{{2,20}}\s){{1,3}}{_KIND}\b\.?{_QUADRANT}?", 0.75),
        Pattern("unit and number", r"\b(?:apt|apartment|unit|suite|appartement)\.?\s?#?\d{1,5}[A-Za-z]?\b(?=.{0,40}\b\d{2,5}\b)", 0.4),
    )  # fmt: skip
    CONTEXT = (
        "address",
        "live",
        "lives",
        "living",
        "stays",
        "staying",
        "home",
        "house",
        "apartment",
        "adresse",
        "habite",
        "moved",
        "pickup",
        "drop",
        "door",
    )

    def __init__(self) -> None:
        super().__init__(
            supported_entity="STREET_ADDRESS",
            patterns=list(self.PATTERNS),
            context=list(self.CONTEXT),
            name="StreetAddressRecognizer",
        )
