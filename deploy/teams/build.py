"""Makes the app package for Teams: `python -m deploy.teams.build APP_ID --site https://…`."""

import argparse
import json
import sys
import uuid
import zipfile
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlsplit

from core.errors import InputError

FOLDER = Path(__file__).resolve().parent
ICONS = ("color.png", "outline.png")
SAME_TIME = (1980, 1, 1, 0, 0, 0)  # of every file in the package, so that the same input makes the same bytes


def manifest(app_id: str, site: str) -> str:
    """The manifest for a bot and the page that says who runs it. Raises InputError."""
    try:
        known = str(uuid.UUID(app_id))
    except ValueError:
        raise InputError(f"'{app_id}' is no app id; it stands on the Azure Bot's Configuration page") from None
    if urlsplit(site).scheme != "https" or not urlsplit(site).hostname:
        raise InputError(f"'{site}' must be an https address, of the page on which your program says who runs this")
    text = (FOLDER / "manifest.json").read_text(encoding="utf-8")
    for name, value in (("APP_ID", known), ("SITE", site), ("VERSION", version("practicum-bot"))):
        text = text.replace(f'"{{{{{name}}}}}"', json.dumps(value))
    json.loads(text)
    return text


def build(app_id: str, site: str, package: Path) -> None:
    """Write the package. Raises InputError."""
    text = manifest(app_id, site)
    package.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(zipfile.ZipInfo("manifest.json", SAME_TIME), text)
        for icon in ICONS:
            packed.writestr(zipfile.ZipInfo(icon, SAME_TIME), (FOLDER / icon).read_bytes())


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m deploy.teams.build", description="Makes the app package for Teams.")
    parser.add_argument("app_id", help="the bot's app id, as MICROSOFT_APP_ID")
    parser.add_argument("--site", required=True, help="an https page on which your program says who runs this, and its privacy")
    parser.add_argument("--to", type=Path, default=Path("dist/practicum-bot-teams.zip"), help="the package to write")
    given = parser.parse_args()
    try:
        build(given.app_id, given.site, given.to)
    except InputError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    print(f"Wrote {given.to}; upload it in Teams' admin center under Manage apps.")


if __name__ == "__main__":
    main()
