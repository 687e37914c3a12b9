"""A name that the author says is a client's: the word for a client stands right beside it."""

from presidio_analyzer import Pattern, PatternRecognizer

_CLIENT = (
    r"(?:clients?|service\suser|resident|patient|participant|consumer|kiddo|foster\s(?:kid|child|mom|dad|parent)|cl|ct|cliente?)"
)
_NAME = r"[A-ZÀ-ÖØ-Þ][a-zà-öø-ÿ'’-]{1,20}(?:\s(?:[A-ZÀ-ÖØ-Þ][a-zà-öø-ÿ'’-]{1,20}|[A-Z]\.?))?"


_NO_NAMES = frozenset(
    "I The And But So Then Monday Tuesday Wednesday Thursday Friday Saturday Sunday Services Service Portal Care Relations "
    "Support Centre Center File Files Council Rights Association Safety Outcomes Intake Zoom Teams".split()
)


class ClientNameRecognizer(PatternRecognizer):
    """“my client Ana Ruiz”, “a resident named Ana”, “Ana, one of my clients”. Case matters, so that a verb is no name."""

    PATTERNS = (
        Pattern("client, then name", rf"(?i:\b(?:my|our|your|his|her|the|a|one\sof\s(?:my|our)|ma|mon|notre)\s(?:\w+\s)?{_CLIENT}(?:,|'s\sname\sis|\snamed|\scalled|\sis\snamed|\snommée?)?)\s(?P<name>{_NAME})\b", 0.8),
        Pattern("name, then client", rf"\b{_NAME}(?=,?\s(?i:(?:is\s|was\s)?(?:my|our|one\sof\s(?:my|our)|a)\s(?:\w+\s)?{_CLIENT}\b))", 0.75),
    )  # fmt: skip
    CONTEXT = ("client", "session", "intake", "visit", "caseload", "file")

    def __init__(self) -> None:
        super().__init__(
            supported_entity="CLIENT_NAME",
            patterns=list(self.PATTERNS),
            context=list(self.CONTEXT),
            name="ClientNameRecognizer",
            global_regex_flags=0,
        )

    def invalidate_result(self, pattern_text: str) -> bool:
        """Not a name: a sentence that goes on with a capital, or an agency's title."""
        return pattern_text.split()[-1].strip(".,") in _NO_NAMES
