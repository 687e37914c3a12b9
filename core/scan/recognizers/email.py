"""E-mail addresses, also where the signs are spelt out to slip past filters."""

from presidio_analyzer import Pattern, PatternRecognizer

_TOP = r"(?:com|ca|org|net|edu|gov|io|info|uk|fr|co|dev|app)"  # without brackets, any other word would be just a word


class ChatEmailRecognizer(PatternRecognizer):
    """`name@host.tld`, and `name at host dot tld`. Asks no network for a list of top-level domains."""

    PATTERNS = (
        Pattern("address", r"(?<![\w@])[\w.+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,4}[A-Za-z]{2,24}\b", 0.9),
        Pattern("spelt out", rf"\b[\w.+-]{{2,64}}\s(?:at\s[A-Za-z0-9-]{{2,63}}(?:\sdot\s[A-Za-z0-9-]{{2,63}})?\sdot|arobas\s[A-Za-z0-9-]{{2,63}}\spoint)\s{_TOP}\b", 0.8),
        Pattern("in brackets", r"\b[\w.+-]{2,64}\s?[(\[]\s?(?:at|arobas)\s?[)\]]\s?[A-Za-z0-9-]{2,63}(?:\s?[(\[]\s?(?:dot|point)\s?[)\]]\s?|\s(?:dot|point)\s|\.)[A-Za-z]{2,12}\b", 0.8),
        Pattern("provider", r"\b[\w.+-]{3,64}\s+at\s+(?:gmail|hotmail|outlook|yahoo|icloud|proton(?:mail)?|live|shaw|telus)\b", 0.8),
    )  # fmt: skip
    CONTEXT = ("email", "e-mail", "mail", "courriel", "address", "reach")

    def __init__(self) -> None:
        super().__init__(
            supported_entity="EMAIL_ADDRESS", patterns=list(self.PATTERNS), context=list(self.CONTEXT), name="ChatEmailRecognizer"
        )
