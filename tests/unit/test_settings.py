from pathlib import Path

import pytest

from bots.settings import read_settings
from core.errors import SettingsError


def test_nothing_set_is_fine_and_empty_counts_as_unset() -> None:
    assert read_settings({}) == read_settings({"PRACTICUM_BOT_DATABASE_URL": "", "HOME": "/tmp"})


def test_every_fault_at_once(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings(
            {
                "PRACTICUM_BOT_DATABSE_URL": "x",
                "PRACTICUM_BOT_DATABASE_URL": "mysql://user:secret-word@host/db",
                "PRACTICUM_BOT_ENCODER": str(tmp_path / "none"),
            }
        )
    text = str(caught.value)
    assert len(caught.value.faults) == 3
    assert "PRACTICUM_BOT_DATABSE_URL: is not a setting" in text
    assert "secret-word" not in text


def test_a_database_url_that_is_none() -> None:
    with pytest.raises(SettingsError, match="is not a database URL"):
        read_settings({"PRACTICUM_BOT_DATABASE_URL": "not a url"})


def test_the_default_database_lies_in_the_data_directory(tmp_path: Path) -> None:
    assert str(tmp_path) in read_settings({}).async_database_url


@pytest.mark.parametrize(
    ("url", "cure"),
    [
        ("postgresql://user:secret-word@host/db", r"write postgresql\+psycopg://"),
        ("postgres://user:secret-word@host/db", r"write postgresql\+psycopg://"),
        ("postgresql+asyncpg://user:secret-word@host/db", r"write postgresql\+psycopg://"),
        ("sqlite:////var/lib/practicum-bot.db", r"write sqlite\+aiosqlite://"),
        ("sqlite+aiosqlite://", "names no file"),
        ("postgresql+psycopg://user:secret-word@host", "names no database"),
        ("mysql://user:secret-word@host/db", r"write sqlite\+aiosqlite:.* or postgresql\+psycopg:"),
    ],
)
def test_a_database_that_cannot_be_used_is_told_the_right_form(url: str, cure: str) -> None:
    with pytest.raises(SettingsError, match=cure) as caught:
        read_settings({"PRACTICUM_BOT_DATABASE_URL": url})
    assert "secret-word" not in str(caught.value)


@pytest.mark.parametrize("url", ["postgresql+psycopg://user:word@host/db", "postgresql+psycopg:///db?host=/run/postgresql"])
def test_a_postgresql_database(url: str) -> None:
    assert read_settings({"PRACTICUM_BOT_DATABASE_URL": url}).async_database_url == url
