"""Phone numbers as people type them in chat: dots, spaces, brackets, no area code with a cue, or spelt in words."""

from presidio_analyzer import Pattern, PatternRecognizer

_DIGIT = r"(?:zero|oh|one|two|three|four|five|six|seven|eight|nine|double|triple)"


class ChatPhoneRecognizer(PatternRecognizer):
    """North American numbers, and numbers with a country code.

    Source of the shape: the North American Numbering Plan (area and exchange codes start with 2 to 9).
    """

    PATTERNS = (
        Pattern(
            "NANP",
            r"(?<![\w.-])(?:\+?1[\s.-]?)?(?:\([2-9]\d{2}\)|[2-9]\d{2})[\s.-]{0,3}[2-9]\d{2}[\s.-]{1,3}\d{4}(?![\w-]|\.\d)",
            0.7,
        ),
        Pattern("NANP, digits alone", r"(?<![\w./=#-])(?:\+?1)?[2-9]\d{2}[2-9]\d{6}(?![\w-]|\.\d)", 0.3),
        Pattern("international", r"(?<![\w.])\+(?!1\b)\d{1,3}[\s.-]?(?:\(?\d{1,4}\)?[\s.-]?){2,4}\d{2,4}(?!\w)", 0.7),
        Pattern("seven digits", r"(?<![\w./$#-])[2-9]\d{2}[-.]\d{4}(?![\w-]|\.\d)", 0.3),
        Pattern("in words", rf"\b(?:{_DIGIT}[\s,-]+){{6,12}}{_DIGIT}\b", 0.7),
    )
    CONTEXT = (
        "phone", "cell", "cel", "mobile", "number", "num", "call", "text", "txt", "reach", "ring", "dial", "whatsapp",
        "tel", "ph", "home", "contact", "her", "his", "their", "mom", "dad", "numéro", "appelle",
    )  # fmt: skip

    def __init__(self) -> None:
        super().__init__(
            supported_entity="PHONE_NUMBER", patterns=list(self.PATTERNS), context=list(self.CONTEXT), name="ChatPhoneRecognizer"
        )
