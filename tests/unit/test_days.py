"""Wall clocks of several zones, holidays and breaks."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from core.cohort import Cohort
from core.scheduling.days import days, wall_clock

TABLE = [
    # zone, day, time on the wall, the moment it is, what the wall shows then
    ("America/Edmonton", date(2027, 3, 14), time(1, 59), "2027-03-14T08:59Z", "01:59"),
    ("America/Edmonton", date(2027, 3, 14), time(2, 0), "2027-03-14T09:00Z", "03:00"),
    ("America/Edmonton", date(2027, 3, 14), time(2, 59), "2027-03-14T09:00Z", "03:00"),
    ("America/Edmonton", date(2027, 11, 7), time(1, 30), "2027-11-07T07:30Z", "01:30"),
    ("America/Edmonton", date(2027, 11, 7), time(2, 0), "2027-11-07T09:00Z", "02:00"),
    ("America/St_Johns", date(2027, 3, 14), time(2, 30), "2027-03-14T05:30Z", "03:00"),
    ("America/St_Johns", date(2027, 11, 7), time(1, 15), "2027-11-07T03:45Z", "01:15"),
    ("America/St_Johns", date(2010, 3, 14), time(0, 1), "2010-03-14T03:31Z", "01:01"),  # clocks changed at 00:01
    ("America/St_Johns", date(2010, 11, 7), time(0, 0), "2010-11-07T02:30Z", "00:00"),  # and went back over midnight
    ("Australia/Lord_Howe", date(2027, 10, 3), time(2, 15), "2027-10-02T15:30Z", "02:30"),  # half an hour
    ("Australia/Lord_Howe", date(2027, 4, 4), time(1, 45), "2027-04-03T14:45Z", "01:45"),
    ("Europe/London", date(2027, 3, 28), time(1, 30), "2027-03-28T01:00Z", "02:00"),
    ("Europe/London", date(2027, 10, 31), time(1, 30), "2027-10-31T00:30Z", "01:30"),
    ("America/Sao_Paulo", date(2018, 11, 4), time(0, 0), "2018-11-04T03:00Z", "01:00"),  # midnight did not exist
    ("America/Sao_Paulo", date(2018, 2, 17), time(23, 30), "2018-02-18T01:30Z", "23:30"),
    ("America/Sao_Paulo", date(2027, 11, 7), time(0, 0), "2027-11-07T03:00Z", "00:00"),  # no longer
    ("Pacific/Apia", date(2011, 12, 30), time(0, 0), "2011-12-30T10:00Z", "00:00"),  # the day did not exist
    ("Pacific/Apia", date(2011, 12, 30), time(9, 0), "2011-12-30T10:00Z", "00:00"),
    ("Pacific/Apia", date(2011, 12, 29), time(9, 0), "2011-12-29T19:00Z", "09:00"),
    ("Pacific/Apia", date(2011, 12, 31), time(9, 0), "2011-12-30T19:00Z", "09:00"),
    ("Asia/Kathmandu", date(2027, 3, 14), time(9, 0), "2027-03-14T03:15Z", "09:00"),
    ("UTC", date(2027, 3, 14), time(2, 30), "2027-03-14T02:30Z", "02:30"),
]


@pytest.mark.parametrize(("zone", "day", "at", "moment", "shown"), TABLE)
def test_the_clock_on_the_wall(zone: str, day: date, at: time, moment: str, shown: str) -> None:
    found = wall_clock(day, at, ZoneInfo(zone))
    assert found.astimezone(UTC) == datetime.fromisoformat(moment)
    assert f"{found.astimezone(UTC).astimezone(ZoneInfo(zone)):%H:%M}" == shown


def found(weekday: str, start: str, end: str, breaks: object = (), **changes: object) -> list[str]:
    cohort = Cohort.model_validate(
        {
            "name": "W",
            "profile": "mru",
            "timezone": "America/Edmonton",
            "term": {"start": start, "end": end, "breaks": breaks},
            "prompts": {"weekday": weekday, "at": "09:00"},
            **changes,
        }
    )
    assert cohort.term
    return [due.day.isoformat() for due in days(cohort, cohort.term)]


def test_a_holiday_moves_to_the_next_working_day() -> None:
    assert found("monday", "2027-02-08", "2027-02-26", holidays="CA-AB") == ["2027-02-08", "2027-02-16", "2027-02-22"]
    assert found("monday", "2027-02-08", "2027-02-26", holidays="CA-QC") == ["2027-02-08", "2027-02-15", "2027-02-22"]
    assert found("monday", "2027-02-08", "2027-02-26") == ["2027-02-08", "2027-02-15", "2027-02-22"]


def test_two_holidays_in_a_row_are_passed_over() -> None:
    """Christmas and Boxing Day 2028 are a Monday and a Tuesday."""
    assert found("monday", "2028-12-18", "2028-12-31", holidays="GB-ENG") == ["2028-12-18", "2028-12-27"]


@pytest.mark.parametrize(
    ("weekday", "breaks", "end"),
    [
        ("friday", [], "2027-04-02"),  # Good Friday: no working day is left in its week
        ("friday", [["2027-03-24", "2027-03-28"]], "2027-04-02"),
        ("friday", [], "2027-03-26"),
    ],
)
def test_where_no_day_of_the_week_is_left_it_is_left_out(weekday: str, breaks: object, end: str) -> None:
    assert "2027-03-26" not in (left := found(weekday, "2027-03-15", end, breaks, holidays="CA-AB"))
    assert not any(day.startswith("2027-03-2") for day in left)


def test_a_holiday_does_not_move_into_a_break_or_past_the_term() -> None:
    week = [["2027-02-16", "2027-02-19"]]
    assert found("monday", "2027-02-08", "2027-02-26", week, holidays="CA-AB") == ["2027-02-08", "2027-02-22"]
    assert found("monday", "2027-02-08", "2027-02-15", holidays="CA-AB") == ["2027-02-08"]
