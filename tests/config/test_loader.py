"""`mfo.toml`, `.env` and the environment: what is wrong is refused with the place, the key and what is allowed."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from etl.config import loader
from etl.config.loader import read_settings
from etl.config.settings import BASE_URL_VARIABLES, KEY_VARIABLES
from etl.errors import SettingsWrong

SECRET = "CANARYsecret42"


@pytest.fixture(autouse=True)
def folders(tmp_path, monkeypatch):
    """The current folder and the user's folders are empty ones of this test."""
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setattr(loader, "user_config_path", lambda name: tmp_path / "config" / name)
    monkeypatch.setattr(loader, "user_data_path", lambda name: tmp_path / "share" / name)


def toml(text: str, folder: Path | None = None) -> Path:
    """An mfo.toml in a folder, the current one unless another is named."""
    path = (folder or Path.cwd()) / "mfo.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def refused(text: str) -> str:
    """What is said of a file with such text."""
    path = toml(text)
    with pytest.raises(SettingsWrong) as caught:
        read_settings({})
    said = str(caught.value)
    assert said.startswith(f"{path}: ")
    assert "\n" not in said
    return said.removeprefix(f"{path}: ")


# what is there without any setting


def test_without_a_file_the_defaults_are_the_products(tmp_path):
    """`mfo run-daily` works on a fresh machine."""
    settings = read_settings({})
    assert settings.source == "defaults"
    assert settings.data_dir == tmp_path / "share" / "mfo"
    assert (settings.timezone, settings.openai_model, settings.now) == ("Asia/Kolkata", "gpt-6-luna", None)
    assert settings.keys == {}
    assert settings.base_urls == {}


# where it is found


def test_the_file_is_looked_for_in_four_places(tmp_path):
    """--config, then MFO_CONFIG, then the current folder, then the user's."""
    named = toml('timezone = "Europe/Rome"', tmp_path / "named")
    variable = toml('timezone = "Europe/Paris"', tmp_path / "variable")
    env = {"MFO_CONFIG": str(variable)}
    toml('timezone = "Europe/Oslo"', tmp_path / "config" / "mfo")
    assert read_settings({}).timezone == "Europe/Oslo"
    toml('timezone = "Europe/Riga"')
    assert read_settings({}).timezone == "Europe/Riga"
    assert read_settings(env).timezone == "Europe/Paris"
    assert read_settings(env, named).timezone == "Europe/Rome"
    assert read_settings(env, named).source == str(named)


def test_a_file_that_is_named_must_be_there(tmp_path):
    """The message says which name was wrong, and what writes one."""
    with pytest.raises(SettingsWrong, match=r"--config: there is no file .*nowhere\.toml; `mfo init`"):
        read_settings({}, tmp_path / "nowhere.toml")
    with pytest.raises(SettingsWrong, match=r"MFO_CONFIG: there is no file .*nowhere\.toml"):
        read_settings({"MFO_CONFIG": str(tmp_path / "nowhere.toml")})


# what is wrong in it


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("surprise = 1", "unknown setting 'surprise'; allowed there: data_dir, timezone, openai_model, universe,"),
        ("[universe]\nregion = {}", "unknown setting 'universe.region'; allowed there: regions, asset_classes,"),
        (
            "[limits.fred]\nspacing = 1",
            "unknown setting 'limits.fred.spacing'; allowed there: per_day, reserve, per_minute, spacing_s, weight,",
        ),
        ("[notes]\ntemprature = 1", "unknown setting 'notes.temprature'; allowed there: temperature, max_tokens,"),
        ("[notes]\nusd_per_day = 1", "notes: value error, usd_per_day needs usd_per_million_prompt and"),
        ("[notes]\nleast_confidence = 101", "notes.least_confidence: input should be less than or equal to 100"),
        ('FRED_API_KEY = "x"', "unknown setting 'FRED_API_KEY'; allowed there: data_dir,"),
        ("timezone = 5", "timezone: input should be a valid string"),
        ("[extract]\nattempts = 0", "extract.attempts: input should be greater than or equal to 1"),
        ('[extract]\nattempts = "many"', "extract.attempts: input should be a valid integer"),
        ('[extract]\nmacro_from = "soon"', "extract.macro_from: input should be a valid date"),
        ("[limits.fred]\nper_day = -1", "limits.fred.per_day: input should be greater than or equal to 0"),
        ('[universe]\nstocks = ["aapl"]', "universe.stocks: value error, 'aapl' is not a symbol; allowed: capital"),
        ('[universe]\nstocks = ["../x"]', "universe.stocks: value error, '../x' is not a symbol"),
        ("[universe.regions]\nUSA = []", "universe.regions: value error, 'USA' has no symbol"),
        ('[watchlists]\ncore = "SPY"', "watchlists.core: input should be a valid list"),
        ("timezone = ", "not valid TOML: Invalid value"),
        ("[a]\n[a]", "not valid TOML: Cannot declare"),
        ('timezone = "Mars/Base"', "timezone: unknown time zone 'Mars/Base'; allowed: IANA names such as"),
        ('timezone = "../../etc/passwd"', "timezone: unknown time zone"),
        ('timezone = "Europe"', "timezone: unknown time zone 'Europe'"),
        ("[site]\nurl = 1", "unknown setting 'site.url'; allowed there: base_url"),
        ('[site]\nbase_url = "example.org"', "site.base_url: 'example.org' is no folder's address; allowed: such as"),
        ('[site]\nbase_url = ""', "site.base_url: '' is no folder's address"),
    ],
)
def test_a_wrong_setting_is_refused_with_its_file_key_and_what_is_allowed(text, said):
    """One line."""
    assert refused(text).startswith(said)


def test_a_file_that_is_no_text_is_refused():
    """Some editors write UTF-16."""
    path = Path("mfo.toml").absolute()
    path.write_bytes('timezone = "Europe/Rome"'.encode("utf-16"))
    with pytest.raises(SettingsWrong, match=f"{path}: not valid TOML"):
        read_settings({})


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("MFO_NOW", "yesterday", "MFO_NOW: 'yesterday' is not an instant; allowed: 2025-11-01T03:43:00Z or 2025-11-01"),
        ("MFO_NOW", "2025-11-01T03:43:00", "MFO_NOW: '2025-11-01T03:43:00' names no time zone"),
        ("MFO_NOW", "2025-13-01", "MFO_NOW: '2025-13-01' is not an instant"),
        ("MFO_NOW", "9999-12-31T23:59:59-05:00", "MFO_NOW: '9999-12-31T23:59:59-05:00' is not an instant"),
        ("MFO_NOW", "1815-06-18", "MFO_NOW: 1815-06-18 is outside the calendar; allowed: 1990-02-01 to 2060-12-31"),
        ("MFO_TIMEZONE", "Mars/Base", "MFO_TIMEZONE: unknown time zone 'Mars/Base'"),
        ("FRED_BASE_URL", "api.stlouisfed.org", "FRED_BASE_URL: must start with http:// or https://"),
        ("FRED_BASE_URL", "file:///etc/passwd", "FRED_BASE_URL: must start with http:// or https://"),
        ("FRED_BASE_URL", "http://", "FRED_BASE_URL: names no host"),
        ("FRED_BASE_URL", "http://[half", "FRED_BASE_URL: names no host"),
        ("FRED_BASE_URL", "http://here:port", "FRED_BASE_URL: names no host"),
    ],
)
def test_a_wrong_variable_is_refused_by_its_name(variable, value, said):
    """Exit 78, one line."""
    with pytest.raises(SettingsWrong) as caught:
        read_settings({variable: value})
    assert str(caught.value).startswith(said)
    assert "\n" not in str(caught.value)


# what the environment says


def test_the_environment_wins_over_the_file(tmp_path):
    """Cron's line over the committed one."""
    toml(f'data_dir = "{tmp_path}/file"\ntimezone = "Europe/Rome"\nopenai_model = "of-the-file"')
    env = {"MFO_DATA_DIR": f"{tmp_path}/env", "MFO_TIMEZONE": "Europe/Oslo", "OPENAI_MODEL": "of-the-env"}
    settings, plain = read_settings(env), read_settings({})
    assert (settings.data_dir, settings.timezone, settings.openai_model) == (
        *(tmp_path / "env", "Europe/Oslo", "of-the-env"),
    )
    assert (plain.data_dir, plain.timezone, plain.openai_model) == (tmp_path / "file", "Europe/Rome", "of-the-file")


def test_the_env_file_beside_the_toml_is_read_and_the_environment_wins(tmp_path):
    """Keys live in `.env`; a variable that is set goes before it."""
    path = toml("", tmp_path / "named")
    (tmp_path / "named" / ".env").write_text(f"# keys\nFRED_API_KEY={SECRET}\nMFO_TIMEZONE=Europe/Rome\n")
    settings = read_settings({"MFO_TIMEZONE": "Europe/Oslo"}, path)
    assert settings.keys["FRED_API_KEY"].get_secret_value() == SECRET
    assert settings.timezone == "Europe/Oslo"
    assert read_settings({}).keys == {}


def test_without_a_toml_the_env_file_of_the_current_folder_is_read():
    """`cp .env.example .env` is all that is needed."""
    Path(".env").write_text("ALPHA_VANTAGE_API_KEY=' spaced '\nFMP_API_KEY=\nBROKEN LINE\n")
    settings = read_settings({})
    assert {name: key.get_secret_value() for name, key in settings.keys.items()} == {"ALPHA_VANTAGE_API_KEY": "spaced"}


def test_a_dollar_in_a_key_is_part_of_the_key():
    """The `.env` is no shell script."""
    Path(".env").write_text("FMP_API_KEY=a${HOME}b\n")
    assert read_settings({}).keys["FMP_API_KEY"].get_secret_value() == "a${HOME}b"


def test_an_env_file_that_is_no_text_is_refused():
    """With its place, and nothing of what is in it."""
    Path(".env").write_bytes(f"FRED_API_KEY={SECRET}\xe9".encode("latin-1"))
    with pytest.raises(SettingsWrong, match=r"\.env: not UTF-8") as caught:
        read_settings({})
    assert SECRET not in str(caught.value)


def test_an_instant_is_read_with_its_zone_as_utc():
    """A date alone is its last moment."""
    assert read_settings({"MFO_NOW": "2025-11-01T09:13:00+05:30"}).now == datetime(2025, 11, 1, 3, 43, tzinfo=UTC)
    assert read_settings({"MFO_NOW": "2025-11-01"}).now == datetime(2025, 11, 1, 23, 59, 59, 999999, UTC)
    assert read_settings({"MFO_NOW": ""}).now is None


def test_keys_stand_in_no_repr_and_no_dump():
    """Whatever is printed of the settings."""
    settings = read_settings(dict.fromkeys(KEY_VARIABLES, SECRET))
    assert len(settings.keys) == len(KEY_VARIABLES)
    assert SECRET not in f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"


def test_base_urls_lose_their_last_slash():
    """A path is put behind them."""
    settings = read_settings(dict.fromkeys(BASE_URL_VARIABLES, "http://127.0.0.1:8000/x/"))
    assert settings.base_urls == dict.fromkeys(BASE_URL_VARIABLES, "http://127.0.0.1:8000/x")


def test_the_demo_takes_no_keys_no_hosts_and_a_folder_of_its_own(tmp_path):
    """Made-up data meets neither a real key nor the real data."""
    env = {**dict.fromkeys(KEY_VARIABLES, SECRET), "FRED_BASE_URL": "http://x", "MFO_DATA_DIR": f"{tmp_path}/data"}
    settings = read_settings(env, demo=True)
    assert (settings.base_urls, settings.demo) == ({}, True)
    assert SECRET not in {key.get_secret_value() for key in settings.keys.values()}
    assert settings.keys == read_settings({}, demo=True).keys
    assert settings.data_dir == tmp_path / "data-demo"


def test_a_home_folder_is_spelt_out(monkeypatch, tmp_path):
    """`~/mfo` in a crontab."""
    monkeypatch.setenv("HOME", str(tmp_path))
    assert read_settings({"MFO_DATA_DIR": "~/mfo"}).data_dir == tmp_path / "mfo"


# the site's public address


def test_the_sites_address_stands_in_the_file_or_the_environment():
    """The variable goes before the file, as with the time zone; a slash at the end is not part of it."""
    assert read_settings({}).site_url is None
    toml('[site]\nbase_url = "https://desk.example/mfo/"')
    assert read_settings({}).site_url == "https://desk.example/mfo"
    assert read_settings({"MFO_SITE_URL": "http://[::1]:8000"}).site_url == "http://[::1]:8000"


@pytest.mark.parametrize(
    "address",
    [
        "ftp://example.org", "https://user:word@example.org", "https://example.org/?a=b", "https://example.org/#day",
        'https://example.org/"onload=x', "https://example.org/<b>", "https://", "https://example.org:port/",
        "https://example.org//x", "/flows", "https://example.org/a b",
    ],
)  # fmt: skip
def test_what_is_no_folders_address_is_refused(address):
    """It would be put before every file's name, into a page, a feed and a mail."""
    with pytest.raises(SettingsWrong, match=r"^MFO_SITE_URL: ") as caught:
        read_settings({"MFO_SITE_URL": address})
    assert "\n" not in str(caught.value)
