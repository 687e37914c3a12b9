import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.text import MAX_CHARACTERS, plain, readable


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("plain words", "plain words"),
        ("hey <@U04ABCDEF> look", "hey @someone look"),
        ("hey <@U04ABCDEF|dana> look", "hey @dana look"),
        ("<#C0123|general> and <#C0123>", "#general and #"),
        ("<!here> all", "@someone all"),
        ("see <https://example.org/a?b=1|the notes>", "see the notes"),
        ("see <https://example.org/a>", "see https://example.org/a"),
        ("mail <mailto:a.b@example.org|a.b@example.org>", "mail a.b@example.org"),
        ("<mailto:a.b@example.org>", "a.b@example.org"),
        ("Tom &amp; Ana &lt;3", "Tom & Ana <3"),
        ("<p>Hi <at>Ethics Bot</at></p><p>one&nbsp;two</p>", "\nHi @Ethics Bot\n\none two\n"),
        ("a\u202eb\u200bc\x07", "abc"),
        ("ﬁne １２３", "fine 123"),
        ("5 < 6 and x > 3", "5 < 6 and x > 3"),
        ("two\nlines\tand tab", "two\nlines\tand tab"),
        ("403\u2010555\u20110134 \u2013 a\u2014b \u22125", "403-555-0134 - a-b -5"),
        ("a&#8203;b&#x202e;c&shy;d&nbsp;e", "abcd e"),
        ("my client <Farida Hassan> called", "my client <Farida Hassan> called"),
        ("<phone 403-555-0134>", "<phone 403-555-0134>"),
        ("List<String> and <a friend of mine>", "List<String> and <a friend of mine>"),
        ('<SPAN style="x">a</SPAN><br /><img src="y" alt="z"/><b>b</b><h2>c</h2>', "a\nb\nc\n"),
        ("", ""),
    ],
)
def test_a_reader_sees(given: str, shown: str) -> None:
    assert plain(given).text == shown


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("hey <@U04ABCDEF> my client Ana", "Ana"),
        ("&amp;&amp; call <tel:4035550100|403-555-0100> now", "403-555-0100"),
        ("mail <mailto:a.b@example.org> now", "a.b@example.org"),
        ("<div>one</div><div>two</div>", "two"),
        ("\u200b\u200bAna\u200b", "Ana"),
        ("<p>one</p>&lt;&#8203;two&gt; three", "two"),
    ],
)
def test_offsets_point_into_the_original(given: str, words: str) -> None:
    shown = plain(given)
    start = shown.text.index(words)
    assert given[slice(*shown.original(start, start + len(words)))] == words


@pytest.mark.parametrize(
    ("given", "span"),
    [
        ("call <@U04ABCDEF>", (0, 17)),
        ("call <@U04ABCDEF|dana> now", (0, 26)),
        ("in <#C0123>", (0, 11)),
        ("Tom &amp;", (0, 9)),
        ("", (0, 0)),
    ],
)
def test_the_whole_text_is_the_whole_original(given: str, span: tuple[int, int]) -> None:
    shown = plain(given)
    assert shown.original(0, len(shown.text)) == span


@given(st.text(max_size=400))
def test_offsets_never_leave_the_original_and_never_run_backwards(text: str) -> None:
    shown = plain(text)
    assert len(shown.offsets) == len(shown.ends) == len(shown.text)
    assert list(shown.offsets) == sorted(shown.offsets)
    assert all(0 <= offset < len(text) for offset in shown.offsets)
    start, end = shown.original(0, len(shown.text))
    assert 0 <= start <= end <= len(text)


@given(st.text(alphabet=st.sampled_from(list('abc<>@#|&;/=" \n!UC0:.tphsm')), max_size=300))
def test_broken_markup_is_text(text: str) -> None:
    assert len(plain(text).offsets) == len(plain(text).text)


def test_very_long_texts_are_read_up_to_the_limit() -> None:
    assert len(plain("x" * (MAX_CHARACTERS + 5)).text) == MAX_CHARACTERS
    assert len(plain("ﷺ" * MAX_CHARACTERS).text) == MAX_CHARACTERS


@pytest.mark.parametrize(("text", "can"), [("ok then", True), ("🙃🙃", False), ("", False), ("123 456", False), ("нет", True)])
def test_readable(text: str, can: bool) -> None:
    assert readable(text) is can
