import pytest

from core.cohort import Cohort
from core.scan.people import People, Role

COHORT = Cohort.model_validate(
    {
        "name": "W",
        "profile": "mru",
        "timezone": "UTC",
        "agencies": ["Sample House"],
        "roster": [
            {"name": "Grace Okafor", "aliases": ["Gracie"]},
            {"name": "Tomasz Nowak"},
            {"name": "Ana-Lucía Peña"},
            {"name": "Zoe\u0308 Møller"},
            {"name": "Will Tran"},
            {"name": "Hope Diaz"},
            {"name": "Mark O’Hara"},
            {"name": "Elizabeth Bright"},
            {"name": "Kwabena Asante"},
        ],
        "staff": [{"name": "Dana Reed", "role": "field instructor", "aliases": ["Dee"]}],
    }
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("thanks Grace!", [(Role.CLASSMATE, "Grace")]),
        ("saying grace before dinner", []),
        ("grace okafor sent it", [(Role.CLASSMATE, "grace okafor")]),
        ("GRACE OKAFOR SENT IT", [(Role.CLASSMATE, "GRACE OKAFOR")]),
        ("gracie's notes", [(Role.CLASSMATE, "gracie's")]),
        ("tomasz’s slides", [(Role.CLASSMATE, "tomasz’s")]),
        ("@Tomasz can you", [(Role.CLASSMATE, "Tomasz")]),
        ("ana-lucía peña asked", [(Role.CLASSMATE, "ana-lucía peña")]),
        ("ana-lucia pena asked", [(Role.CLASSMATE, "ana-lucia pena")]),
        ("Ana-Luci\u0301a Pen\u0303a’s", [(Role.CLASSMATE, "Ana-Luci\u0301a Pen\u0303a’s")]),
        ("zoë and Zoe Moller", [(Role.CLASSMATE, "zoë"), (Role.CLASSMATE, "Zoe Moller")]),
        ("mark o'hara", [(Role.CLASSMATE, "mark o'hara")]),
        ("Will anyone cover?", []),
        ("Hope everyone is well", []),
        ("ok.  “Mark your calendars”\n- Will anyone?", []),
        ("thanks Will!", [(Role.CLASSMATE, "Will")]),
        ("@Hope", [(Role.CLASSMATE, "Hope")]),
        ("Will Tran asked", [(Role.CLASSMATE, "Will Tran")]),
        ("Dana Reed and Dee", [(Role.STAFF, "Dana Reed"), (Role.STAFF, "Dee")]),
        ("over at sample house", [(Role.AGENCY, "sample house")]),
        ("a sample of the house wine", []),
        ("Gracefully done", []),
        ("liz has the slides", [(Role.CLASSMATE, "liz")]),
        ("ask Kwabenna or Tomas", [(Role.CLASSMATE, "Kwabenna"), (Role.CLASSMATE, "Tomas")]),
        ("thanks Elizabth", [(Role.CLASSMATE, "Elizabth")]),
        ("the Grade is posted", []),
        ("K.A. and t. n. know", [(Role.CLASSMATE, "K.A."), (Role.CLASSMATE, "t. n.")]),
        ("e.g. at 5 p.m. in the U.S.", []),
        ("", []),
    ],
)
def test_mentions(text: str, found: list[tuple[Role, str]]) -> None:
    assert [(mention.role, text[mention.start : mention.end]) for mention in People(COHORT).mentions(text)] == found


def test_a_large_roster_is_looked_up_not_searched() -> None:
    roster = [{"name": f"Given{number} Family{number}"} for number in range(2000)]
    people = People(COHORT.model_copy(update={"roster": Cohort.model_validate({**COHORT.model_dump(), "roster": roster}).roster}))
    assert [mention.role for mention in people.mentions("ask Given1999 Family1999 or Given7")] == [Role.CLASSMATE] * 2
