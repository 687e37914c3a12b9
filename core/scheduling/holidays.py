"""Public holidays by country, province or state."""

from collections.abc import Mapping
from datetime import date
from functools import cache


@cache
def public_holidays(place: str) -> Mapping[date, str]:
    """The holidays of a country (`CA`) or of one of its parts (`CA-AB`), any year, by date. Raises ValueError."""
    import holidays

    country, _, part = place.partition("-")
    try:
        return holidays.country_holidays(country, subdiv=part or None)
    except NotImplementedError as error:
        raise ValueError("is no place whose holidays are known; write a country and its province, for example CA-AB") from error
