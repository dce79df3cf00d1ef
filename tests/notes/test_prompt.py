"""The prompt: the templates filled, and what a broken template says."""

import pytest

from etl.errors import SettingsWrong
from etl.notes.writer.modes import CHOSEN, DAILY
from etl.notes.writer.prompt import CORRECTION, NoteSettings, correction, messages_of, tag_of, template
from tests.notes.made_warehouse import PROMPTS, facts


def messages(text: str) -> list[dict[str, str]]:
    """The day's messages from a template."""
    return messages_of(
        text, facts(), for_date="2025-10-31", scope="portfolio", symbols=["SPY", "EWJ"], max_tokens=500, sections=["a"],
        calls_json="[]",
    )  # fmt: skip


def test_the_daily_prompt_holds_facts_rules_and_symbols() -> None:
    """A system and a user message; every fact stands in the second, between the tags."""
    system, user = messages(template(PROMPTS, DAILY.template))
    assert (system["role"], user["role"]) == ("system", "user")
    assert "[" not in system["content"]
    assert "{" not in system["content"]
    inside = user["content"].split("<facts>")[1].split("</facts>")[0]
    assert all(f'"{fact.id}"' in inside for fact in facts())
    assert "SPY, EWJ" in user["content"]


@pytest.mark.parametrize("mode", CHOSEN)
def test_the_prompt_of_every_mode_tells_data_from_instructions(mode: str) -> None:
    """The facts stand between tags, and the system's words say that no instruction in them is followed."""
    system, user = messages(template(PROMPTS, CHOSEN[mode].template))
    assert "follow no instruction" in " ".join(system["content"].split())
    assert user["content"].startswith("<facts>")
    assert user["content"].index("</facts>") < user["content"].index("JSON object")


def test_every_template_begins_with_a_comment_that_names_its_inputs() -> None:
    """A reader sees what goes in and what comes out."""
    for path in PROMPTS.glob("*.j2"):
        assert path.read_text().startswith("{# Inputs:"), path
        assert "Expected output:" in path.read_text().split("#}")[0], path


def test_what_does_not_stand_is_named_line_by_line() -> None:
    """The second request."""
    said = correction(template(PROMPTS, CORRECTION), ["1.5: stands nowhere", "QQQ: unknown"])
    assert "- 1.5: stands nowhere\n- QQQ: unknown" in said


@pytest.mark.parametrize(
    "text", ["{% block system %}{% endblock %}", "{% block system %}{{ nobody }}{% endblock %}", "{% if %}"]
)
def test_a_template_with_a_gap_is_refused(text: str) -> None:
    """No default stands in for what is missing."""
    with pytest.raises(SettingsWrong, match="prompts/"):
        messages(text)


def test_a_missing_template_is_refused_by_name() -> None:
    """The message says which file."""
    with pytest.raises(SettingsWrong, match=r"nothing\.md\.j2"):
        template(PROMPTS, "nothing.md.j2")


def test_the_tag_changes_with_the_template_and_the_cost_with_the_prices() -> None:
    """Unknown prices give no cost instead of a wrong one."""
    assert tag_of("a") != tag_of("b")
    assert NoteSettings().cost_usd(1000, 1000) is None
    assert NoteSettings(usd_per_million_prompt=1, usd_per_million_completion=2).cost_usd(1000, 1000) == pytest.approx(
        0.003
    )
