"""The model's server: the stand-in in each of its moods, and servers that misbehave on the wire."""

import json
import logging
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from pydantic import SecretStr

from etl.errors import (
    KeyRefused,
    ProviderDown,
    ProviderQuotaExhausted,
    ProviderRefused,
    RateLimited,
    ResponseError,
    ResponseUnreadable,
)
from etl.notes.writer import analyze, llm_client, reply_schema
from etl.notes.writer.prompt import NoteSettings
from tests.conftest import Upstream
from tests.notes.made_warehouse import NOW, PROMPTS, Keeper, a_day, build, rows
from tests.notes.test_analyze import GOOD as GOOD_NOTE
from tests.notes.wire import GOOD, Wire, always

KEY = "canary-key-that-nobody-may-read"
SCHEMA = reply_schema.schema_for(["SPY", "EWJ"])
MESSAGES = [
    {"role": "system", "content": "You quote."},
    {"role": "user", "content": '[{"id": "SPY.close", "value": 1.5}]'},
]


@pytest.fixture(scope="module")
def upstream(start_upstream: Callable[..., Upstream]) -> Upstream:
    """One stand-in for this file."""
    return start_upstream()


def model(base_url: str, **more: Any) -> llm_client.OpenAiServer:
    """A model on a server, with short patience."""
    return llm_client.OpenAiServer(
        base_url=base_url, key=SecretStr(KEY), model="stand-in", **{"timeout_s": 10.0, "max_retries": 0, **more}
    )


def asked(base_url: str, **more: Any) -> llm_client.ServerCompletion:
    """One request."""
    return model(base_url, **more).complete(MESSAGES, SCHEMA, temperature=0.2, max_tokens=500)


WROTE = json.dumps(GOOD_NOTE)
MOODS: dict[str, tuple[list[str], str]] = {  # what the model says in it, where not the mood's own, and who wrote
    "script": ([WROTE], "stand-in"), "no_schema+script": ([WROTE], "stand-in"),
    "reasoning+script": ([WROTE], "stand-in"),
    "no_effort_none+no_schema+script": ([WROTE], "stand-in"), "faithful": ([], "rules"), "prose": ([], "rules"),
    "liar": ([], "rules"), "malformed": ([], "rules"), "wrong_schema": ([], "rules"), "empty": ([], "rules"),
    "length": ([], "rules"), "refusal": ([], "rules"), "retired": ([], "rules"), "thinks": ([], "rules"),
}  # fmt: skip


@pytest.mark.parametrize("mood", MOODS)
def test_each_mood_of_the_stand_in_leads_to_a_note_that_stands(upstream: Upstream, mood: str) -> None:
    """
    The model's where it stands, else the rules', with the reason; and the stand-in was in that mood.

    Its own words are the same recommendation three times, which is refused: a good note is put in with `script`.
    """
    script, writer = MOODS[mood]
    upstream.reset()
    upstream.mood(mood, *script)
    con, keeper = a_day(), Keeper()
    outcome = analyze.run(
        con, llm=model(upstream.env["OPENAI_BASE_URL"]), keep=keeper, now=NOW, run_id="run-1", prompts_root=PROMPTS,
        settings=NoteSettings(),
    )  # fmt: skip
    build(con)
    note = rows(con, "select * from marts.daily_recommendations")[0]
    assert (note["model"], note["verified"]) == (writer, True), outcome
    assert set(upstream.verdicts()) == {mood}
    assert outcome.undone == (() if writer == "stand-in" else (f"note by stand-in: {note['why']}",))
    if mood == "faithful":
        assert "SPY over 5 sessions: each recommendation is for another symbol" in outcome.notes[0]
    if mood == "liar":
        assert any("987.654" in text["content"] for text in keeper.documents("reply"))
        assert "987.654" not in str(note)


def error(message: str, code: str | None = None) -> bytes:
    """An error body as OpenAI gives it, with the key echoed in it."""
    return json.dumps({"error": {"message": f"{message}: {KEY}", "type": "x", "code": code}}).encode()


FAULTS: dict[str, tuple[int, bytes, str, type[ResponseError]]] = {
    "wrong key": (401, error("Incorrect API key provided", "invalid_api_key"), "application/json", KeyRefused),
    "forbidden": (403, error("no"), "application/json", KeyRefused),
    "too fast": (429, error("Rate limit reached", "rate_limit_exceeded"), "application/json", RateLimited),
    "quota spent": (
        429,
        error("You exceeded your quota", "insufficient_quota"),
        "application/json",
        ProviderQuotaExhausted,
    ),
    "no access to the model": (403, error("no access", "model_not_found"), "application/json", KeyRefused),
    "balance spent": (402, error("Insufficient Balance"), "application/json", ProviderQuotaExhausted),
    "unknown model": (404, error("no such model", "model_not_found"), "application/json", KeyRefused),
    "refused twice": (400, error("bad request"), "application/json", ProviderRefused),
    "server error": (500, error("oops"), "application/json", ProviderDown),
    "HTML with 200": (200, b"<html><body>Sign in</body></html>", "text/html", ResponseUnreadable),
    "JSON with 200 that is no completion": (200, b'{"detail": "ok"}', "application/json", ResponseUnreadable),
    "no choices": (200, b'{"choices": []}', "application/json", ResponseUnreadable),
    "broken JSON with 200": (200, b'{"choices": [', "application/json", ResponseUnreadable),
    "a JSON list": (200, b"[1, 2]", "application/json", ResponseUnreadable),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_a_server_does_wrong_becomes_one_of_our_errors_without_its_words(
    wire: Callable[..., Wire], fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The kind of error decides what follows; the key that the server echoes is in no message and no log."""
    status, body, content_type, kind = FAULTS[fault]
    server = wire(always(status, body), content_type)
    with caplog.at_level(logging.DEBUG), pytest.raises(kind) as caught:
        asked(server.url)
    assert KEY not in str(caught.value)
    assert KEY not in caplog.text
    assert caught.value.__cause__ is None


def test_a_server_that_does_not_answer_in_time_is_down(wire: Callable[..., Wire]) -> None:
    """The time-out is ours; nothing listens at all is down too."""
    server = wire(always(200, b"{}"), delay_s=5.0)
    with pytest.raises(ProviderDown, match="in time"):
        asked(server.url, timeout_s=0.3)
    with pytest.raises(ProviderDown, match="reached"):
        asked("http://127.0.0.1:1/v1")


def test_the_key_is_in_no_repr_and_an_empty_one_still_reaches_a_local_server(wire: Callable[..., Wire]) -> None:
    """Local servers want no key; the SDK refuses an empty one."""
    assert KEY not in repr(model("http://127.0.0.1:1/v1"))
    server = wire(always(200, GOOD))
    for key in (None, SecretStr("")):
        said = llm_client.OpenAiServer(base_url=server.url, key=key, model="local").complete(
            MESSAGES, SCHEMA, temperature=0.2, max_tokens=9
        )
        assert (said.content, said.prompt_tokens) == ("hi", 0)


def test_what_is_sent_is_the_schema_the_temperature_and_the_limit(wire: Callable[..., Wire]) -> None:
    """Strict JSON schema first; as text the schema stands behind the facts."""
    server = wire(always(200, GOOD))
    asked(server.url)
    model(server.url).complete(MESSAGES, SCHEMA, temperature=0.2, max_tokens=500, text_only=True)
    first, second = server.asked
    assert "reasoning_effort" not in first
    assert first["response_format"]["json_schema"]["strict"] is True
    assert (first["temperature"], first["max_tokens"], first["model"]) == (0.2, 500, "stand-in")
    assert "response_format" not in second
    text = second["messages"][-1]["content"]
    assert text.index("SPY.close") < text.index("properties")
    assert "properties" not in MESSAGES[-1]["content"]


def test_a_server_is_asked_which_models_it_has_and_until_when(upstream: Upstream) -> None:
    """One GET, no completion."""
    upstream.reset()
    models = model(upstream.env["OPENAI_BASE_URL"]).models()
    assert (models["gpt-6-luna"], models["gpt-4o-mini"]) == (None, date(2027, 1, 14))
    assert [entry["path"] for entry in upstream.log()] == ["/openai/v1/models"]


LISTS: dict[str, tuple[int, bytes, str, type[ResponseError]]] = {
    "no such path": (404, b"<html>Not found</html>", "text/html", ProviderRefused),
    "HTML with 200": (200, b"<html>Sign in</html>", "text/html", ProviderRefused),
    "another shape": (200, b'{"models": []}', "application/json", ProviderRefused),
    "broken JSON": (200, b'{"data": [', "application/json", ProviderRefused),
    "wrong key": (401, error("Incorrect API key provided", "invalid_api_key"), "application/json", KeyRefused),
    "server error": (500, error("oops"), "application/json", ProviderDown),
}


@pytest.mark.parametrize("case", LISTS)
def test_a_server_that_lists_no_models_says_so_in_our_words(wire: Callable[..., Wire], case: str) -> None:
    """Some list none; nothing of their words is repeated."""
    status, body, content_type, kind = LISTS[case]
    with pytest.raises(kind) as caught:
        model(wire(always(status, body), content_type).url).models()
    assert KEY not in str(caught.value)


def test_a_day_that_is_none_is_no_shutdown(wire: Callable[..., Wire]) -> None:
    """Of a server that says something else in its place."""
    listed = [{"id": "a", "shutdown_date": "soon"}, {"id": "b", "shutdown_date": 7}, {"id": "c"}, {}]
    url = wire(always(200, json.dumps({"data": listed}).encode())).url
    assert model(url).models() == {"a": None, "b": None, "c": None, "": None}
