"""What a model takes of a request: where it starts, what it learns from a refusal, what it remembers and what not."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import SecretStr

from etl.errors import KeyRefused, ProviderDown, ProviderRefused
from etl.notes.writer import reply_schema
from etl.notes.writer.llm_client import OpenAiServer, ServerCompletion
from etl.state import capabilities
from etl.state.capabilities import RESPONSE_FORMAT, RefusedParameters, parameters, refused_parameter
from etl.state.database import StateDatabase
from tests.conftest import Upstream
from tests.notes.wire import GOOD, Wire

KEY = "canary-key-that-nobody-may-read"
SCHEMA = reply_schema.schema_for(["SPY", "EWJ"])
MESSAGES = [{"role": "user", "content": '[{"id": "SPY.close", "value": 1.5}]'}]
OPENAI = ("max_completion_tokens", "reasoning_effort", "temperature", RESPONSE_FORMAT)
LOCAL = ("max_tokens", "temperature", RESPONSE_FORMAT)


@pytest.fixture(scope="module")
def upstream(start_upstream: Callable[..., Upstream]) -> Upstream:
    """One stand-in for this file."""
    return start_upstream()


@pytest.fixture
def as_openai(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server on loopback is started with as OpenAI's own is."""
    monkeypatch.setitem(capabilities.STARTS, "127.0.0.1", capabilities.STARTS["api.openai.com"])


def asked(base_url: str, memory: RefusedParameters | None = None, **more: Any) -> ServerCompletion:
    """One request of a new process."""
    model = OpenAiServer(base_url=base_url, key=SecretStr(KEY), model="m", timeout_s=10.0, max_retries=0, memory=memory)
    return model.complete(MESSAGES, SCHEMA, temperature=0.2, max_tokens=500, **more)


def refusing(*names: str, status: int = 400, code: str = "unsupported_parameter", param: str | None = "") -> Any:
    """Answers like a model that refuses these, one an answer; `param` says what it names in their place."""

    def respond(request: dict[str, Any]) -> tuple[int, bytes]:
        for name in names:
            if name in request:
                said = {"message": f"no: {KEY}", "code": code, "param": name if param == "" else param}
                return status, json.dumps({"error": said}).encode()
        return 200, GOOD

    return respond


def test_each_server_starts_with_what_it_is_known_to_take() -> None:
    """OpenAI's own models reason unless they are told not to; other servers know the older name."""
    assert parameters("api.openai.com", []) == set(OPENAI)
    assert parameters("localhost", []) == set(LOCAL)


@pytest.mark.parametrize(
    ("host", "refused", "left"),
    [
        ("localhost", ["max_tokens"], {"max_completion_tokens", "temperature", RESPONSE_FORMAT}),
        (
            "api.openai.com",
            ["max_completion_tokens"],
            {"max_tokens", "reasoning_effort", "temperature", RESPONSE_FORMAT},
        ),
        ("localhost", ["max_tokens", "max_completion_tokens"], {"temperature", RESPONSE_FORMAT}),
        ("api.openai.com", ["reasoning_effort", "temperature"], {"max_completion_tokens", RESPONSE_FORMAT}),
    ],
)
def test_exactly_the_refused_parameter_is_swapped_or_left_out(host: str, refused: list[str], left: set[str]) -> None:
    """The length goes by its other name first; all else stays."""
    assert parameters(host, refused) == left


@pytest.mark.parametrize(
    ("status", "param", "code", "name"),
    [
        (400, "max_tokens", "unsupported_parameter", "max_tokens"),
        (400, "temperature", "unsupported_value", "temperature"),
        (400, "temperature", "invalid_value", None),
        (400, "top_p", "unsupported_parameter", None),  # not sent
        (400, "messages", "context_length_exceeded", None),
        (400, "response_format", "", RESPONSE_FORMAT),
        (400, "response_format.json_schema", "invalid_request_error", RESPONSE_FORMAT),
        (400, "", "", RESPONSE_FORMAT),  # names nothing
        (404, "", "404", RESPONSE_FORMAT),  # OpenRouter: no endpoint takes it
        (404, "", "model_not_found", None),
        (501, "", "", RESPONSE_FORMAT),
        (401, "max_tokens", "unsupported_parameter", None),
        (503, "", "", None),
    ],
)
def test_a_refusal_is_read_by_its_param_and_code(status: int, param: str, code: str, name: str | None) -> None:
    """Never by its words."""
    assert refused_parameter(status, param, code, LOCAL) == name


MOODS = {  # what a server that knows `max_tokens` is sent in the end, and after how many requests
    "reasoning": ({"max_completion_tokens", RESPONSE_FORMAT}, 3),
    "no_effort_none": ({"max_completion_tokens", RESPONSE_FORMAT}, 3),
    "no_effort_none+no_schema": ({"max_completion_tokens"}, 4),
    "no_schema": ({"max_tokens", "temperature"}, 2),
    "faithful": (set(LOCAL), 1),
}
OF_OPENAI = {
    "reasoning": (set(OPENAI), 1),
    "no_effort_none": ({"max_completion_tokens", RESPONSE_FORMAT}, 3),
    "no_effort_none+no_schema": ({"max_completion_tokens"}, 4),
}


def learned(upstream: Upstream, mood: str, state: StateDatabase, start: tuple[str, ...]) -> tuple[set[str], int, int]:
    """What a mood leaves of the parameters; how many requests that took, and how many in the next process."""
    upstream.reset()
    upstream.mood(mood)
    memory, url = RefusedParameters(state), upstream.env["OPENAI_BASE_URL"]
    first = asked(url, memory)
    count = len(upstream.log())
    assert reply_schema.parse(first.content, SCHEMA).calls
    asked(url, memory)
    refused = memory.of(OpenAiServer(base_url=url, key=None, model="m").server, "m")
    host = "api.openai.com" if start == OPENAI else "localhost"
    return set(parameters(host, refused)), count, len(upstream.log()) - count


@pytest.mark.parametrize("mood", MOODS)
def test_each_refusing_mood_is_answered_in_the_end_and_remembered(
    upstream: Upstream, mood: str, state: StateDatabase
) -> None:
    """The second process asks once."""
    assert learned(upstream, mood, state, LOCAL) == (*MOODS[mood], 1)


@pytest.mark.usefixtures("as_openai")
@pytest.mark.parametrize("mood", OF_OPENAI)
def test_a_start_as_at_openai_is_taken_at_once_or_learned(upstream: Upstream, mood: str, state: StateDatabase) -> None:
    """A reasoning model that takes effort none takes all of it."""
    assert learned(upstream, mood, state, OPENAI) == (*OF_OPENAI[mood], 1)


@pytest.mark.usefixtures("as_openai")
def test_a_reply_has_room_for_thoughts_where_the_model_thinks(wire: Callable[..., Wire]) -> None:
    """500 tokens with effort none; four times that where the model decides itself how long it thinks."""
    calm, thinker = wire(refusing()), wire(refusing("reasoning_effort"))
    asked(calm.url)
    asked(thinker.url)
    (told,) = calm.asked
    assert (told["max_completion_tokens"], told["reasoning_effort"], told["temperature"]) == (500, "none", 0.2)
    assert "max_tokens" not in told
    assert [told["max_completion_tokens"] for told in thinker.asked] == [500, 2000]
    assert OpenAiServer(base_url=calm.url, key=None, model="m").most_tokens(500) == 500


def test_what_is_learned_holds_for_one_server_and_model(state: StateDatabase) -> None:
    """Another model of the same server, and the same model elsewhere, are asked anew."""
    memory = RefusedParameters(state)
    memory.note("a/v1", "m", {"temperature"})
    memory.note("a/v1", "m", {"temperature", "max_tokens"})
    assert memory.of("a/v1", "m") == {"temperature", "max_tokens"}
    assert memory.of("a/v1", "n") == memory.of("b/v1", "m") == frozenset()


def test_a_server_that_ignores_the_schema_is_asked_as_text_by_the_next_process_too(state: StateDatabase) -> None:
    """The notes tell it so, when a reply under the schema was broken and one as text was not."""
    memory = RefusedParameters(state)
    OpenAiServer(base_url=None, key=None, model="m", memory=memory).remember_text_only()
    assert OpenAiServer(base_url=None, key=None, model="m", memory=memory).is_text_only
    assert not OpenAiServer(base_url="http://127.0.0.1:1/v1", key=None, model="m", memory=memory).is_text_only


def test_a_model_that_refuses_everything_is_asked_a_bounded_number_of_times(
    wire: Callable[..., Wire], state: StateDatabase
) -> None:
    """Five parameters at most; nothing is learned of what never worked, and the key that is echoed is in no message."""
    server = wire(refusing("model", param="temperature"))
    with pytest.raises(ProviderRefused, match="HTTP 400") as caught:
        asked(server.url, RefusedParameters(state))
    assert KEY not in str(caught.value)
    assert len(server.asked) == 2
    server = wire(refusing("max_tokens", "max_completion_tokens", "temperature", RESPONSE_FORMAT, "model"))
    with pytest.raises(ProviderRefused):
        asked(server.url, RefusedParameters(state))
    assert len(server.asked) == 5
    assert state.rows("select * from refused_parameters") == []


def test_a_schema_that_a_server_cannot_make_a_grammar_of_goes_into_the_prompt(
    wire: Callable[..., Wire], state: StateDatabase
) -> None:
    """llama.cpp says 500, which may have had another reason: the next process tries the schema again."""
    server = wire(refusing(RESPONSE_FORMAT, status=500, code="", param=None))
    memory = RefusedParameters(state)
    assert asked(server.url, memory).mode == "text"
    assert asked(server.url, memory).mode == "text"
    assert [RESPONSE_FORMAT in told for told in server.asked] == [True, False, True, False]
    down = wire(refusing("model", status=500, code="", param=None))
    with pytest.raises(ProviderDown, match="HTTP 500"):
        asked(down.url, memory)


def test_a_retired_model_is_named_and_not_asked_twice(upstream: Upstream) -> None:
    """404, `model_not_found`."""
    upstream.reset()
    upstream.mood("retired")
    with pytest.raises(KeyRefused, match="no model m, or has it no more"):
        asked(upstream.env["OPENAI_BASE_URL"])
    assert len(upstream.log()) == 1
