"""Every provider that is registered keeps the house's rules."""

import ast
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from etl.config.settings import BASE_URL_VARIABLES, CHAINS, KEY_VARIABLES
from etl.domain import CRYPTO_1D, CRYPTO_1M, CRYPTO_QUOTE, MACRO, ORDER_BOOK, SERIES_METADATA, DataRequest, Request
from etl.providers import CLOSED, PROVIDERS
from tests.providers.made_up import NOW, SINCE

FOLDER = Path(__file__).parents[2] / "etl" / "providers"
IMPURE = {"httpx", "duckdb", "os", "pathlib", "time", "socket", "random"}
CASES = [(name, dataset) for name, provider in PROVIDERS.items() for dataset in provider.datasets]


def symbol_of(dataset):
    """A symbol that each provider of a dataset gives."""
    if dataset in (MACRO, SERIES_METADATA):
        return "DGS10"
    return "BTCUSDT" if dataset in (CRYPTO_1D, CRYPTO_1M, ORDER_BOOK, CRYPTO_QUOTE) else "SPY"


def test_a_source_has_one_name_everywhere():
    """Module, register and requests."""
    assert list(PROVIDERS) == [provider.name for provider in PROVIDERS.values()]
    for name, provider in PROVIDERS.items():
        assert (FOLDER / f"{name}.py").is_file()
        assert type(provider).__module__ == f"etl.providers.{name}"
        assert provider.base_url_env == f"{name.upper()}_BASE_URL"


def test_a_source_that_is_gone_says_why_and_is_not_asked():
    """Older lists name it."""
    assert CLOSED
    assert not set(CLOSED) & set(PROVIDERS)
    assert all(why for why in CLOSED.values())


@pytest.mark.parametrize(("name", "dataset"), CASES)
def test_every_dataset_is_planned(name, dataset):
    """For each that a provider names; the request is its own, of that dataset, and holds no key."""
    provider = PROVIDERS[name]
    requests = provider.plan(DataRequest(dataset, symbol_of(dataset), SINCE), NOW)
    assert requests
    for request in requests:
        assert isinstance(request, Request)
        assert (request.provider, request.dataset, request.symbol) == (name, dataset, symbol_of(dataset))
        assert request.path.startswith("/")
        parts = provider.credential.parts if provider.credential else ()
        assert not {part.name for part in parts} & set(dict(request.params))


@pytest.mark.parametrize(("name", "dataset"), CASES)
def test_the_same_want_plans_the_same_requests(name, dataset):
    """There is no clock but the one that is handed in."""
    want = DataRequest(dataset, symbol_of(dataset), SINCE)
    assert PROVIDERS[name].plan(want, NOW) == PROVIDERS[name].plan(want, NOW)


def test_what_nobody_knows_is_not_planned():
    """An empty plan says that this provider cannot."""
    assert [p.plan(DataRequest("weather", "SPY", SINCE), NOW) for p in PROVIDERS.values()] == [[]] * len(PROVIDERS)


@pytest.mark.parametrize("name", PROVIDERS)
def test_limits_and_terms_are_stated(name):
    """The day is counted in a zone that exists; the terms have a page."""
    provider = PROVIDERS[name]
    assert ZoneInfo(provider.limits.day_zone)
    assert provider.terms.text
    assert provider.terms.url.startswith("https://")
    assert provider.base_url.startswith("https://")
    assert provider.cadence_hours > 0


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_providers_key_is_read_from_variables_that_the_settings_know(name):
    """All parts of it, none shared with another provider, so that `status` and `doctor` name the right one."""
    parts = PROVIDERS[name].credential.parts if PROVIDERS[name].credential else ()
    others = [part.env for p in PROVIDERS.values() if p.name != name and p.credential for part in p.credential.parts]
    assert all(part.env in KEY_VARIABLES and part.env not in others for part in parts)
    assert PROVIDERS[name].base_url_env in BASE_URL_VARIABLES


def test_every_provider_of_a_chain_gives_its_dataset():
    """The default chains name whom they can."""
    wrong = [(d, name) for d, names in CHAINS.items() for name in names if d not in PROVIDERS[name].datasets]
    assert wrong == []
    assert {name for names in CHAINS.values() for name in names} <= set(PROVIDERS)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.stem)
def test_providers_reach_for_nothing(path):
    """No socket, file or clock; a module docstring with the source's page."""
    tree = ast.parse(path.read_text())
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}
    assert not {name.split(".")[0] for name in imported} & IMPURE
    calls = {node.func.attr for node in ast.walk(tree) if isinstance(node, ast.Call) and hasattr(node.func, "attr")}
    assert not calls & {"now", "today", "utcnow"}
    if path.stem in PROVIDERS:
        assert "https://" in (ast.get_docstring(tree) or "")
