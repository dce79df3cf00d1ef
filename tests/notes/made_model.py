"""A model that is no model: it says what a test tells it to, and remembers what it was asked."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from etl.errors import ResponseError
from etl.notes.writer.llm_client import ServerCompletion


@dataclass
class Model:
    """A model that says what it is told to: texts, completions or errors, in turn."""

    answers: list[Any]
    model: str = "a-model"
    server: str = "a-server/v1"
    is_text_only: bool = False
    asked: list[list[dict[str, str]]] = field(default_factory=list)
    modes: list[str] = field(default_factory=list)

    def remember_text_only(self) -> None:
        self.is_text_only = True

    def most_tokens(self, of_text: int) -> int:
        return of_text

    def complete(
        self, messages: Sequence[Mapping[str, str]], schema: Mapping[str, object], *, temperature: float,
        max_tokens: int, text_only: bool = False,
    ) -> ServerCompletion:  # fmt: skip
        self.asked.append([dict(m) for m in messages])
        self.modes.append("text" if text_only else "json_schema")
        answer = self.answers.pop(0)
        if isinstance(answer, ResponseError):
            raise answer
        if isinstance(answer, ServerCompletion):
            return answer
        text = answer if isinstance(answer, str) else json.dumps(answer)
        return ServerCompletion(text, "stop", None, "a-model-2025", 900, 100, "text" if text_only else "json_schema")
