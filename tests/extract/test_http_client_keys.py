"""Keys of several parts: each goes its own way, none without the others, none in what is kept."""

import httpx
import pytest
from pydantic import SecretStr

from etl.config.loader import read_settings
from etl.config.settings import Settings
from etl.domain import EQUITY_DAILY
from etl.errors import KeyRefused
from etl.extract.http_client import HttpClient
from etl.pipeline import doctor
from etl.providers import PROVIDERS
from etl.runtime.clock import Clock
from etl.runtime.machine import Machine
from tests.providers.made_up import ALPACA, FINNHUB, planned

IDENTITY, SECRET = "CANARYALPACAID", "CANARYALPACASECRET"
SPY = planned(ALPACA, EQUITY_DAILY, "SPY")


@pytest.fixture
def opened():
    """A function that opens a client with keys; `seen` are the requests that it sent."""
    made = []

    def open_with(**keys: str) -> tuple[HttpClient, list[httpx.Request]]:
        seen: list[httpx.Request] = []

        def answer(request: httpx.Request) -> httpx.Response:
            seen.append(request)
            return httpx.Response(200, content=f"{IDENTITY} and {SECRET} and CANARYFRED".encode())

        secrets = {name: SecretStr(key) for name, key in keys.items()}
        made.append(HttpClient(Clock(), secrets, {}, transport=httpx.MockTransport(answer)))
        return made[-1], seen

    yield open_with
    for http in made:
        http.close()


def settings_of(folder, **env: str) -> Settings:
    """The settings of an environment."""
    return read_settings({"MFO_DATA_DIR": str(folder), **env})


def test_both_parts_are_sent_and_neither_comes_back(opened):
    """In their headers, not in the URL; an answer that repeats them is redacted, the words of other keys are data."""
    http, seen = opened(ALPACA_API_KEY=IDENTITY, ALPACA_SECRET_KEY=SECRET, FRED_API_KEY="CANARYFRED")
    assert http.has_key(ALPACA)
    reply = http.send(ALPACA, SPY, 5)
    assert (seen[0].headers["APCA-API-KEY-ID"], seen[0].headers["APCA-API-SECRET-KEY"]) == (IDENTITY, SECRET)
    assert IDENTITY not in str(seen[0].url)
    assert reply.body == b"[redacted] and [redacted] and CANARYFRED"


def test_one_part_alone_is_no_key(opened):
    """Nothing is sent, and the missing variable is named."""
    http, seen = opened(ALPACA_API_KEY=IDENTITY)
    assert not http.has_key(ALPACA)
    assert not http.has_key(FINNHUB)
    with pytest.raises(KeyRefused, match=r"set ALPACA_SECRET_KEY$"):
        http.send(ALPACA, SPY, 5)
    assert seen == []


def test_doctor_names_the_part_that_is_missing(tmp_path, monkeypatch):
    """Both where both are, one where one is; with both there is nothing to mend."""
    monkeypatch.chdir(tmp_path)

    def said(**env: str) -> str:
        lines = doctor.lines(doctor.run(settings_of(tmp_path, **env), Machine(), PROVIDERS))
        return next(line for line in lines if "alpaca" in line)

    assert said().endswith("alpaca is skipped: no key  -> set ALPACA_API_KEY and ALPACA_SECRET_KEY")
    assert said(ALPACA_API_KEY="x").endswith("-> set ALPACA_SECRET_KEY")
    assert "alpaca has its key" in said(ALPACA_API_KEY="x", ALPACA_SECRET_KEY="y")


def test_doctor_says_which_key_cannot_be_one(tmp_path, monkeypatch):
    """By its variable and not by its value."""
    monkeypatch.chdir(tmp_path)
    findings = doctor.run(settings_of(tmp_path, FRED_API_KEY="TOOSHORT"), Machine(), PROVIDERS)
    (bad,) = [finding for finding in findings if finding.verdict == "bad"]
    assert bad.what.startswith("FRED_API_KEY is not a key")
    assert "TOOSHORT" not in bad.what + bad.mend
    assert doctor.exit_code(findings) == 78
