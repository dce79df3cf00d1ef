"""The day's note: who wrote it, what was kept of it, and what each failure of the model leads to."""

import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import duckdb
import pytest

from etl.errors import DataWrong, KeyRefused, ProviderDown, RateLimited, UsageWrong
from etl.notes.documents import note as records
from etl.notes.writer import analyze
from etl.notes.writer.llm_client import ServerCompletion
from etl.notes.writer.prompt import NoteSettings
from tests.notes.made_model import Model
from tests.notes.made_warehouse import DAY, NOW, PROMPTS, Keeper, a_day, build, publish, rows, warehouse

SETTINGS = NoteSettings(tokens_per_day=50_000, usd_per_million_prompt=0.15, usd_per_million_completion=0.6)
CALL = {
    "title": "A point", "action": "SPY closed at 100.00.", "symbol": "SPY", "stance": "overweight", "horizon": 5,
    "confidence": 0.5, "against": "Nothing.", "facts": ["SPY.close"],
}  # fmt: skip
EWJ = {**CALL, "symbol": "EWJ", "action": "Hold EWJ."}
GOOD = {
    "summary": "SPY closed at 100.00 on 2025-10-31. The rest stands in the tables. Nothing else is claimed.",
    "summary_facts": ["SPY.close"],
    "recommendations": [CALL, {**CALL, "horizon": 21}, EWJ],
}
NOT_A_NUMBER = {**GOOD, "recommendations": [{**CALL, "confidence": float("nan")}, *GOOD["recommendations"][1:]]}  # type: ignore[misc]  # a list
HALF_A_CHARACTER = {**GOOD, "summary": f"\ud83d {GOOD['summary']}"}
BAD = {**GOOD, "summary": "SPY closed at 123.45. The rest stands in the tables. Nothing else is claimed."}


def analysed(con: duckdb.DuckDBPyConnection, model: Any, keeper: Keeper | None = None, **more: Any) -> Any:
    """Run the stage with this file's defaults and rebuild what stands downstream."""
    options = {"now": NOW, "run_id": "run-1", "prompts_root": PROMPTS, "settings": SETTINGS} | more
    outcome = analyze.run(con, llm=model, keep=keeper or Keeper(), **options)
    build(con)
    return outcome


def standing(con: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """The note that stands."""
    found = rows(con, "select * from marts.daily_recommendations")
    assert len(found) == 1
    return found[0]


def test_without_a_model_the_day_has_the_rules_note() -> None:
    """No key: the note is the rules', labelled so, verified, with three calls, and that is no failure."""
    con, keeper = a_day(), Keeper()
    outcome = analysed(con, None, keeper)
    note = standing(con)
    calls = json.loads(note["recommendations"])
    assert (note["model"], note["verified"], note["kind"], note["for_date"]) == ("rules", True, "live", DAY)
    assert len({call["symbol"] for call in calls}) == 3
    assert "BIL" not in {call["symbol"] for call in calls}
    assert all(call["benchmark"] and call["wrong_if"] for call in calls)
    assert outcome.undone == ()
    assert note["why"] is None
    assert "no model is set up" in outcome.notes[0]
    assert len(json.loads(note["facts"])) > 40


def test_a_verified_reply_is_the_days_note_and_the_rules_stand_in_its_shadow() -> None:
    """Both are kept; the model's is shown; the rules' is there to be scored."""
    con, keeper = a_day(), Keeper()
    outcome = analysed(con, Model([GOOD]), keeper)
    assert standing(con)["model"] == "a-model"
    assert {row["model"] for row in rows(con, "select model from lake.notes where verified")} == {"a-model", "rules"}
    document = keeper.documents("note")[0]
    assert document["tokens"] == {"prompt": 900, "completion": 100}
    assert document["cost_usd"] == pytest.approx(900 * 0.15e-6 + 100 * 0.6e-6)
    assert document["answered_by"] == "a-model-2025"
    assert outcome.notes == ()
    assert [a.request.dataset for a in keeper.answers] == ["prompt", "reply", "note", "note"]


def test_a_reply_with_an_invented_number_is_sent_back_with_the_number_named() -> None:
    """The second reply stands, and is published."""
    con, model = a_day(), Model([BAD, GOOD])
    analysed(con, model)
    assert standing(con)["model"] == "a-model"
    assert "123.45" in model.asked[1][-1]["content"]
    assert model.asked[1][-2]["role"] == "assistant"


def test_the_same_recommendation_twice_is_sent_back_with_its_symbol_and_horizon_named() -> None:
    """A title or a stance of its own does not make it another one."""
    twice = {**GOOD, "recommendations": [CALL, {**CALL, "title": "Another", "stance": "neutral"}, EWJ]}
    con, model = a_day(), Model([twice, GOOD])
    analysed(con, model)
    assert standing(con)["model"] == "a-model"
    assert "SPY over 5 sessions: each recommendation is for another" in model.asked[1][-1]["content"]


def test_the_rules_note_gives_the_reason_of_the_last_failure_and_no_other() -> None:
    """A model that is down, then refused, then writes; the rules' recommendations are booked once."""
    con, keeper, down, refused = a_day(), Keeper(), ProviderDown("down"), KeyRefused("refused")
    for answer, why in ((down, "down"), (down, "down"), (refused, "refused")):
        analysed(con, Model([answer]), keeper)
        assert standing(con)["why"] == why
    assert len(rows(con, "select * from lake.notes")) == 2
    assert len(rows(con, "select * from aggregates.scoring__recommendations")) == 3
    analysed(con, Model([GOOD]))
    assert (standing(con)["model"], standing(con)["why"]) == ("a-model", None)
    assert len(rows(con, "select * from lake.notes where model = 'rules'")) == 2


def test_a_reply_that_fails_again_is_kept_as_rejected_and_the_rules_note_is_published() -> None:
    """The reason is in the outcome and in the note; the words of the reply are in the lake and not in the note."""
    con, keeper = a_day(), Keeper()
    outcome = analysed(con, Model([BAD, BAD]), keeper)
    note = standing(con)
    assert (note["model"], note["why"]) == ("rules", "the model's note was sent back once and still does not stand")
    assert "123.45" not in str(note)
    assert outcome.undone == (f"note by a-model: {note['why']}",)
    assert "123.45" in outcome.notes[0]
    insight = rows(con, "select * from marts.llm_insights where model = 'a-model'")[0]
    assert insight["verified"] is False
    assert "123.45" in insight["why"]
    assert len(keeper.documents("reply")) == 2
    assert rows(con, "select * from aggregates.scoring__recommendations where model = 'a-model'") == []


FAULTS: dict[str, tuple[list[Any], str]] = {
    "refusal": ([ServerCompletion("", "stop", "I can't help with that.", "a-model", 9, 1, "json_schema")], "declined"),
    "length": ([ServerCompletion('{"summ', "length", None, "a-model", 9, 500, "json_schema")], "500 tokens"),
    "empty twice": (["", ""], "empty"),
    "malformed twice": (['{"summary": "SPY', '{"summary": "SPY'], "no JSON"),
    "wrong schema twice": ([{"answer": 42}, {"answer": 42}], "shape"),
    "NaN twice": ([NOT_A_NUMBER, NOT_A_NUMBER], "not finite"),
    "half a character twice": ([HALF_A_CHARACTER, HALF_A_CHARACTER], "lone surrogate"),
    "four calls": ([{**GOOD, "recommendations": [CALL] * 4}] * 2, "shape"),
    "time-out": ([ProviderDown("the model's server did not answer in time")], "in time"),
    "401": ([KeyRefused("the model's server does not accept the key (HTTP 401)")], "401"),
    "429": ([RateLimited("the model's server asks for fewer requests (HTTP 429)")], "429"),
    "cash is called": ([{**GOOD, "recommendations": [CALL, CALL, {**CALL, "symbol": "BIL"}]}] * 2, "shape"),
    "the same twice": ([{**GOOD, "recommendations": [CALL, CALL, EWJ]}] * 2, "another symbol, or another horizon"),
    "two sentences": ([{**GOOD, "summary": "SPY closed at 100.00. That is all."}] * 2, "3 to 4 sentences"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_way_in_which_a_model_fails_ends_in_the_rules_note_with_its_reason(fault: str) -> None:
    """Never an empty day, never an unlabelled stand-in: the note says why, and the run is partial."""
    answers, reason = FAULTS[fault]
    con = a_day()
    outcome = analysed(con, Model(list(answers)))
    note = standing(con)
    assert note["model"] == "rules"
    assert outcome.undone == (f"note by a-model: {note['why']}",)
    assert reason in " ".join((note["why"], *outcome.notes))


def test_a_reply_that_ignores_the_schema_is_asked_for_as_text_once_and_that_is_remembered() -> None:
    """Ollama may ignore response_format: the schema goes into the prompt, from then on at once."""
    con, model = a_day(), Model([{"answer": 42}, GOOD, BAD, BAD])
    analysed(con, model)
    assert model.modes == ["json_schema", "text"]
    assert model.is_text_only
    assert standing(con)["model"] == "a-model"


@pytest.mark.parametrize("broken", [NOT_A_NUMBER, HALF_A_CHARACTER, {"answer": 42}])
@pytest.mark.parametrize("is_text_only", [False, True])
def test_a_broken_reply_is_sent_back_once_with_its_reason(broken: Any, is_text_only: bool) -> None:
    """The second one is the day's note; what came first is kept as far as it can be encoded."""
    con, keeper, model = a_day(), Keeper(), Model([broken, GOOD], is_text_only=is_text_only)
    analysed(con, model, keeper)
    assert standing(con)["model"] == "a-model"
    assert model.modes == ["text" if is_text_only else "json_schema", "text"]
    assert model.asked[1][-2] == {"role": "assistant", "content": json.dumps(broken)}
    assert "the model's reply is" in model.asked[1][-1]["content"]
    assert len(keeper.documents("reply")) == 2


def test_a_reply_of_half_characters_on_the_wire_is_kept_and_the_day_has_its_note() -> None:
    """Also in the words around it: the server's name for the model, its refusal, why it stopped."""
    con, keeper = a_day(), Keeper()
    said = ServerCompletion(json.dumps(GOOD) + "\ud83d", "stop\ud83d", None, "a-model\ud83d", 9, 1, "json_schema")
    analysed(con, Model([said]), keeper)
    assert standing(con)["model"] == "a-model"
    assert keeper.documents("note")[0]["answered_by"] == "a-model\ufffd"
    assert keeper.documents("reply")[0]["content"].endswith("}\ufffd")
    outcome = analysed(con, Model([replace(said, refusal="no \ud83d")]), keeper, force=True)
    assert "declined" in outcome.undone[0]


def test_prose_and_a_code_fence_around_the_json_are_forgiven() -> None:
    """The note inside is read and verified like any other."""
    con = a_day()
    analysed(con, Model([f"Here it is:\n```json\n{json.dumps(GOOD)}\n```\nGood luck {{you}}!"]))
    assert standing(con)["model"] == "a-model"


def test_the_same_day_is_not_paid_for_twice_unless_forced() -> None:
    """No new session, no new call, also when the reply was rejected; --force asks again."""
    con, model = a_day(), Model([BAD, BAD, GOOD])
    analysed(con, model)
    again = analysed(con, model)
    assert len(model.asked) == 2
    assert again.details["kept"] == 0
    assert again.undone == ("note by a-model: what a-model wrote before was rejected; --force asks it again",)
    assert "123.45" in again.notes[0]
    analysed(con, model, force=True)
    assert len(model.asked) == 3
    assert standing(con)["model"] == "a-model"
    assert len(rows(con, "select * from lake.notes where model = 'rules'")) == 1


def test_a_server_that_was_down_is_asked_again_in_the_next_run() -> None:
    """Nothing was paid for, so the same day may still get its model's note."""
    con = a_day()
    model = Model([ProviderDown("down"), GOOD])
    analysed(con, model)
    assert standing(con)["model"] == "rules"
    analysed(con, model)
    assert standing(con)["model"] == "a-model"


def test_a_spent_token_budget_leaves_the_rules_note() -> None:
    """The day's tokens are counted from the kept notes; none left means no call."""
    con, model = a_day(), Model([GOOD])
    analysed(con, Model([BAD, BAD]))
    outcome = analysed(con, model, force=True, settings=replace(SETTINGS, tokens_per_day=1500))
    assert model.asked == []
    assert "of the day's 1500 tokens are spent" in outcome.undone[0]


def test_a_note_for_a_past_date_or_a_reconstructed_warehouse_never_counts_as_live() -> None:
    """Written after the next close, for an earlier session, or over history that was fetched later: replay."""
    con = a_day()
    late = NOW + timedelta(days=9)
    publish(con, late)
    analysed(con, None, now=late)
    assert standing(con)["kind"] == "replay"
    con = a_day()
    publish(con, NOW, "published")
    analysed(con, None)
    assert standing(con)["kind"] == "replay"


def test_a_date_that_is_no_final_session_is_refused() -> None:
    """A weekend and a session to come are usage errors; an empty warehouse is wrong data."""
    con = a_day()
    with pytest.raises(UsageWrong, match="no session"):
        analysed(con, None, for_date=date(2025, 10, 25))
    with pytest.raises(UsageWrong, match="not final"):
        analysed(con, None, for_date=date(2025, 11, 3))
    with pytest.raises(DataWrong, match="no final session"):
        analysed(warehouse(), None)


def test_a_kept_note_gives_the_same_row_when_the_lake_is_read_again() -> None:
    """What load rebuilds from the kept documents is what analyze inserted."""
    con, keeper = a_day(), Keeper()
    analysed(con, Model([GOOD]), keeper)
    inserted = con.execute("select * from lake.notes order by sequence").fetchall()
    kept = [a for a in keeper.answers if records.kind_of(a) == "note"]
    con.execute("delete from lake.notes")
    records.insert_notes(con, [records.note_row(answer) for answer in kept])
    assert con.execute("select * from lake.notes order by sequence").fetchall() == inserted
    assert len({row[0] for row in inserted}) == 2


def test_the_prompt_holds_the_facts_first_in_plain_numbers_and_no_brackets_before_them() -> None:
    """Numbers in the prompt are what the text may say: no exponents, and the array is the first JSON in it."""
    con, model = a_day(), Model([GOOD])
    analysed(con, model)
    text = " ".join(m["content"] for m in model.asked[0])
    start = text.index("[")
    assert "{" not in text[:start]
    facts, _ = json.JSONDecoder().raw_decode(text[start:])
    assert facts[0]["id"] == "SPY.close"
    assert re.search(r'"value": [-0-9.]*[eE]', text) is None
    assert {"id", "name", "value", "unit", "as_of", "source"} <= set(facts[0])


def test_a_note_is_in_no_view_of_an_instant_before_it() -> None:
    """As of yesterday there was no such note."""
    con = a_day()
    analysed(con, None)
    publish(con, datetime(2025, 10, 31, 12, 0, tzinfo=UTC))
    build(con)
    assert rows(con, "select * from marts.daily_recommendations") == []
    assert rows(con, "select * from marts.llm_insights") == []


def test_a_note_that_was_written_with_the_clock_ahead_does_not_stand_in_for_the_days_own() -> None:
    """It is shown to nobody before its instant; the day has its note when the clock is right again."""
    con, ahead = a_day(), NOW + timedelta(days=1)
    publish(con, ahead)
    analysed(con, None, Keeper(ahead), now=ahead)
    publish(con, NOW)
    analysed(con, None)
    assert standing(con)["published_at"] == NOW.replace(tzinfo=None)
