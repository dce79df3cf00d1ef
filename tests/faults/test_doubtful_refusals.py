"""A refusal that that may be the provider's own trouble: the table DOUBTFUL of tests/faults/policy.py, line by line."""

import json
from pathlib import Path

import pytest

from etl.domain import EQUITY_DAILY, MACRO
from etl.extract.planner import Task
from etl.extract.selection import Selection
from tests.conftest import Upstream
from tests.extract.workbench import Bench, Reply, made_up, task
from tests.faults.folders import ROUTES, SmallFolder, choice_of
from tests.faults.policy import doubtful

WANTS = {
    "alpha_vantage": task("SPY", "alpha_vantage", "yahoo"),
    "fred": task("DGS10", "fred", "fred_graph", dataset=MACRO),
}
OTHERS = {"alpha_vantage": task("QQQ", "alpha_vantage"), "fred": task("DGS2", "fred", dataset=MACRO)}


class Saying:
    """An upstream that says the same `times` when it is asked for one want, and is well otherwise."""

    def __init__(self, provider: str, said: str, times: int) -> None:
        self.said = said if provider == "alpha_vantage" else f"Bad Request.  The value for {said}"
        self.times, self.provider, self.is_on = times, provider, False

    def __call__(self, url: str) -> Reply:
        if not self.is_on or self.times == 0 or not self._is_meant(url):
            return made_up(url)
        self.times -= 1
        if self.provider == "alpha_vantage":
            return 200, {}, json.dumps({"Error Message": self.said}).encode()
        return 400, {}, json.dumps({"error_code": 400, "error_message": self.said}).encode()

    def _is_meant(self, url: str) -> bool:
        return ("alphavantage" in url and "symbol=SPY" in url) or ("api.stlouisfed" in url and "series_id=DGS10" in url)


def prepared(folder: Path, said: str, provider: str, before: str, times: int) -> tuple[Bench, list[Task]]:
    """A bench whose provider answered before as the line says, and the tasks of the run in question."""
    upstream = Saying(provider, said, times)
    bench = Bench(folder, upstream).unpaced()
    if before == "in another run":
        assert bench.run([WANTS[provider]], "run-0").undone == ()
    upstream.is_on = True
    return bench, [*([OTHERS[provider]] if before == "in this run" else []), WANTS[provider]]


@pytest.mark.parametrize(("said", "provider", "before", "asked", "verdict"), doubtful())
def test_what_contradicts_a_good_answer_is_asked_once_more(
    tmp_path: Path, said: str, provider: str, before: str, asked: int, verdict: str
) -> None:
    """Said every time: how often it is asked, what the ledger calls it, and that the next one is asked after it."""
    bench, tasks = prepared(tmp_path, said, provider, before, times=-1)
    outcome = bench.run(tasks)
    last = [(who, what) for who, symbol, what in bench.verdicts() if symbol == WANTS[provider].want.symbol]
    bench.close()
    stand_in = WANTS[provider].chain[1]
    assert last[-asked - 1 :] == [*[(provider, verdict)] * asked, (stand_in, "ok")]
    assert len([one for one in last if one == (provider, verdict)]) == asked
    assert outcome.details["answered"] == len(tasks)


@pytest.mark.parametrize(
    ("said", "provider", "before"), [(said, who, before) for said, who, before, asked, _ in doubtful() if asked == 2]
)
def test_a_passing_trouble_costs_one_more_request_and_nobody_stands_in(
    tmp_path: Path, said: str, provider: str, before: str
) -> None:
    """Said once: the second answer is data, the run is whole, and the key is not called refused for the rest of it."""
    bench, tasks = prepared(tmp_path, said, provider, before, times=1)
    outcome = bench.run([*tasks, *([] if provider == "alpha_vantage" else [task("UNRATE", "fred", dataset=MACRO)])])
    verdicts = bench.verdicts()
    bench.close()
    assert outcome.undone == ()
    assert {who for who, *_ in verdicts} == {provider}
    assert [what for *_, what in verdicts].count("ok") == len(verdicts) - 1


def test_the_stand_in_of_a_known_symbol_is_asked_only_after_two_refusals(
    tmp_path: Path, base_urls: dict[str, str], upstream: Upstream
) -> None:
    """Over real HTTP: SPY was answered yesterday; today `Invalid API call` twice, then Yahoo."""
    route = ROUTES["alpha_vantage"]
    here = SmallFolder(tmp_path / "data", base_urls, {EQUITY_DAILY: [route.first, route.stand_in]})
    assert here.fetch(choice_of(route)) == 0
    upstream.reset()
    upstream.faults({"provider": "alpha_vantage", "kind": "error_message", "times": -1})
    choice = choice_of(route)
    assert here.fetch(Selection(datasets=choice.datasets, symbols=choice.symbols, force=True)) == 3
    assert upstream.verdicts() == ["fault:error_message", "fault:error_message", "ok"]
