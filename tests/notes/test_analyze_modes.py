"""The modes and scopes of a note, data that fall short, the budget, and a kept note verified again."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import duckdb
import pytest

from etl.config.settings import Scope
from etl.errors import DataWrong, UsageWrong
from etl.notes.verifier.verify import sentences_of
from etl.notes.writer import analyze
from etl.notes.writer.modes import DEEP, QUICK, REVIEW, mode_named
from tests.notes.made_model import Model
from tests.notes.made_warehouse import DAY, NOW, Keeper, a_day, build, publish, rows
from tests.notes.test_analyze import BAD, GOOD, SETTINGS, analysed, standing

QUICKLY = {key: GOOD[key] for key in ("summary", "summary_facts")}
SECTION = {"text": "SPY closed at 100.00.", "facts": ["SPY.close"]}
DEEPLY = {**QUICKLY, "sections": [{"name": name, **SECTION} for name in DEEP.sections]}


def document(keeper: Keeper, model: str = "a-model") -> dict[str, Any]:
    """The last note that a model's name stands under."""
    return next(d for d in reversed(keeper.documents("note")) if d["model"] == model)


@pytest.mark.parametrize(("mode", "reply"), [(QUICK, QUICKLY), (DEEP, DEEPLY), (REVIEW, QUICKLY)])
def test_each_mode_has_its_own_shape_budget_and_prompt_and_no_calls(mode: Any, reply: Any) -> None:
    """The model's words are kept under the mode; the note of the page and what is scored stay those of the day."""
    con, keeper, model = a_day(), Keeper(), Model([reply])
    build(con)
    analysed(con, model, keeper, mode=mode)
    kept = document(keeper)
    assert (kept["mode"], kept["verified"], kept["recommendations"]) == (mode.name, True, [])
    assert [s["name"] for s in kept["sections"]] == list(mode.sections)
    assert (
        rows(con, "select * from marts.daily_recommendations")
        == rows(con, "select * from aggregates.scoring__recommendations")
        == []
    )
    assert f"at most {mode.tokens(500)} tokens" in model.asked[0][1]["content"]
    assert {row["mode"] for row in rows(con, "select mode from marts.llm_insights")} == {mode.name}


@pytest.mark.parametrize("mode", [QUICK, DEEP, REVIEW])
def test_without_a_model_the_rules_write_every_mode(mode: Any) -> None:
    """Verified, of the mode's length, with every section."""
    con, keeper = a_day(), Keeper()
    build(con)
    analysed(con, None, keeper, mode=mode)
    kept = document(keeper, "rules")
    assert kept["verified"]
    assert mode.fewest <= len(sentences_of(kept["summary"])) <= mode.most
    assert [s["name"] for s in kept["sections"]] == list(mode.sections)


def test_a_deep_note_with_an_invented_number_in_a_section_is_rejected() -> None:
    """Sections are verified like the summary."""
    bad = json.loads(json.dumps(DEEPLY))
    bad["sections"][3]["text"] = "SPY closed at 123.45."
    con, keeper, model = a_day(), Keeper(), Model([bad, bad])
    outcome = analysed(con, model, keeper, mode=DEEP)
    assert "123.45" in model.asked[1][-1]["content"]
    assert document(keeper)["verified"] is False
    assert "123.45" in outcome.notes[0]


def test_a_review_holds_the_calls_of_the_note_before_against_the_day() -> None:
    """The rules name each symbol and its benchmark; the model is shown the calls as data."""
    con, keeper = a_day(), Keeper()
    before = DAY - timedelta(days=1)
    analysed(con, None, Keeper())
    con.execute("update lake.notes set for_date = ?", [before])
    build(con)
    calls = json.loads(standing(con)["recommendations"])
    model = Model([QUICKLY])
    analysed(con, model, keeper, mode=REVIEW)
    summary = document(keeper, "rules")["summary"]
    assert all(f"{call['stance']} on {call['symbol']}" in summary for call in calls)
    shown = model.asked[0][1]["content"].split("<calls>")[1].split("</calls>")[0]
    assert [call["symbol"] for call in json.loads(shown)] == [call["symbol"] for call in calls]


def test_a_scope_has_its_own_facts_calls_and_note() -> None:
    """Only its symbols are called; other symbols' facts are not shown; the portfolio's note is untouched by it."""
    con, keeper = a_day(), Keeper()
    analysed(con, None, keeper, scope=Scope("core", ("SPY", "GLD")))
    kept = document(keeper, "rules")
    assert {call["symbol"] for call in kept["recommendations"]} <= {"SPY", "GLD"}
    assert {fact["symbol"] for fact in kept["facts"]} <= {"SPY", "GLD", "VIXCLS", "DGS10", None}
    analysed(con, None, keeper)
    scopes = rows(con, "select scope from marts.daily_recommendations order by scope")
    assert [row["scope"] for row in scopes] == ["core", "portfolio"]


def test_a_scope_in_which_nothing_can_be_called_is_refused() -> None:
    """Cash alone."""
    with pytest.raises(UsageWrong, match="nothing in it can be called"):
        analysed(a_day(), None, scope=Scope("BIL", ("BIL",)))
    with pytest.raises(UsageWrong, match="quick, deep, review"):
        mode_named("slow")


def test_data_that_fall_short_publish_no_call_pay_no_model_and_say_why() -> None:
    """Half of the symbols have no row: the note has its figures, the reason, and no recommendation."""
    con, keeper, model = a_day(), Keeper(), Model([GOOD])
    con.execute("delete from marts.daily_metrics where symbol in ('FXI', 'EWJ', 'TLT', 'GLD')")
    outcome = analysed(con, model, keeper)
    note = standing(con)
    assert model.asked == []
    assert (note["model"], json.loads(note["recommendations"]), note["data_confidence"]) == ("rules", [], 50.0)
    assert "No recommendation is published" in note["summary"]
    assert "4 of 8 have no final row of the day: FXI, EWJ, TLT, GLD" in note["data_issues"]
    assert "50 of 100, below 60" in outcome.undone[0]
    assert rows(con, "select * from aggregates.scoring__recommendations") == []
    assert analyze.verify_again(con, DAY)[0].line.startswith("1 notes")


def test_the_configured_confidence_decides_what_is_good_enough() -> None:
    """The same day, with a lower one."""
    con, model = a_day(), Model([GOOD])
    con.execute("delete from marts.daily_metrics where symbol in ('FXI', 'TLT', 'GLD', 'BIL')")
    analysed(con, model, settings=replace(SETTINGS, least_confidence=50.0))
    assert len(json.loads(standing(con)["recommendations"])) == 3


def test_a_day_of_dollars_is_kept_to() -> None:
    """What was spent and what the call would take are said; nothing is asked."""
    con, model = a_day(), Model([BAD, BAD, GOOD])
    analysed(con, model)
    spent = sum(row["cost_usd"] for row in rows(con, "select cost_usd from marts.llm_insights"))
    assert spent == pytest.approx(2 * (900 * 0.15e-6 + 100 * 0.6e-6))
    outcome = analysed(con, model, force=True, settings=replace(SETTINGS, usd_per_day=spent))
    assert len(model.asked) == 2
    assert "usd_per_day" in outcome.undone[0]
    analysed(con, model, force=True, settings=replace(SETTINGS, usd_per_day=1.0))
    assert len(model.asked) == 3


def test_a_kept_note_is_verified_again_from_its_own_facts() -> None:
    """What stood then stands now, whatever the marts say by now; what was rejected is shown with its findings."""
    con = a_day()
    analysed(con, Model([GOOD]))
    con.execute("delete from marts.daily_metrics")
    outcome, documents = analyze.verify_again(con, DAY)
    assert outcome.line == f"2 notes of {DAY} stand against their own facts"
    assert [d["findings_now"] for d in documents] == [[], []]
    con = a_day()
    analysed(con, Model([BAD, BAD]))
    outcome, documents = analyze.verify_again(con, DAY)
    assert "1 were rejected then" in outcome.line
    assert documents[0]["findings_now"][0]["quote"] == "123.45"


@pytest.mark.parametrize("change", ["summary", "facts"])
def test_a_kept_note_that_was_changed_does_not_stand(change: str) -> None:
    """Another number in the text, or another value in the facts under it."""
    con = a_day()
    analysed(con, None)
    kept = json.loads(str(rows(con, "select document from lake.notes")[0]["document"]))
    if change == "summary":
        kept["summary"] = kept["summary"].replace("100.00", "100.10")
    else:
        kept["facts"][-1]["value"] += 1
    con.execute("update lake.notes set document = ?", [json.dumps(kept)])
    with pytest.raises(DataWrong, match="does not stand"):
        analyze.verify_again(con, DAY)


def test_a_date_without_a_note_is_refused_with_those_that_have_one() -> None:
    """The message helps."""
    con: duckdb.DuckDBPyConnection = a_day()
    analysed(con, None)
    with pytest.raises(UsageWrong, match=str(DAY)):
        analyze.verify_again(con, DAY - timedelta(days=9))


def test_notes_of_before_modes_were_kept_read_as_daily_ones() -> None:
    """A document without mode, sanity and universe still stands in every view."""
    con = a_day()
    analysed(con, None)
    kept = json.loads(str(rows(con, "select document from lake.notes")[0]["document"]))
    old = {k: v for k, v in kept.items() if k not in ("mode", "sanity", "universe", "sections")}
    con.execute("update lake.notes set document = ?", [json.dumps(old)])
    publish(con, NOW)
    build(con)
    assert standing(con)["data_confidence"] is None
    assert len(rows(con, "select * from aggregates.scoring__recommendations")) == 3
    assert analyze.verify_again(con, DAY)[1][0]["findings_now"] == []
