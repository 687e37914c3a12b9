"""Phone numbers as people type them in chat: dots, spaces, brackets, no area code with a cue, or spelt in words."""

import re
from itertools import pairwise

from presidio_analyzer import Pattern, PatternRecognizer

_SPOKEN = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_DIGIT = rf"(?:{'|'.join(_SPOKEN)}|oh|double|triple)"
_BEFORE = r"(?<!\w|\d[.-])"
_AFTER = r"(?!\w|[.-]\d)"


class ChatPhoneRecognizer(PatternRecognizer):
    """North American numbers, and numbers with a country code.

    Source of the shape: the North American Numbering Plan (area and exchange codes start with 2 to 9).
    """

    PATTERNS = (
        Pattern("NANP", rf"{_BEFORE}(?:\+?1[\s.-]?)?(?:\([2-9]\d{{2}}\)|[2-9]\d{{2}})[\s.-]{{0,3}}[2-9]\d{{2}}[\s.-]{{1,3}}\d{{4}}{_AFTER}", 0.7),
        Pattern("NANP, digits alone", rf"(?<![\w./=#]|\d-)(?:\+?1)?[2-9]\d{{2}}[2-9]\d{{6}}{_AFTER}", 0.3),
        Pattern("WhatsApp", r"\bwa\.me/\+?\d{10,15}\b", 0.7),
        Pattern("international", r"(?<![\w.])\+(?![01])(?!\d{1,3}(?:\s000)+\b)\d{1,3}[\s.-]?(?:\(?\d{1,4}\)?[\s.-]?){2,4}\d{2,4}(?!\w)", 0.7),
        Pattern("seven digits", rf"(?<![\w./$#]|\d-)[2-9]\d{{2}}[-.]\d{{4}}{_AFTER}", 0.3),
        Pattern("cue and seven digits", rf"\b(?:cell(?:\s?phone)?|cel|mobile|phone|tel|(?:call|text|txt|ring)\s(?:me|her|him|them))(?:\s(?:is|was|at|on|number|no))?[\s:#]{{1,3}}\K[2-9]\d{{2}}[\s.-]?\d{{4}}{_AFTER}", 0.7),
        Pattern("in words", rf"\b(?:{_DIGIT}[\s,-]+){{6,12}}{_DIGIT}\b", 0.7),
    )  # fmt: skip
    CONTEXT = (
        "phone", "cell", "cel", "mobile", "number", "num", "call", "calls", "called", "calling", "text", "texts", "texted", "texting",
        "txt", "reach", "ring", "dial", "whatsapp", "tel", "ph", "home", "contact", "her", "his", "him", "their", "them", "wife",
        "husband", "mom", "mum", "dad", "sister", "brother", "aunt", "uncle", "numéro", "cellulaire", "appelle", "appelez",
    )  # fmt: skip

    def __init__(self) -> None:
        super().__init__(
            supported_entity="PHONE_NUMBER", patterns=list(self.PATTERNS), context=list(self.CONTEXT), name="ChatPhoneRecognizer"
        )

    def invalidate_result(self, pattern_text: str) -> bool:
        """Not a number: counting aloud, or codes that nobody is given, as in 250 250 2500 and 300-450-1200."""
        spoken = [_SPOKEN.index(word) for word in re.findall("[a-z]+", pattern_text.casefold()) if word in _SPOKEN]
        if spoken:
            return {after - before for before, after in pairwise(spoken)} in ({1}, {-1})
        digits = "".join(filter(str.isdigit, pattern_text))
        if len(digits) != 10 or pattern_text.startswith("+"):
            return False
        area, exchange = digits[:3], digits[3:6]
        return area == exchange or (area.endswith("00") and area not in {"800", "900"})
