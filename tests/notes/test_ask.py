"""Questions about a symbol: what they are answered from, and what of an answer is not shown."""

import json
from datetime import timedelta
from typing import Any

import duckdb
import pytest

from etl.errors import ProviderDown, UsageWrong
from etl.notes.writer import ask
from etl.notes.writer.knowledge import Passage
from etl.notes.writer.review import again
from tests.notes.made_model import Model
from tests.notes.made_warehouse import DAY, NOW, PROMPTS, Keeper, a_day, build
from tests.notes.test_analyze import SETTINGS

QUESTION = "Is this a breakout?"
ANSWER = {"summary": "No. SPY closed at 100.00, below its resistance of 102.44.", "summary_facts": ["SPY.close"]}


def a_week() -> duckdb.DuckDBPyConnection:
    """The day with four candles of SPY before it and three hours of bitcoin."""
    con = a_day()
    for n in range(1, 5):
        con.execute(
            "insert into marts.daily_prices values ('SPY', ?, 'alpha_vantage', 90, 99.5, 88, ?, 500)",
            [DAY - timedelta(days=n), 95.25 + n],
        )
        con.execute("insert into marts.daily_metrics (symbol, trade_date) values ('SPY', ?)", [DAY - timedelta(days=n)])
    for hour in range(3):
        con.execute(
            f"insert into marts.hourly_prices values ('BTCUSDT', '{DAY} 0{hour}:00:00', 1.5, 2.5, 0.5, {1.75 + hour})"
        )
    return con


def asked(con: duckdb.DuckDBPyConnection, model: Any = None, question: str = QUESTION, **more: Any) -> Any:
    """Ask about SPY."""
    options = {"passages": (), "now": NOW, "run_id": "run-1", "prompts_root": PROMPTS, "settings": SETTINGS}
    outcome = ask.run(con, more.pop("symbol", "SPY"), question, llm=model, keep=Keeper(), **(options | more))
    build(con)
    return outcome


def document(outcome: Any) -> dict[str, Any]:
    """What was kept of an answer."""
    return json.loads(outcome.details["document"])  # type: ignore[no-any-return]  # an object


def test_the_rules_say_where_the_close_stands_in_its_range() -> None:
    """Below the highest high of 20 sessions: no breakout; above it, with twice the volume, a confirmed one."""
    con = a_week()
    said = document(asked(con))
    assert "below its resistance of 102.44" in said["summary"]
    assert "no breakout" in said["summary"]
    assert "2.00 times its 20-day mean" in said["summary"]
    con.execute("update marts.daily_metrics set resistance = 99.5 where symbol = 'SPY'")
    said = document(asked(con))
    assert "above its resistance of 99.50" in said["summary"]
    assert "a breakout with volume behind it" in said["summary"]


def test_a_model_sees_candles_of_several_time_frames_indicators_and_the_question_as_data() -> None:
    """Days and weeks for SPY; the question and the knowledge stand between tags."""
    con, model = a_week(), Model([ANSWER])
    passages = (Passage("breakouts.md", "A breakout wants volume."),)
    outcome = asked(con, model, passages=passages)
    text = model.asked[0][1]["content"]
    candles = text.split("<candles>")[1].split("</candles>")[0]
    assert "days (at, open, high, low, close):" in candles
    assert f"{DAY - timedelta(days=2)} 90.0 99.5 88.0 97.25" in candles
    assert "weeks (at, open, high, low, close):" in candles
    assert '"SPY.resistance"' in text.split("<facts>")[1].split("</facts>")[0]
    assert text.split("<question>")[1].split("</question>")[0].strip() == QUESTION
    kept = document(outcome)
    assert (kept["model"], kept["question"]) == ("a-model", QUESTION)
    assert kept["quoted"] == [{"file": "breakouts.md", "text": "A breakout wants volume."}]
    assert again(kept, frozenset()) == []


def test_crypto_is_shown_by_the_hour_too() -> None:
    """Three hours of bitcoin."""
    model = Model([{"summary": "Nothing to say.", "summary_facts": ["BTCUSDT.close"]}])
    asked(a_week(), model, symbol="BTCUSDT")
    assert f"{DAY}T02:00:00Z 1.5 2.5 0.5 3.75" in model.asked[0][1]["content"]


@pytest.mark.parametrize(
    ("summary", "stands"),
    [
        (f"SPY closed at 97.25 on {DAY - timedelta(days=2)}.", True),
        (f"SPY's high was 99.5 on {DAY - timedelta(days=2)}.", True),
        ("SPY closed at 97.25.", False),  # a stale close, as if it were the day's
        (f"SPY closed at 97.25 on {DAY}.", False),
        (f"SPY closed at 99.5 on {DAY - timedelta(days=2)}.", False),  # that is its high
        ("SPY is near its support of 102.44.", False),  # that is its resistance
        ("SPY's MACD histogram is 0.42.", False),  # it is negative
        ("SPY closed above its resistance of 102.44.", False),
    ],
)
def test_an_earlier_candle_is_quoted_with_its_date_or_not_at_all(summary: str, stands: bool) -> None:
    """What does not stand is sent back, then the rules answer."""
    reply = {"summary": summary, "summary_facts": ["SPY.close"]}
    outcome = asked(a_week(), Model([reply, reply]))
    assert (document(outcome)["model"] == "a-model") is stands, outcome


def test_a_model_that_does_not_answer_makes_the_run_partial() -> None:
    """The rules answer, and say why; without a model that is no failure."""
    outcome = asked(a_week(), Model([ProviderDown("down")]))
    assert (document(outcome)["model"], document(outcome)["why"]) == ("rules", "down")
    assert outcome.undone == ("an answer by a-model: down",)
    outcome = asked(a_week())
    assert (document(outcome)["why"], outcome.undone) == (None, ())


def test_the_same_question_on_the_same_facts_is_not_paid_for_twice() -> None:
    """Another question is."""
    con, model = a_week(), Model([ANSWER, ANSWER])
    asked(con, model)
    assert "answered before" in asked(con, model).line
    asked(con, model, question="And now?")
    assert len(model.asked) == 2


def test_a_question_of_nothing_or_of_too_much_is_refused() -> None:
    """Up to 1000 characters."""
    for question in (" ", "x" * 1001):
        with pytest.raises(UsageWrong, match="allowed: 1 to 1000"):
            asked(a_week(), None, question)
