"""init: two commented files that change nothing until a line is uncommented, and overwrite nothing."""

import os
import re
import threading
import tomllib

import pytest

from etl.config import init
from etl.config.loader import read_settings
from etl.config.schema import Tables
from etl.config.settings import KEY_VARIABLES
from etl.errors import FolderUnusable


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Where the user stands."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def uncommented(text: str) -> str:
    """The file with every setting in force; sentences stay comments."""
    return re.sub(r"^#(?=[\[a-zA-Z_\"])", "", text, flags=re.MULTILINE)


def test_both_files_are_written_and_change_nothing(here):
    """The settings are the same before and after."""
    before = read_settings({"MFO_DATA_DIR": "/x"})
    outcome = init.run(here)
    assert sorted(path.name for path in here.iterdir()) == [".env.example", "mfo.toml"]
    assert outcome.line == f"{here / 'mfo.toml'} written; {here / '.env.example'} written"
    after = read_settings({"MFO_DATA_DIR": "/x"})
    assert after.tables == before.tables == Tables()
    assert after.source == str(here / "mfo.toml")


def test_what_is_there_is_never_overwritten(here):
    """And it is said."""
    (here / "mfo.toml").write_text('timezone = "Europe/Rome"\n')
    outcome = init.run(here)
    assert (here / "mfo.toml").read_text() == 'timezone = "Europe/Rome"\n'
    assert outcome.line.startswith(f"{here / 'mfo.toml'} is there already and stays as it is; ")
    assert (here / ".env.example").is_file()


def test_every_line_uncommented_is_the_default(here):
    """The file is read as it claims: only the folder and the watchlist are examples."""
    found = tomllib.loads(uncommented(init.commented()))
    assert found.pop("data_dir")
    assert found.pop("watchlists") == {"core": ["SPY", "TLT", "GLD"]}
    assert found.pop("limits") == {"alpha_vantage": {"per_day": 25, "spacing_s": 1.1}}
    assert found.pop("timezone") == "Asia/Kolkata"
    assert found.pop("openai_model") == Tables().openai_model
    (here / "mfo.toml").write_text(uncommented(init.commented()))
    tables = read_settings({"MFO_DATA_DIR": "/x"}).tables
    assert (tables.universe, tables.extract, tables.notes) == (Tables().universe, Tables().extract, Tables().notes)


def test_every_setting_and_every_key_is_in_the_files(here):
    """What is not there would be found by nobody."""
    init.run(here)
    text = (here / "mfo.toml").read_text()
    sections = {name for name in Tables.model_fields if isinstance(getattr(Tables(), name), dict | Tables)}
    assert all(f"#[{name}" in text for name in sections | {"universe", "extract", "notes"})
    for section in (Tables().extract, Tables().notes):
        defaults = section.model_dump()  # a setting without a default stands there as an example, and stays a comment
        assert all(f"#{' ' if value is None else ''}{name} = " in text for name, value in defaults.items())
    assert [f"#{name}=" for name in KEY_VARIABLES] == (here / ".env.example").read_text().splitlines()[1:]


def test_the_example_of_keys_holds_none(here):
    """Copied as it is, it sets nothing."""
    init.run(here)
    (here / ".env.example").rename(here / ".env")
    assert read_settings({"MFO_DATA_DIR": "/x"}).keys == {}


def test_a_full_disk_is_said(here):
    """73, and nothing half."""
    (here / f".mfo.toml.{os.getpid()}-{threading.get_ident()}.part").symlink_to("/dev/full")
    with pytest.raises(FolderUnusable, match="the disk is full"):
        init.run(here)
    assert not (here / "mfo.toml").exists()
