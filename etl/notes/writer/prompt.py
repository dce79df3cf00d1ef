"""The prompt: settings of a note, and the templates of `prompts/` filled with facts. No default stands in for a gap."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, StrictUndefined, TemplateError

from etl.errors import SettingsWrong
from etl.notes.documents.fact import Fact, as_json


def template(root: Path, name: str) -> str:
    """
    The text of `prompts/<name>`.

    Raises:
        SettingsWrong: the template is not there.
    """
    try:
        return (root / name).read_text(encoding="utf-8")
    except OSError:
        raise SettingsWrong(f"{root / name}: the prompt is missing; reinstall mfo or restore the file") from None


CORRECTION = "correction.md.j2"
Messages = list[dict[str, str]]


@dataclass(frozen=True, slots=True)
class NoteSettings:
    """
    What a note may cost and how it is asked for; `tokens_per_day=None` is no limit.

    `usd_per_million_*` are the model's prices; without them the cost of a note is unknown, and says so (None).
    """

    temperature: float = 0.2
    max_tokens: int = 500
    tokens_per_day: int | None = 50_000
    usd_per_million_prompt: float | None = None
    usd_per_million_completion: float | None = None
    usd_per_day: float | None = None
    least_confidence: float = 60.0  # of the data, 0 to 100, below which no recommendation is published

    def cost_usd(self, prompt_tokens: int, completion_tokens: int) -> float | None:
        """What so many tokens cost, where the prices are known."""
        if self.usd_per_million_prompt is None or self.usd_per_million_completion is None:
            return None
        return (prompt_tokens * self.usd_per_million_prompt + completion_tokens * self.usd_per_million_completion) / 1e6


def tag_of(template: str, name: str = "daily") -> str:
    """The name under which a prompt stands beside its notes: it changes when the template does."""
    return f"{name}@{hashlib.sha256(template.encode()).hexdigest()[:12]}"


def messages_of(template: str, facts: Sequence[Fact], **inputs: object) -> Messages:
    """
    The messages that a template makes of facts and of what else it names in its first comment.

    Raises:
        SettingsWrong: the template names something that it is not given, or lacks a block.
    """
    values = {"facts_json": as_json(facts), **inputs}
    return [{"role": role, "content": _block(template, role, values)} for role in ("system", "user")]


def enclosed(text: str) -> str:
    """Words from outside as they stand between tags: no tag of theirs ends ours early."""
    return text.replace("<", "(").replace(">", ")")


def correction(template: str, complaints: Sequence[str]) -> str:
    """What the model is told when something in its reply does not stand."""
    return _block(template, "user", {"complaints": list(complaints)})


def _block(template: str, name: str, values: Mapping[str, object]) -> str:
    try:
        compiled = Environment(undefined=StrictUndefined, autoescape=False, trim_blocks=True).from_string(template)
        return "".join(compiled.blocks[name](compiled.new_context(dict(values)))).strip()
    except KeyError:
        raise SettingsWrong(f"a template in prompts/ has no block {name}") from None
    except TemplateError as error:
        raise SettingsWrong(f"a template in prompts/ cannot be filled: {error}") from None
