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
