"""Street addresses and postal codes, as they are typed in Canada and the United States."""

from presidio_analyzer import Pattern, PatternRecognizer

_KIND = r"(?i:st|street|ave?|avenue|rd|road|dr|drive|blvd|boulevard|cres|crescent|cr|close|cl|ct|court|lane|ln|way|place|pl|trail|tr|terrace|gate|bay|highway|range\sroad)\b\.?"
_PLAIN_KIND = r"(?i:st|street|ave?|avenue|rd|road|dr|drive|blvd|boulevard|cres|crescent|court|lane)\b\.?"  # no place, way or close, which are words
_FRENCH_KIND = r"(?i:rue|av\.?|avenue|boul\.?|boulevard|ch\.?|chemin|rang|place|côte|montée|allée)"
_QUADRANT = r"(?:\s?(?i:NW|NE|SW|SE|N\.W\.?|N\.E\.?|S\.W\.?|S\.E\.?)(?!\w))"
_HOUSE = r"(?:(?:\b(?i:apt|unit|suite)\.?\s?#?|(?<!\w)#)\w{1,5}[\s,-]+)?(?<![\w.,$-])\d{1,5}"
_NO_MEASURE = (
    r"(?!(?i:min(?:ute)?s?|h(?:ou)?rs?|km|kilomet(?:er|re)s?|miles?|m(?:et(?:er|re)s?)?|blocks?|days?|people|kids|more)\b)"
)
_NAMED = rf"\s(?:{_NO_MEASURE}[A-ZÀ-Þ][\w'’.-]{{1,20}}\s){{1,3}}{_KIND}{_QUADRANT}?"
_NUMBERED = rf"[\s-]+\d{{1,3}}(?:(?i:st|nd|rd|th)\s{_KIND}{_QUADRANT}?|\s{_KIND}{_QUADRANT}|\s(?i:ave?|avenue|st|street)\b)"
_FRENCH = rf",?\s{_FRENCH_KIND}\s(?:(?i:de|du|des|la|le|l['’]|d['’])\s?){{0,2}}[A-ZÀ-Þ][\w'’-]{{1,25}}"
_ADDRESS = rf"{_HOUSE}(?:{_NUMBERED}|{_NAMED}|{_FRENCH})"
_LIVING = r"\b(?i:(?:liv(?:es?|ed|ing)|stay(?:s|ed|ing)?|resid(?:es?|ing)|moved|address|home|house|apartment|place)\s(?:is\s)?(?:at|on|to|in)\s)"
_BEING = r"\b(?i:(?:she|he|they|clients?|mom|dad|kid)(?:['’](?:s|re)|\sis|\sare|\swas|\swere)\s(?:\w{1,12}\s)?at\s)"
_POSTAL = r"(?<![\w-])(?i:[ABCEGHJ-NPRSTVXY]\d[ABCEGHJ-NPRSTV-Z][\s-]?\d[ABCEGHJ-NPRSTV-Z]\d)(?![\w-])"
_WHOSE = r"\b(?i:liv(?:es?|ed|ing)|stay(?:s|ed|ing)?|home|house|apartment|moved|her|his|their|client(?:['’]s)?|mom(?:['’]s)?|dad(?:['’]s)?|habite|chez)\b"


class StreetAddressRecognizer(PatternRecognizer):
    """A house number with a street, with or without a unit, and a postal code that a word says is somebody's.

    Source of the shape: Canada Post's addressing guidelines; Alberta's numbered streets carry a quadrant.
    """

    PATTERNS = (
        Pattern("house and street", _ADDRESS, 0.75),
        Pattern("where somebody is", rf"{_BEING}\K{_ADDRESS}", 0.9),
        Pattern(
            "in lower case", rf"{_LIVING}\K{_HOUSE}\s(?:{_NO_MEASURE}[\w'’-]{{2,20}}\s){{1,2}}{_PLAIN_KIND}{_QUADRANT}?", 0.9
        ),
        Pattern("postal code", rf"{_WHOSE}[^\n.!?]{{0,40}}?\K{_POSTAL}", 0.85),
    )
    CONTEXT = (
        "address", "live", "lives", "lived", "living", "stay", "stays", "staying", "home", "house", "apartment", "apt", "adresse",
        "habite", "demeure", "moved", "pickup", "drop", "door",
    )  # fmt: skip

    def __init__(self) -> None:
        super().__init__(
            supported_entity="STREET_ADDRESS",
            patterns=list(self.PATTERNS),
            context=list(self.CONTEXT),
            name="StreetAddressRecognizer",
            global_regex_flags=0,
        )
