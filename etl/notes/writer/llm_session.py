"""
The conversation with the model: asked once, once more (as text) where the reply is broken, once more where something in
the reply does not stand. Every prompt and reply is kept as it came. Whoever speaks is handed in.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from etl.errors import ProviderRefused, ResponseError, ResponseUnreadable
from etl.notes.documents.fact import Fact
from etl.notes.documents.note import Keep, body_of
from etl.notes.verifier.verify import Finding
from etl.notes.writer.modes import Mode
from etl.notes.writer.prompt import Messages, NoteSettings, correction
from etl.notes.writer.reply_schema import Draft, ReplySchema, parse
from etl.notes.writer.review import complaint, review_reply
from etl.runtime.strict_json import without_surrogates

NO_MODEL = (
    "no model is set up, or none is to be asked "
    "(OPENAI_API_KEY or OPENAI_BASE_URL sets one up; --demo and --no-llm ask none)"
)


class Completion(Protocol):
    """One reply of a model, read only."""

    @property
    def content(self) -> str:
        """What it wrote."""
        ...

    @property
    def finish_reason(self) -> str:
        """Why it stopped, as the server says."""
        ...

    @property
    def refusal(self) -> str | None:
        """Its words where it declined."""
        ...

    @property
    def model(self) -> str:
        """The model that answered."""
        ...

    @property
    def prompt_tokens(self) -> int:
        """Tokens read."""
        ...

    @property
    def completion_tokens(self) -> int:
        """Tokens written."""
        ...

    @property
    def mode(self) -> str:
        """`json_schema` or `text`."""
        ...


class ChatModel(Protocol):
    """A model that can be asked: `etl.notes.writer.llm_client.Llm`, or a test's."""

    model: str

    @property
    def server(self) -> str:
        """Where it is, without what may be secret in the address."""
        ...

    @property
    def is_text_only(self) -> bool:
        """Whether the schema has to go into the prompt."""
        ...

    def remember_text_only(self) -> None:
        """Put the schema into the prompt from now on."""
        ...

    def most_tokens(self, of_text: int) -> int:
        """What a reply may take whose text takes so many tokens: more where it thinks before it writes."""
        ...

    def complete(
        self,
        messages: Sequence[Mapping[str, str]],
        schema: Mapping[str, object],
        *,
        temperature: float,
        max_tokens: int,
        text_only: bool = False,
    ) -> Completion:
        """Ask once; raises an ResponseError where there is no reply."""
        ...


@dataclass(slots=True)
class LlmResult:
    """What came of it: a draft that stands, or why there is none. Replies that came were paid for either way."""

    prompt_sha256: str = ""
    draft: Draft | None = None
    rejected: Draft | None = None
    why: str = ""  # in our words; `detail` repeats the reply's
    detail: str = ""
    findings: list[Finding] = field(default_factory=list)
    replies: list[str] = field(default_factory=list)  # sha256 of each kept reply
    prompt_tokens: int = 0
    completion_tokens: int = 0
    answered_by: str = ""
    asked_as: str = ""  # json_schema or text: how the last reply was asked for
    content: str = ""  # the words of the last reply, as they can be encoded


@dataclass(frozen=True, slots=True)
class LlmSession:
    """One note's conversation: with whom, under which settings, and where it is kept."""

    speaker: ChatModel
    keep: Keep
    subject: str
    settings: NoteSettings
    schema: ReplySchema
    facts: Sequence[Fact]
    universe: Collection[str]
    mode: Mode
    correction: str  # the template of the second request

    @property
    def max_tokens(self) -> int:
        """What a reply's text may take."""
        return self.mode.tokens(self.settings.max_tokens)

    def ask(self, messages: Messages) -> LlmResult:
        """Ask, verify, and ask once more with what did not stand named."""
        asked = LlmResult()
        document = {
            "document": "prompt", "model": self.speaker.model, "messages": messages, "schema": self.schema,
            "temperature": self.settings.temperature, "max_tokens": self.max_tokens,
        }  # fmt: skip
        asked.prompt_sha256 = self.keep("prompt", self.subject, body_of(document)).sha256
        try:
            draft = self._draft(messages, asked)
            asked.findings = review_reply(draft, self.facts, self.universe, self.mode)
            if asked.findings:
                asked.rejected = draft
                again = self._corrected(messages, asked, complaint(asked.findings))
                draft = self._once(again, asked, text_only=self.speaker.is_text_only)
                asked.findings = review_reply(draft, self.facts, self.universe, self.mode)
        except ResponseError as error:
            asked.why = str(error)
            return asked
        if asked.findings:
            asked.rejected = draft
            more = f", and {len(asked.findings) - 1} more" if len(asked.findings) > 1 else ""
            asked.why = "the model's note was sent back once and still does not stand"
            asked.detail = complaint(asked.findings[:1])[0] + more
        else:
            asked.draft, asked.rejected = draft, None
        return asked

    def _draft(self, messages: Messages, asked: LlmResult) -> Draft:
        """
        A draft of the asked-for shape; a broken reply is asked for once more, with the schema in the prompt.

        Raises:
            ResponseError: there is none.
        """
        was_text = self.speaker.is_text_only
        try:
            return self._once(messages, asked, text_only=was_text)
        except ResponseUnreadable as error:
            again = self._corrected(messages, asked, [str(error)]) if asked.content.strip() else messages
            draft = self._once(again, asked, text_only=True)
        if not was_text:
            self.speaker.remember_text_only()
        return draft

    def _corrected(self, messages: Messages, asked: LlmResult, complaints: Sequence[str]) -> Messages:
        """The messages of the second request: the reply that was given, and what is wrong with it."""
        wrong = correction(self.correction, complaints)
        return [*messages, {"role": "assistant", "content": asked.content}, {"role": "user", "content": wrong}]

    def _once(self, messages: Messages, asked: LlmResult, *, text_only: bool) -> Draft:
        asked.content = ""
        said = self.speaker.complete(
            messages,
            self.schema,
            temperature=self.settings.temperature,
            max_tokens=self.max_tokens,
            text_only=text_only,
        )
        self._keep_reply(said, asked)
        if said.refusal:
            raise ProviderRefused("the model declined to write")
        if said.finish_reason == "length":
            most = self.speaker.most_tokens(self.max_tokens)
            raise ProviderRefused(f"the reply was cut at {most} tokens; [notes] max_tokens sets that")
        return parse(said.content, self.schema)

    def _keep_reply(self, said: Completion, asked: LlmResult) -> None:
        asked.content, asked.answered_by = without_surrogates(said.content), without_surrogates(said.model)
        document = {
            "document": "reply", "prompt_sha256": asked.prompt_sha256, "model": asked.answered_by, "mode": said.mode,
            "content": asked.content, "finish_reason": without_surrogates(said.finish_reason),
            "refusal": without_surrogates(said.refusal) if said.refusal else None,
            "tokens": {"prompt": said.prompt_tokens, "completion": said.completion_tokens},
        }  # fmt: skip
        asked.replies.append(self.keep("reply", self.subject, body_of(document)).sha256)
        asked.prompt_tokens += said.prompt_tokens
        asked.completion_tokens += said.completion_tokens
        asked.asked_as = said.mode
