"""
The language model behind any OpenAI-compatible server, through the openai SDK.

What a server takes of a request is learned from its refusals (`etl.state.capabilities`): some models refuse
`max_tokens` and `temperature`, some servers `response_format`; some ignore it, or leave the content empty under it.
The SDK's errors are translated here, without a word of theirs: a server's message may echo the key.
Facts: `max_retries=2` means three requests on 408, 409, 429, 5xx and time-outs, none on 400 and 401.
"""

import json
import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from pydantic import SecretStr

from etl.config.settings import Settings
from etl.errors import (
    KeyRefused,
    ProviderDown,
    ProviderQuotaExhausted,
    ProviderRefused,
    RateLimited,
    ResponseError,
    ResponseUnreadable,
)
from etl.state.capabilities import RESPONSE_FORMAT, RefusedParameters, most_tokens, parameters, refused_parameter

if TYPE_CHECKING:
    import openai

ReplyForm = Literal["json_schema", "text"]
PUBLIC = "https://api.openai.com/v1"
IN_TEXT = "\n\nReply with one JSON object of this JSON Schema and with nothing else:\n"


@dataclass(frozen=True, slots=True)
class ServerCompletion:
    """What the model said. `finish_reason` is the server's; `refusal` its words where it declined."""

    content: str
    finish_reason: str
    refusal: str | None
    model: str
    prompt_tokens: int
    completion_tokens: int
    mode: ReplyForm


class OpenAiServer:
    """One model on one server. Opens a connection for each request and closes it; `memory` outlives the process."""

    def __init__(
        self,
        *,
        base_url: str | None,
        key: SecretStr | None,
        model: str,
        timeout_s: float = 60.0,
        max_retries: int = 2,
        memory: RefusedParameters | None = None,
    ) -> None:
        self.model = model
        self.base_url = base_url or PUBLIC
        self._key = key
        self._timeout_s = timeout_s
        self._max_retries = max_retries
        self._memory = memory
        self._refused = memory.of(self.server, model) if memory else frozenset[str]()
        for name in ("openai", "httpx2", "httpcore2", "httpx", "httpcore"):
            logging.getLogger(name).setLevel(logging.WARNING)

    def __repr__(self) -> str:
        return f"Llm({self.model!r} at {self.base_url!r})"

    @property
    def server(self) -> str:
        """Host, port and path of the server: no user, password or query of its address."""
        parts = urlsplit(self.base_url)
        return f"{parts.hostname}{f':{parts.port}' if parts.port else ''}{parts.path}"

    @property
    def is_text_only(self) -> bool:
        """Whether this server and model took no schema before."""
        return RESPONSE_FORMAT in self._refused

    def remember_text_only(self) -> None:
        """From now on the schema goes into the prompt."""
        self._learn({RESPONSE_FORMAT})

    def most_tokens(self, of_text: int) -> int:
        """What a reply may take whose text takes so many tokens, thoughts included."""
        return most_tokens(self._parameters(self._refused), of_text)

    def complete(
        self,
        messages: Sequence[Mapping[str, str]],
        schema: Mapping[str, object],
        *,
        temperature: float,
        max_tokens: int,
        text_only: bool = False,
    ) -> ServerCompletion:
        """
        Ask once, for JSON of `schema`; a parameter that is refused goes by its other name or is left out.

        `max_tokens` is what the text may take. Where the schema is refused, or with `text_only`, it is in the prompt.

        Raises:
            ResponseError: the subclass says why there is no reply; its message holds nothing of the server's.
        """
        import openai

        refused = self._refused | ({RESPONSE_FORMAT} if text_only else set())
        learned: set[str] = set()
        while True:  # each refusal takes one of five parameters away
            sent = self._parameters(refused)
            try:
                reply = self._send(_body(self.model, messages, schema, temperature, max_tokens, sent))
                break
            except openai.APIStatusError as error:
                name = refused_parameter(error.status_code, str(error.param or ""), str(error.code or ""), sent)
                if name is None:
                    raise _translated(error, self.model) from None
                refused |= {name}
                learned |= {name} if error.status_code != 500 else set()  # which may have had another reason
            except openai.OpenAIError as error:
                raise _translated(error, self.model) from None
        if learned:
            self._learn(learned)
        return _completion(reply, "json_schema" if RESPONSE_FORMAT in sent else "text")

    def models(self) -> dict[str, date | None]:
        """
        The models that the server lists, each with the day on which it is shut down where there is one. Free of charge.

        Raises:
            ResponseError: ProviderRefused where the server lists none.
        """
        import openai

        try:
            with self._client() as client:
                listed: Any = getattr(client.models.list(), "data", None)
        except (openai.NotFoundError, ValueError, RecursionError, AttributeError):
            listed = None  # no such path, or something else at it: the SDK trips over a page of HTML
        except openai.OpenAIError as error:
            raise _translated(error, self.model) from None
        if not isinstance(listed, list):
            raise ProviderRefused("the model's server does not list its models")
        return {str(getattr(each, "id", None) or ""): _day(getattr(each, "shutdown_date", None)) for each in listed}

    def _parameters(self, refused: Collection[str]) -> frozenset[str]:
        return parameters(urlsplit(self.base_url).hostname or "", refused)

    def _learn(self, names: Collection[str]) -> None:
        self._refused |= frozenset(names)
        if self._memory:
            self._memory.note(self.server, self.model, names)

    def _client(self) -> "openai.OpenAI":
        import openai  # here, because it takes half a second to import

        key = (
            self._key.get_secret_value() if self._key else ""
        ) or "none"  # local servers want none, the SDK wants a word
        return openai.OpenAI(
            base_url=self.base_url, api_key=key, timeout=self._timeout_s, max_retries=self._max_retries
        )

    def _send(self, body: Mapping[str, Any]) -> Any:
        try:
            with self._client() as client:
                return client.chat.completions.create(**body)
        except (ValueError, RecursionError):  # a body that calls itself JSON and is not
            raise ResponseUnreadable("the model's server answered with something that is not JSON") from None


def llm_of(settings: Settings, memory: RefusedParameters | None = None) -> OpenAiServer | None:
    """The model that is set up: a key or a server of one's own; never one in the demo."""
    key, base_url = settings.keys.get("OPENAI_API_KEY"), settings.base_urls.get("OPENAI_BASE_URL")
    if settings.demo or not (key or base_url):
        return None
    timeout_s = settings.tables.notes.timeout_s
    return OpenAiServer(base_url=base_url, key=key, model=settings.openai_model, timeout_s=timeout_s, memory=memory)


def _body(
    model: str,
    messages: Sequence[Mapping[str, str]],
    schema: Mapping[str, object],
    temperature: float,
    max_tokens: int,
    sent: Collection[str],
) -> dict[str, Any]:
    """The request with these parameters; without `response_format` the schema stands behind the last message."""
    most = most_tokens(sent, max_tokens)
    values = {
        "max_tokens": most,
        "max_completion_tokens": most,
        "reasoning_effort": "none",
        "temperature": temperature,
        RESPONSE_FORMAT: {
            "type": "json_schema", "json_schema": {"name": "note", "strict": True, "schema": dict(schema)},
        },
    }  # fmt: skip
    told = [dict(message) for message in messages]
    if RESPONSE_FORMAT not in sent:
        told[-1]["content"] += IN_TEXT + json.dumps(schema)
    return {"model": model, "messages": told, **{name: values[name] for name in values if name in sent}}


def _completion(reply: Any, mode: ReplyForm) -> ServerCompletion:
    """The reply's parts; a 200 that is no chat completion (an HTML page comes as a str) is unreadable."""
    choices = getattr(reply, "choices", None)
    choice = choices[0] if isinstance(choices, list) and choices else None
    message = getattr(choice, "message", None)
    if message is None:
        raise ResponseUnreadable("the model's server answered with something that is no chat completion")
    usage = getattr(reply, "usage", None)
    return ServerCompletion(
        content=str(getattr(message, "content", None) or ""),
        finish_reason=str(getattr(choice, "finish_reason", None) or ""),
        refusal=str(getattr(message, "refusal", None) or "") or None,
        model=str(getattr(reply, "model", None) or ""),
        prompt_tokens=_count(usage, "prompt_tokens"),
        completion_tokens=_count(usage, "completion_tokens"),
        mode=mode,
    )


def _day(text: object) -> date | None:
    try:
        return date.fromisoformat(str(text)[:10])
    except ValueError:
        return None


def _count(part: Any, name: str) -> int:
    """A count of the server's: the SDK hands on whatever the body holds, NaN and words too."""
    value = getattr(part, name, None)
    return value if isinstance(value, int) and value > 0 else 0


def _translated(error: Exception, model: str) -> ResponseError:
    """The one place where the SDK's errors become ours."""
    import openai

    if isinstance(error, openai.APITimeoutError):
        return ProviderDown("the model's server did not answer in time")
    if isinstance(error, openai.APIConnectionError):
        return ProviderDown("the model's server cannot be reached; check OPENAI_BASE_URL")
    if isinstance(error, openai.APIStatusError):
        return _of_status(error.status_code, str(error.code or ""), model)
    return ResponseUnreadable("the model's server answered in a way that the SDK cannot read")


def _of_status(status: int, code: str, model: str) -> ResponseError:
    if status == 403 and code == "model_not_found":
        return KeyRefused(f"the key has no access to the model {model} (HTTP 403); check OPENAI_MODEL")
    if status in (401, 403):
        return KeyRefused(f"the model's server does not accept the key (HTTP {status}); set OPENAI_API_KEY")
    if status == 429 and code in ("insufficient_quota", "billing_hard_limit_reached"):
        return ProviderQuotaExhausted("the quota of the model's account is spent (HTTP 429)")
    if status == 402:
        return ProviderQuotaExhausted("the balance of the model's account is spent (HTTP 402)")
    if status == 429:
        return RateLimited("the model's server asks for fewer requests (HTTP 429)")
    if status == 404:
        said = f"the model's server has no model {model}, or has it no more (HTTP 404)"
        return KeyRefused(f"{said}; check OPENAI_MODEL and OPENAI_BASE_URL")
    if status < 500:
        return ProviderRefused(f"the model's server refused the request (HTTP {status})")
    return ProviderDown(f"the model's server failed (HTTP {status})")
