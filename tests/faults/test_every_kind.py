"""Every kind of fault at every provider where it can occur: the table of tests/faults/policy.py, case by case."""

import re
import time
from collections.abc import Callable

import pytest

from etl.domain import EQUITY_DAILY
from etl.extract.selection import Selection
from tests.conftest import Upstream
from tests.faults.conftest import HANGS_S
from tests.faults.folders import ROUTES, Rows, SmallFolder, choice_of
from tests.faults.policy import ALL, CANNOT_OCCUR, ELSEWHERE, VERDICTS, Case, cases
from tests.house import ROOT

ADDS_A_ROW = ("future_row",)
FREE = ("slow",)  # three seconds each: all providers at once, below
Clean = Callable[[str, str], Rows]
Make = Callable[..., SmallFolder]


def split_by(source: str, route_rows: Rows, relation: str) -> tuple[Rows, Rows]:
    """Rows of one source, and of the others."""
    place = 3 if relation == "bars" else 2
    return [row for row in route_rows if row[place] == source], [row for row in route_rows if row[place] != source]


def faults_heard(upstream: Upstream, kind: str, times: int) -> list[str]:
    """The verdicts, once the stand-in has written down what it hung on."""
    deadline = time.monotonic() + 10
    while (said := upstream.verdicts()).count(f"fault:{kind}") < times and time.monotonic() < deadline:
        time.sleep(0.05)
    return said


def assert_nothing_wrong_and_nothing_lost(case: Case, folder: SmallFolder, clean: Clean) -> None:
    """The first source's rows are a clean run's but for the refused one; those of who stood in are all of its."""
    route = ROUTES[case.provider]
    first, others = split_by(case.provider, folder.rows(route.relation), route.relation)
    expected = clean(case.provider, case.provider)
    refused = folder.rows("refused_rows", "source, dataset, symbol, reason, sha256")
    if case.verdict != "ok":
        assert (first, refused) == ([], [])
        assert others == clean(case.provider, route.stand_in)
        return
    lost = [row for row in expected if row not in first]
    new = [row for row in first if row not in expected]
    spoils_one = bool(case.refused) and case.kind not in ADDS_A_ROW
    assert (others, len(first) - len(set(first))) == ([], 0)
    assert len(lost) == (1 if spoils_one or (case.kind, case.provider) == ("null_values", "fred_graph") else 0)
    assert [row for row in new if row[3] is not None] == []  # what is new is the missing value of an empty cell
    assert [row[:3] for row in refused] == [(case.provider, route.dataset, route.symbol)] * bool(case.refused)
    for *_, reason, sha256 in refused:
        assert case.refused in reason
        assert (folder.root / "lake" / case.provider / "bodies" / sha256[:2] / sha256).is_file()


@pytest.mark.parametrize("case", [case for case in cases() if case.kind not in FREE], ids=str)
def test_a_fault_does_what_the_table_says(case: Case, folder: Make, upstream: Upstream, clean: Clean) -> None:
    """
    Met at every request to the first provider of a chain.

    How often it is asked, what the ledger calls it, who stands in, what is refused, the exit code; no wrong row, none
    lost, and no key in any byte.
    """
    route = ROUTES[case.provider]
    clean(case.provider, case.provider), clean(case.provider, route.stand_in)
    upstream.reset()
    upstream.faults({"provider": case.provider, "kind": case.kind, "times": -1})
    here = folder(case.provider, timeout_s=float(HANGS_S) / 3 if case.kind == "timeout" else 8.0)
    assert here.fetch(choice_of(route)) == case.exit_code
    stood_in = case.verdict != "ok"
    heard = faults_heard(upstream, case.kind, case.asked)
    assert sorted(heard) == [f"fault:{case.kind}"] * case.asked + ["ok"] * stood_in
    assert here.requests() == [(case.provider, case.verdict)] * case.asked + [(route.stand_in, "ok")] * stood_in
    assert len(here.waits) == case.asked - 1
    assert_nothing_wrong_and_nothing_lost(case, here, clean)
    assert here.files_with_a_key() == []


@pytest.mark.parametrize("case", [c for c in cases() if c.asked > 1 and c.kind != "timeout"], ids=str)
def test_a_passing_fault_costs_one_more_request(case: Case, folder: Make, upstream: Upstream, clean: Clean) -> None:
    """Met once: asked again, and all is as if nothing had been."""
    route = ROUTES[case.provider]
    clean(case.provider, case.provider)
    upstream.reset()
    upstream.faults({"provider": case.provider, "kind": case.kind})
    here = folder(case.provider)
    assert here.fetch(choice_of(route)) == 0
    assert upstream.verdicts() == [f"fault:{case.kind}", "ok"]
    assert here.requests() == [(case.provider, case.verdict), (case.provider, "ok")]
    assert here.rows(route.relation) == clean(case.provider, case.provider)


@pytest.mark.parametrize(
    "verdict", ["ProviderDown", "ResponseUnreadable", "ProviderQuotaExhausted", "RateLimited", "KeyRefused"]
)
def test_with_nobody_to_stand_in_the_exit_code_says_why(verdict: str, tmp_path, base_urls, upstream: Upstream) -> None:
    """`run-daily` in which neither of two wants is answered: nothing is published, and the code is the table's."""
    case = next(case for case in cases() if case.verdict == verdict and case.provider == "alpha_vantage")
    upstream.faults({"provider": "alpha_vantage", "kind": case.kind, "times": -1})
    here = SmallFolder(tmp_path / "data", base_urls, {"equity_daily": ["alpha_vantage"]}, timeout_s=2.0)
    assert here.daily(Selection(datasets=frozenset({EQUITY_DAILY}))) == case.exit_code_alone
    assert set(upstream.verdicts()) == {f"fault:{case.kind}"}
    assert here.said[0].startswith("nothing published: ")
    assert not (here.root / "warehouse.duckdb").exists()


def test_slow_answers_are_waited_for_side_by_side(tmp_path, base_urls, upstream: Upstream) -> None:
    """Three seconds at each of five providers at once: all are kept, in less than one after the other takes."""
    upstream.faults(*({"provider": name, "kind": "slow"} for name in ALL))
    chains = {"equity_daily": ["alpha_vantage"], "equity_history": ["twelve_data"], "macro": ["fred"]}
    here = SmallFolder(tmp_path / "data", base_urls, chains)
    started = time.monotonic()
    assert here.fetch(Selection()) == 0
    assert time.monotonic() - started < 12
    slow = {entry["provider"] for entry in upstream.log() if entry["verdict"] == "fault:slow"}
    assert slow == {"alpha_vantage", "twelve_data", "fred", "binance", "yahoo"}


def test_the_table_leaves_no_kind_and_no_provider_out(shared) -> None:
    """Every kind that the stand-in knows, at every provider, or the reason why it cannot be there."""
    text = (shared / "upstream" / "faults.py").read_text(encoding="utf-8")
    kinds = re.findall(r'"(\w+)"', text[text.index("KINDS = ") : text.index("*tables.KINDS")])
    known = {(case.kind, case.provider) for case in cases()}
    assert len(known) == len(cases())
    expected = {(kind, name) for kind in kinds if kind not in ELSEWHERE for name in ALL}
    assert known | CANNOT_OCCUR == expected
    assert known & CANNOT_OCCUR == set()


@pytest.mark.parametrize(("kind", "provider"), sorted(CANNOT_OCCUR))
def test_what_cannot_occur_changes_no_answer(kind: str, provider: str, folder: Make, upstream: Upstream) -> None:
    """The stand-in itself says so: `no_effect`."""
    upstream.faults({"provider": provider, "kind": kind, "times": -1})
    assert folder(provider).fetch(choice_of(ROUTES[provider])) == 0
    assert upstream.verdicts() == [f"no_effect:{kind}"]


def test_the_documents_tell_the_policy_as_the_table_has_it() -> None:
    """A row for each verdict, ending with the exit code of a run in which nobody stood in."""
    page = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \|.*\| (\d+) \|$", page, re.MULTILINE))
    assert {name: int(rows.get(name, -1)) for name in VERDICTS} == {
        name: alone for name, (_, alone, _) in VERDICTS.items()
    }
