"""A name that the author says is a client's: the word for a client stands right beside it."""

from presidio_analyzer import Pattern, PatternRecognizer

_SURE = r"(?:clients?|cliente|service\suser|kiddo|foster\s(?:kid|child|mom|dad|parent)|cl|ct)"
_LOOSE = r"(?:resident|patient|participant|consumer)"  # these also qualify things: a patient teacher, the resident Evil movie
_NO_NAMES = "|".join(
    """
    I A An The And But Or So Then If When While Since Because Although After Before Once Until As Is Are Was Were Can Could
    Should Would Might Do Does Did Has Have Had This That These Those There Here Who What Which Where Why How He She It We They
    You My Our Your His Her Their Its Someone Everyone Nobody Anyone Not Also Now Still Just Even Only Maybe
    Yesterday Today Tomorrow Tonight Lately Recently Honestly Sadly Luckily Sorry Thanks Thank Please Ugh Oh Hey Hi Hello Ok Okay
    Yes No Yeah Well Met Saw Told Asked Called Texted Emailed Visited Helped Got Took Gave Met Seeing Meeting Update
    Monday Tuesday Wednesday Thursday Friday Saturday Sunday January February March July September October November December
    Services? Portal Care Relations Support Cent(?:re|er)(?:d|s)? Files? Council Rights Association Safety Outcomes Intake Consent
    Evil Zoom Teams Slack Facebook Instagram Snapchat TikTok WhatsApp LinkedIn Google Advis(?:or|er) Assistant Advocate
    Handbook Policy Records? Database Survey Information Focused
    """.split()
)
_WORD = rf"(?!(?:{_NO_NAMES})\b|(?:April|May|June|August)\s\d)[A-ZÀ-ÖØ-Þ][a-zà-öø-ÿ'’-]{{1,20}}"
_NAME = rf"(?>{_WORD}(?:\s(?:{_WORD}|[A-Z]\.?(?!\w)))?)(?!\w)"
_NO_THING = r"(?!\s(?:page|forms?|approach|movie|portal|handbook|policy|survey|template|database|software|account)\b)"
_MINE = r"(?:(?:my|our|one\sof\s(?:my|our)|ma|mon|notre)\s(?:\w{1,20}\s)?)"
_TOLD = r"(?:,|\sis|\swho\sis)?\s(?:named|called|nomm[ée]e?|qui\ss['’]appelle)"


class ClientNameRecognizer(PatternRecognizer):
    """“my client Ana Ruiz”, “a resident named Ana”, “Ana, one of my clients,”. Case matters, so that a verb is no name."""

    PATTERNS = (
        Pattern("client, then name", rf"\b(?i:(?:{_MINE}|(?:your|his|her)\s)(?:{_SURE}|{_LOOSE}),?|the\s{_SURE},?)\s{_NAME}{_NO_THING}", 0.8),
        Pattern("client called", rf"\b(?i:(?:(?:an?|the|my|our|une?)\s)?(?:{_SURE}|{_LOOSE})(?:{_TOLD}|['’]s\s(?:\w{{1,10}}\s)?name(?:\sis|\swas|['’]s|:)))\s{_NAME}", 0.8),
        Pattern("name, a client's", rf"\b{_NAME}(?=,\s(?i:{_MINE}{_SURE}\s?(?:[,.;!?)\n]|\Z))|\s?\((?i:{_MINE}{_SURE})\b|\s(?i:is|was)\s(?i:{_MINE}{_SURE})\b(?!['’]))", 0.75),
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
