"""E-mail addresses, also where the signs are spelt out to slip past filters."""

from presidio_analyzer import Pattern, PatternRecognizer


class ChatEmailRecognizer(PatternRecognizer):
    """`name@host.tld`, and `name at host dot tld`. Needs no list of top-level domains and asks no network for one."""

    PATTERNS = (
        Pattern("address", r"(?<![\w@])[\w.+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,4}[A-Za-z]{2,24}\b", 0.9),
        Pattern("spelt out", r"\b[\w.+-]{2,64}\s?(?:\(|\[|\s)\s?(?:at|arobas)\s?(?:\)|\]|\s)\s?[A-Za-z0-9-]{2,63}(?:\s?(?:\(|\[|\s)\s?(?:dot|point)\s?(?:\)|\]|\s)\s?[A-Za-z]{2,12}){1,3}\b", 0.8),
        Pattern("provider", r"\b[\w.+-]{3,64}\s+at\s+(?:gmail|hotmail|outlook|yahoo|icloud|proton(?:mail)?|live|shaw|telus)\b", 0.8),
    )  # fmt: skip
    CONTEXT = ("email", "e-mail", "mail", "courriel", "address", "reach")

    def __init__(self) -> None:
        super().__init__(
            supported_entity="EMAIL_ADDRESS", patterns=list(self.PATTERNS), context=list(self.CONTEXT), name="ChatEmailRecognizer"
        )
