"""
`mfo.toml`, the `.env` beside it and the environment, read once into `Settings`.

Wrong or unknown settings are refused with the file, the key and what is allowed. Keys come from the environment (or
the `.env`) only, and never stand in a message.
"""

import os
import re
import tomllib
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from dotenv import dotenv_values
from platformdirs import user_config_path, user_data_path
from pydantic import SecretStr, ValidationError

from etl.config.schema import LimitOverride, SettingsSection, Tables
from etl.config.settings import BASE_URL_VARIABLES, KEY_VARIABLES, Settings, parse_instant
from etl.errors import SettingsWrong
from etl.market.sessions import FIRST, LAST

_CALENDAR = (FIRST + timedelta(days=31), LAST)  # the days on which some session before is known
# no user, query or anchor, and nothing that a page or feed would have to escape
_FOLDER = re.compile(r"https?://[A-Za-z0-9.\-\[\]:]+(/[A-Za-z0-9._~%+\-]+)*/?")
# Words that the made-up upstream takes for keys, so that the demo goes the same way as a run with keys.
DEMO_KEYS = {
    "ALPHA_VANTAGE_API_KEY": SecretStr("made-up-alpha-vantage-key"),
    "FRED_API_KEY": SecretStr("madeupfredkeymadeupfredkey000000"),
}


def read_settings(
    environment: Mapping[str, str] | None = None, config: Path | None = None, *, demo: bool = False
) -> Settings:
    """
    Read `mfo.toml` (--config, MFO_CONFIG, the current folder, the user's folder), `.env` beside it, the environment.

    Raises:
        SettingsWrong: names the file or variable, the key and what is allowed.
    """
    env = dict(os.environ if environment is None else environment)
    path = _find_config(config, env)
    env = {**_read_env_file((path.parent if path else Path.cwd()) / ".env"), **env}
    tables = _read_tables(path)
    timezone = env.get("MFO_TIMEZONE") or tables.timezone or "Asia/Kolkata"
    _check_timezone(timezone, "MFO_TIMEZONE" if env.get("MFO_TIMEZONE") else f"{path}: timezone")
    home = path.parent if path else Path()  # a folder that mfo.toml names is relative to its own place
    own = home / tables.data_dir.expanduser() if tables.data_dir else user_data_path("mfo")
    data_dir = (Path(env["MFO_DATA_DIR"]).expanduser() if env.get("MFO_DATA_DIR") else own).absolute()
    return Settings(
        source=str(path) if path else "defaults",
        data_dir=data_dir.with_name(data_dir.name + "-demo") if demo else data_dir,
        timezone=timezone,
        site_url=_read_site_url(env.get("MFO_SITE_URL"), tables.site.base_url, f"{path}: site.base_url"),
        now=_read_now(env.get("MFO_NOW")),
        demo=demo,
        openai_model=env.get("OPENAI_MODEL") or tables.openai_model,
        tables=tables,
        keys=dict(DEMO_KEYS) if demo else _read_keys(env),
        base_urls={} if demo else {name: _read_url(name, env[name]) for name in BASE_URL_VARIABLES if env.get(name)},
    )


def _read_env_file(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    try:
        return {k: v for k, v in dotenv_values(path, interpolate=False).items() if v is not None}
    except UnicodeDecodeError:
        raise SettingsWrong(f"{path}: not UTF-8") from None
    except OSError as error:
        raise SettingsWrong(f"{path}: cannot be read: {error.strerror}") from None


def _read_keys(env: Mapping[str, str]) -> dict[str, SecretStr]:
    return {name: SecretStr(env[name].strip()) for name in KEY_VARIABLES if env.get(name, "").strip()}


def _find_config(config: Path | None, env: Mapping[str, str]) -> Path | None:
    named = config or (Path(env["MFO_CONFIG"]) if env.get("MFO_CONFIG") else None)
    if named:
        if not named.is_file():
            where = "--config" if config else "MFO_CONFIG"
            raise SettingsWrong(f"{where}: there is no file {named}; `mfo init` writes one")
        return named.absolute()
    for folder in (Path.cwd(), user_config_path("mfo")):
        if (folder / "mfo.toml").is_file():
            return (folder / "mfo.toml").absolute()
    return None


def _read_tables(path: Path | None) -> Tables:
    if path is None:
        return Tables()
    try:
        return Tables.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsWrong(f"{path}: not valid TOML: {error}") from None
    except ValidationError as error:
        raise SettingsWrong(f"{path}: {_first_mistake(error)}") from None
    except OSError as error:
        raise SettingsWrong(f"{path}: cannot be read: {error.strerror}") from None


def _first_mistake(error: ValidationError) -> str:
    """One line: which key, what is wrong with it, what is allowed."""
    first = error.errors(include_url=False, include_input=False)[0]
    key = ".".join(str(part) for part in first["loc"])
    if first["type"] != "extra_forbidden":
        return f"{key}: {first['msg'][0].lower()}{first['msg'][1:]}"
    model: Any = Tables
    for part in first["loc"][:-1]:
        annotation = model.model_fields[str(part)].annotation if str(part) in model.model_fields else LimitOverride
        model = (
            annotation if isinstance(annotation, type) and issubclass(annotation, SettingsSection) else LimitOverride
        )
    return f"unknown setting {key!r}; allowed there: {', '.join(model.model_fields)}"


def _check_timezone(name: str, where: str) -> None:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise SettingsWrong(f"{where}: unknown time zone {name!r}; allowed: IANA names such as Asia/Kolkata") from None


def _read_now(text: str | None) -> datetime | None:
    if not text:
        return None
    now = parse_instant(text, "MFO_NOW", SettingsWrong)
    if not _CALENDAR[0] <= now.date() <= _CALENDAR[1]:
        raise SettingsWrong(f"MFO_NOW: {now.date()} is outside the calendar; allowed: {_CALENDAR[0]} to {_CALENDAR[1]}")
    return now


def _read_site_url(variable: str | None, setting: str | None, where: str) -> str | None:
    """The site's public address: a folder's, so that a file's name can be put behind it."""
    name, value = ("MFO_SITE_URL", variable) if variable else (where, setting)
    if value is None:
        return None
    if not _FOLDER.fullmatch(value):
        raise SettingsWrong(f"{name}: {value!r} is no folder's address; allowed: such as https://example.org/flows")
    return _read_url(name, value)


def _read_url(name: str, value: str) -> str:
    if not value.startswith(("http://", "https://")):
        raise SettingsWrong(f"{name}: must start with http:// or https://")
    try:
        parts = urlsplit(value)
        names_host = bool(parts.hostname) and parts.port != 0
    except ValueError:
        names_host = False
    if not names_host:
        raise SettingsWrong(f"{name}: names no host; allowed: such as https://api.example.org/path")
    return value.rstrip("/")
