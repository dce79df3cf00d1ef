"""doctor: everything looked at, nothing spent, and how to mend what is wrong."""

from datetime import UTC, date, datetime

import pytest

from etl.config.loader import read_settings
from etl.config.settings import Settings
from etl.domain import Limits, Request
from etl.errors import KeyRefused, ProviderDown, ProviderRefused
from etl.pipeline import doctor
from etl.providers import PROVIDERS
from etl.runtime.machine import Machine
from etl.state.database import StateDatabase
from etl.state.request_ledger import RequestLedger
from tests.clocks import NotedClock

SECRET = "CANARYnotakey"


class Sick(Machine):
    """A machine with what a test wants to be wrong."""

    def __init__(self, free_gb: float = 100.0, refusal: str | None = None, year: int = 2026) -> None:
        self._free_gb, self._refusal, self._year = free_gb, refusal, year

    def now(self) -> datetime:
        """The clock of that year."""
        return datetime(self._year, 1, 2, tzinfo=UTC)

    def free_gb(self, _folder) -> float:
        """So much space."""
        return self._free_gb

    def why_unwritable(self, _folder) -> str | None:
        """So writable."""
        return self._refusal


@pytest.fixture
def settings(tmp_path, monkeypatch):
    """Makes settings from an environment."""
    monkeypatch.chdir(tmp_path)

    def make(**env: str) -> Settings:
        return read_settings({"MFO_DATA_DIR": str(tmp_path / "data"), **env})

    return make


def found(settings, machine=None, models=None):
    """Findings and the exit code."""
    findings = doctor.run(settings, machine or Sick(), PROVIDERS, models)
    return findings, doctor.exit_code(findings), "\n".join(doctor.lines(findings))


def test_a_fresh_machine_is_well(settings, tmp_path):
    """Missing keys are notes: real data works without any. Looking makes no folder."""
    findings, code, said = found(settings(), Machine())
    assert code == 0
    assert not [finding for finding in findings if finding.verdict == "bad"]
    assert "alpha_vantage is skipped: no key  -> set ALPHA_VANTAGE_API_KEY" in said
    assert "yahoo needs no key" in said
    assert "notes by the rules: no model  -> set OPENAI_API_KEY" in said
    assert not (tmp_path / "data").exists()


def test_keys_that_are_there_are_said_by_name_and_never_shown(settings):
    """Also the one that is not a key."""
    env = {"ALPHA_VANTAGE_API_KEY": SECRET, "FRED_API_KEY": "a" * 32, "OPENAI_API_KEY": SECRET}
    _, code, said = found(settings(**env))
    assert code == 0
    assert "alpha_vantage has its key (ALPHA_VANTAGE_API_KEY)" in said
    assert SECRET not in said


@pytest.mark.parametrize("key", [SECRET, "A" * 32, "a" * 31, "a" * 33])
def test_a_fred_key_that_cannot_be_one_is_bad(settings, key):
    """32 lower-case letters and digits: found without spending a call. 78."""
    _, code, said = found(settings(FRED_API_KEY=key))
    assert code == 78
    assert "bad   FRED_API_KEY is not a key: it has to be 32 lower-case letters and digits  -> copy it again" in said
    assert key not in said


def listing(**models: str | None):
    """A server that lists these models, with the day on which each is shut down; `_` stands for a dash."""
    return lambda: {name.replace("_", "-"): date.fromisoformat(end) if end else None for name, end in models.items()}


def failing(error: Exception):
    """A server that lists nothing."""

    def models():
        raise error

    return models


@pytest.mark.parametrize(
    ("end", "code", "said_of_it"),
    [
        (None, 0, "ok    notes by luna"),
        ("2026-03-04", 0, "ok    notes by luna"),  # 61 days
        ("2026-03-03", 0, "note  notes by luna, which is shut down on 2026-03-03  -> set OPENAI_MODEL"),
        ("2026-01-03", 0, "note  notes by luna, which is shut down on 2026-01-03  -> set OPENAI_MODEL"),
        ("2026-01-02", 78, "bad   notes by luna, which was shut down on 2026-01-02  -> set OPENAI_MODEL"),
    ],
)
def test_a_model_is_looked_up_where_the_server_lists_its_models(settings, end, code, said_of_it):
    """On 2 January 2026: gone is bad, gone within 60 days is said, with those that stay."""
    _, found_code, said = found(settings(OPENAI_MODEL="luna"), models=listing(luna=end, terra=None, old="2026-02-01"))
    assert (found_code, said_of_it in said) == (code, True), said
    assert ("one that stays, such as" in said) == (said_of_it[:2] != "ok")
    assert "old" not in said


def test_the_day_is_that_of_the_run(settings):
    """MFO_NOW stands for the clock here too."""
    env = {"MFO_NOW": "2026-12-01T00:00:00Z", "OPENAI_MODEL": "luna"}
    assert (
        "note  notes by luna, which is shut down on 2027-01-14"
        in found(settings(**env), models=listing(luna="2027-01-14"))[2]
    )


def test_a_model_that_is_not_listed_is_named(settings):
    """With what there is; no name of the server's that is none is shown."""
    names = {"terra": None, "luna-2\x1b[2J": None}
    _, code, said = found(settings(OPENAI_MODEL="gpt-4o"), models=lambda: names)
    assert code == 78
    assert "bad   notes by gpt-4o, which the model's server does not list  -> set OPENAI_MODEL" in said
    assert "one that stays, such as terra\n" in said
    assert "\x1b" not in said


@pytest.mark.parametrize(
    ("error", "code", "verdict"),
    [
        (KeyRefused("the model's server does not accept the key (HTTP 401); set OPENAI_API_KEY"), 78, "bad"),
        (ProviderDown("the model's server cannot be reached; check OPENAI_BASE_URL"), 0, "note"),
        (ProviderRefused("the model's server does not list its models"), 0, "note"),
    ],
)
def test_a_model_that_cannot_be_looked_up_is_not_called_ok(settings, error, code, verdict):
    """A key that is refused has to be set; a server that is off, or lists nothing, is no mistake of the settings."""
    _, found_code, said = found(settings(OPENAI_BASE_URL="http://127.0.0.1:1234/v1"), models=failing(error))
    assert found_code == code
    assert f"{verdict:<5} notes by gpt-6-luna" in said
    assert str(error) in said


def test_a_folder_that_cannot_be_written_is_bad(settings):
    """73, with what to set."""
    _, code, said = found(settings(), Sick(refusal="/data is not writable"))
    assert code == 73
    assert "/data is not writable  -> set MFO_DATA_DIR to a folder that can be written" in said


def test_a_full_disk_is_bad(settings):
    """Below 1 GB a run may not end."""
    _, code, said = found(settings(), Sick(free_gb=0.4))
    assert code == 73
    assert "bad   0.4 GB free  -> make room: at least 1 GB" in said


def test_a_clock_that_is_wrong_is_bad(settings):
    """Days and freshness hang on it."""
    _, code, said = found(settings(), Sick(year=1970))
    assert code == 78
    assert "bad   the clock says 1970  -> set the machine's clock" in said


def test_an_instant_that_stands_still_is_said(settings):
    """MFO_NOW left in a crontab would freeze the pictures."""
    _, code, said = found(settings(MFO_NOW="2025-11-01T03:43:00Z"))
    assert code == 0
    assert "note  MFO_NOW stands still at 2025-11-01T03:43:00+00:00  -> unset it for daily use" in said


def test_of_a_setting_and_a_folder_the_setting_gives_the_code(settings):
    """Both are shown."""
    _, code, said = found(settings(FRED_API_KEY=SECRET), Sick(free_gb=0.1))
    assert code == 78
    assert said.count("bad   ") == 2


def test_answers_from_after_now_name_the_clock(settings, tmp_path):
    """How many, and the newest instant; the clock may be wrong now, or was then."""
    (tmp_path / "data").mkdir()
    state = StateDatabase(tmp_path / "data" / "state.db")
    ahead = RequestLedger(state, NotedClock(datetime(2027, 1, 2, tzinfo=UTC)))
    request = Request("yahoo", "equity_daily", "SPY", "/v8/finance/chart/SPY")
    ahead.close(ahead.reserve(request, Limits(), "run-1"), "ok")
    state.close()
    _, code, said = found(settings())
    assert code == 0
    assert "note  1 answers are from after now, the newest of 2027-01-02T00:00:00Z; they count as none: is the" in said
    assert "from after now" not in found(settings(MFO_NOW="2027-01-02T00:00:00Z"))[2]


def test_a_state_that_cannot_be_read_is_bad(settings, tmp_path):
    """It holds what was spent; a run would end with 73."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "state.db").write_bytes(b"not a database, and longer than SQLite's own header is")
    _, code, said = found(settings())
    assert code == 73
    assert f"bad   {tmp_path / 'data' / 'state.db'}: file is not a database" in said
