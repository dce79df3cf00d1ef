"""
The language model behind any OpenAI-compatible server, through the openai SDK.

Whether a server takes a JSON schema is learned once per server and model: some refuse `response_format` (LM Studio
`json_object`, older servers any), some ignore it, some leave the content empty under it. It is remembered within the
process here, and from run to run by the notes (`asked_as`), which tell it to `remember_text_only`.
The SDK's errors are translated here, without a word of theirs: a server's message may echo the key.
Facts: `max_retries=2` means three requests on 408, 409, 429, 5xx and time-outs, none on 400 and 401.
"""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import SecretStr

from etl.errors import AnswerError, AnswerUnreadable, DaySpent, KeyRefused, ProviderDown, ProviderRefused, RateLimited

Mode = Literal["json_schema", "text"]
_TEXT_ONLY: set[tuple[str, str]] = set()  # (server, model) that took no schema in this process
PUBLIC = "https://api.openai.com/v1"
IN_TEXT = "\n\nReply with one JSON object of this JSON Schema and with nothing else:\n"


@dataclass(frozen=True, slots=True)
class Completion:
    """What the model said. `finish_reason` is the server's; `refusal` its words where it declined."""

    content: str
    finish_reason: str
    refusal: str | None
    model: str
    prompt_tokens: int
    completion_tokens: int
    mode: Mode


class Llm:
    """One model on one server. Opens a connection for each call and closes it."""

    def __init__(
        self, *, base_url: str | None, key: SecretStr | None, model: str, timeout_s: float = 60.0, max_retries: int = 2
    ) -> None:
        self.model = model
        self.base_url = base_url or PUBLIC
        self._key = key
        self._timeout_s = timeout_s
        self._max_retries = max_retries
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
        return (self.base_url, self.model) in _TEXT_ONLY

    def remember_text_only(self) -> None:
        """From now on the schema goes into the prompt."""
        _TEXT_ONLY.add((self.base_url, self.model))

    def complete(
        self,
        messages: Sequence[Mapping[str, str]],
        schema: Mapping[str, object],
        *,
        temperature: float,
        max_tokens: int,
        text_only: bool = False,
    ) -> Completion:
        """
        Ask once, for JSON of `schema`; where the server refuses the schema, ask again with it in the prompt.

        Raises:
            AnswerError: the subclass says why there is no reply; its message holds nothing of the server's.
        """
        if not (text_only or self.is_text_only):
            try:
                return self._send(messages, schema, "json_schema", temperature, max_tokens)
            except ProviderRefused:
                reply = self._send(messages, schema, "text", temperature, max_tokens)
                self.remember_text_only()
                return reply
        return self._send(messages, schema, "text", temperature, max_tokens)

    def _send(
        self,
        messages: Sequence[Mapping[str, str]],
        schema: Mapping[str, object],
        mode: Mode,
        temperature: float,
        max_tokens: int,
    ) -> Completion:
        import openai  # here, because it takes half a second to import

        body: dict[str, Any] = {
            "model": self.model,
            "messages": [dict(m) for m in messages],
            "temperature": temperature,
            "max_tokens": max_tokens,
        }
        if mode == "json_schema":
            wanted = {"name": "note", "strict": True, "schema": dict(schema)}
            body["response_format"] = {"type": "json_schema", "json_schema": wanted}
        else:
            body["messages"][-1]["content"] += IN_TEXT + json.dumps(schema)
        key = (
            self._key.get_secret_value() if self._key else ""
        ) or "none"  # local servers want none, the SDK wants a word
        try:
            with openai.OpenAI(
                base_url=self.base_url, api_key=key, timeout=self._timeout_s, max_retries=self._max_retries
            ) as client:
                reply = client.chat.completions.create(**body)
        except openai.OpenAIError as error:
            raise _translated(error, self.model) from None
        except (ValueError, RecursionError):  # a body that calls itself JSON and is not
            raise AnswerUnreadable("the model's server answered with something that is not JSON") from None
        return _completion(reply, mode)


def _completion(reply: Any, mode: Mode) -> Completion:
    """The reply's parts; a 200 that is no chat completion (an HTML page comes as a str) is unreadable."""
    choices = getattr(reply, "choices", None)
    choice = choices[0] if isinstance(choices, list) and choices else None
    message = getattr(choice, "message", None)
    if message is None:
        raise AnswerUnreadable("the model's server answered with something that is no chat completion")
    usage = getattr(reply, "usage", None)
    return Completion(
        content=str(getattr(message, "content", None) or ""),
        finish_reason=str(getattr(choice, "finish_reason", None) or ""),
        refusal=str(getattr(message, "refusal", None) or "") or None,
        model=str(getattr(reply, "model", None) or ""),
        prompt_tokens=_count(usage, "prompt_tokens"),
        completion_tokens=_count(usage, "completion_tokens"),
        mode=mode,
    )


def _count(part: Any, name: str) -> int:
    """A count of the server's: the SDK hands on whatever the body holds, NaN and words too."""
    value = getattr(part, name, None)
    return value if isinstance(value, int) and value > 0 else 0


def _translated(error: Exception, model: str) -> AnswerError:
    """The one place where the SDK's errors become ours."""
    import openai

    if isinstance(error, openai.APITimeoutError):
        return ProviderDown("the model's server did not answer in time")
    if isinstance(error, openai.APIConnectionError):
        return ProviderDown("the model's server cannot be reached; check OPENAI_BASE_URL")
    if isinstance(error, openai.APIStatusError):
        return _of_status(error.status_code, str(error.code or ""), model)
    return AnswerUnreadable("the model's server answered in a way that the SDK cannot read")


def _of_status(status: int, code: str, model: str) -> AnswerError:
    if status in (401, 403):
        return KeyRefused(f"the model's server does not accept the key (HTTP {status}); set OPENAI_API_KEY")
    if status == 429 and code in ("insufficient_quota", "billing_hard_limit_reached"):
        return DaySpent("the quota of the model's account is spent (HTTP 429)")
    if status == 429:
        return RateLimited("the model's server asks for fewer requests (HTTP 429)")
    if status == 404:
        said = f"there is no model {model} at the model's server (HTTP 404)"
        return KeyRefused(f"{said}; check OPENAI_MODEL and OPENAI_BASE_URL")
    if status < 500:
        return ProviderRefused(f"the model's server refused the request (HTTP {status})")
    return ProviderDown(f"the model's server failed (HTTP {status})")
