"""Words as the lexical ranker counts them."""

import pytest

from core.qa.lexicon import Lexicon

THESAURUS = {
    "platforms": {"social media": ("insta", "on snap", "snap story")},
    "people": {"client": ("service user", "the kid i work with", "kid")},
}


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("my service-users' posts", ["my", "service", "user", "post"]),  # only what the thesaurus names is taken together
        ("A Service  User ON SNAP", ["a", "client", "social_media"]),
        ("the kid I work with", ["client"]),  # the longest variant wins
        ("the kid’s insta", ["the", "client", "social_media"]),
        ("snap", ["snap"]),  # everyday words stand only in their phrase
        ("service user-friendly", ["client", "friendly"]),
        ("service", ["service"]),  # a variant cut off at the end
        ("", []),
    ],
)
def test_terms(text: str, terms: list[str]) -> None:
    assert Lexicon(THESAURUS).terms(text) == terms
