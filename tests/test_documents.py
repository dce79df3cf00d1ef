"""The documents, held against what the program has: commands, exit codes, settings, variables, sources, links."""

import ast
import json
import re
import tomllib
from collections.abc import Iterator
from itertools import product
from typing import Any, get_args

import click
import pytest
import typer

from cli import app
from etl.config.schema import SettingsSection, Tables
from etl.config.settings import CHAINS
from etl.errors import MfoError
from etl.providers import CLOSED, PROVIDERS
from tests.house import ROOT, assert_none, committed, name_of, python_files, tree_of

DOCUMENTS = [
    path
    for path in committed()
    if path.suffix == ".md" and path.name != "CHANGELOG.md" and path.parent in (ROOT, ROOT / "docs", ROOT / ".github")
]
OUTCOMES = {0, 3}  # exit codes that are no error's: done and partial
VARIABLE = re.compile(r"(MFO|OPENAI)_[A-Z_]+|[A-Z_]+_(API_KEY|SECRET_KEY|BASE_URL|USER_AGENT)")
MOST_WORDS_OF_THE_README = 1200
# a path from the repository's root; NAME in it stands for any word
PATH = re.compile(r"(?<![\w/.-])(?:etl|sql|tests|docs|dashboard|prompts|\.github|\.ci)/[\w./-]*")
COMMANDS: dict[str, click.Command] = typer.main.get_command(app).commands  # type: ignore[attr-defined]  # it is a group


def text_of(path: str) -> str:
    """A document as it stands."""
    return (ROOT / path).read_text(encoding="utf-8")


def sections_of(text: str) -> dict[str, str]:
    """Each heading of a document with the text below it, up to the next heading; code blocks hold no heading."""
    parts = re.split(r"^(#+ .*)$", re.sub(r"^```.*?^```", _without_headings, text, flags=re.M | re.S), flags=re.M)
    return {title.lstrip("# ").strip(): body for title, body in zip(parts[1::2], parts[2::2], strict=True)}


def _without_headings(block: re.Match[str]) -> str:
    return re.sub(r"^#", " #", block[0], flags=re.M)


def code_of(text: str) -> list[str]:
    """Every line of a document's code blocks, and every piece of code in its prose."""
    blocks = re.findall(r"^```\w*\n(.*?)^```", text, re.M | re.S)
    prose = re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)
    return [line for block in blocks for line in block.splitlines()] + re.findall(r"`([^`\n]+)`", prose)


def is_option_in(option: str, text: str) -> bool:
    """Whether an option stands in a text, and not only a longer one that begins like it."""
    return re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", text) is not None


def options_of(command: click.Command) -> set[str]:
    """All ways in which a command's options are written."""
    return {name for parameter in command.params for name in parameter.opts if name.startswith("-")}


def anchor_of(heading: str) -> str:
    """What GitHub makes of a heading for links."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def tables_of(section: type[SettingsSection], name: str = "") -> Iterator[tuple[str, type[SettingsSection]]]:
    """The tables of `mfo.toml` as (`extract`, its class); `limits.NAME` for a table whose keys are free."""
    yield name, section
    for key, field in section.model_fields.items():
        below = next((kind for kind in (field.annotation, *get_args(field.annotation)) if _is_section(kind)), None)
        if below is not None:
            path = key if below is field.annotation else f"{key}.NAME"
            yield from tables_of(below, f"{name}.{path}".lstrip("."))


def _is_section(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, SettingsSection)


def settings_of(section: type[SettingsSection]) -> dict[str, Any]:
    """The settings of one table with their defaults; the tables below it are no settings of its own."""
    return {
        key: field.get_default(call_default_factory=True)
        for key, field in section.model_fields.items()
        if not any(_is_section(kind) for kind in (field.annotation, *get_args(field.annotation)))
    }


def leaves_of(default: Any) -> list[str]:
    """The single values of a default as TOML writes them; none where there is no default."""
    if isinstance(default, dict):
        return [leaf for key, value in default.items() for leaf in (str(key), *leaves_of(value))]
    if isinstance(default, list | tuple):
        return [leaf for value in default for leaf in leaves_of(value)]
    if isinstance(default, bool):
        return [str(default).lower()]
    if isinstance(default, float):
        return [f"{default:g}"]
    return [] if default is None else [str(default)]


def exit_codes(error: type[MfoError]) -> set[int]:
    """The exit codes of an error and all below it."""
    return {error.exit_code}.union(*(exit_codes(below) for below in error.__subclasses__()))


def variables_read() -> set[str]:
    """Every environment variable that the program reads: those of the providers, and those that its code names."""
    parts = [part for p in PROVIDERS.values() if p.credential for part in p.credential.parts]
    named = {
        node.value
        for path in python_files("etl/", "cli.py")
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and VARIABLE.fullmatch(node.value)
    }
    return named | {part.env for part in parts} | {provider.base_url_env for provider in PROVIDERS.values()}


def minutes_of(fields: str) -> list[tuple[int, int, int]]:
    """The (weekday, hour, minute) of a week in which a line of a crontab starts; 0 is Sunday."""
    minute, hour, day, month, weekday = fields.split()
    assert (day, month) == ("*", "*")
    return list(product(values_of(weekday, 6), values_of(hour, 23), values_of(minute, 59)))


def values_of(field: str, last: int) -> list[int]:
    """The values of one field of a crontab, of those from 0 to `last`."""
    values = []
    for part in field.split(","):
        span, _, step = part.partition("/")
        start, _, end = (f"0-{last}" if span == "*" else span).partition("-")
        values += range(int(start), int(end or start) + 1, int(step or 1))
    return values


def test_every_command_is_documented_with_its_options() -> None:
    """docs/commands.md has a section for each command that names each option, or says so of all commands together."""
    sections = sections_of(text_of("docs/commands.md"))
    shared = sections["Options of all commands"]
    offenders = []
    for name, command in COMMANDS.items():
        own = sections.get(f"mfo {name}")
        missing = [option for option in options_of(command) if not is_option_in(option, f"{own} {shared}")]
        offenders += [f"mfo {name}"] if own is None else [f"mfo {name} {option}" for option in missing]
    assert len(COMMANDS) > 15
    assert_none(offenders)


def test_documents_name_no_command_or_option_that_is_missing() -> None:
    """What they tell people to type exists."""
    offenders = []
    for path in DOCUMENTS:
        for code in code_of(path.read_text(encoding="utf-8")):
            for typed in re.finditer(r"\bmfo ([a-z][a-z-]+)\b([^|;&]*)", code):
                command, options = COMMANDS.get(typed[1]), set(re.findall(r" (--[a-z][a-z-]*)", typed[2]))
                if command is None or not options <= options_of(command) | {"--help"}:
                    offenders.append(f"{name_of(path)}: {typed[0]}")
    assert_none(offenders)


def test_every_exit_code_is_documented() -> None:
    """The table of docs/operations.md has the codes of the error tree, and those of done and partial."""
    import etl.runtime.clock  # noqa: F401 - Ctrl-C's error belongs to the tree and lives there

    table = sections_of(text_of("docs/operations.md"))["Exit codes"]
    documented = {int(code) for code in re.findall(r"^\| *(\d+) *\|", table, re.MULTILINE)}
    assert exit_codes(MfoError) | OUTCOMES <= documented


def test_every_setting_is_documented_with_its_default() -> None:
    """docs/configuration.md has a section for each table of the schema, and a line for each setting of it."""
    sections = sections_of(text_of("docs/configuration.md"))
    offenders = []
    for table, section in tables_of(Tables):
        own = sections.get(f"`[{table}]`" if table else "Top level", "")
        for setting, default in settings_of(section).items():
            line = next((line for line in own.splitlines() if f"`{setting}`" in line), "")
            missing = [leaf for leaf in leaves_of(default) if not re.search(rf"\b{re.escape(leaf)}\b", line)]
            offenders += [] if line and not missing else [f"[{table}] {setting}: {', '.join(missing) or 'no line'}"]
    assert_none(offenders)


def test_every_default_chain_is_documented() -> None:
    """Which provider is asked first for a dataset, and which ones after it, in this order."""
    lines = sections_of(text_of("docs/configuration.md"))["`[chains]`"].splitlines()
    documented = {tuple(re.findall(r"`(\w+)`", line)) for line in lines}
    assert_none([dataset for dataset, names in CHAINS.items() if (dataset, *names) not in documented])


def test_every_environment_variable_is_documented() -> None:
    """Keys, addresses and all others, in docs/configuration.md."""
    names = variables_read()
    assert {"MFO_DATA_DIR", "FRED_API_KEY", "YAHOO_BASE_URL"} <= names
    documented = text_of("docs/configuration.md")
    assert_none([name for name in sorted({*names, "NO_COLOR"}) if f"`{name}`" not in documented])


def test_every_source_is_documented_with_its_terms() -> None:
    """docs/sources.md names each provider with the link to its terms, and those that are not asked with the reason."""
    documented = text_of("docs/sources.md")
    assert_none([name for name in (*PROVIDERS, *CLOSED) if f"`{name}`" not in documented])
    assert_none([name for name, provider in PROVIDERS.items() if provider.terms.url not in documented])


def test_every_link_between_documents_leads_somewhere() -> None:
    """Files that are there, and headings that are there."""
    offenders, seen = [], 0
    for path in DOCUMENTS:
        text = path.read_text(encoding="utf-8")
        for target in re.findall(r"\]\((?!https?://)([^)\s]+)\)", text):
            seen += 1
            file, _, anchor = target.partition("#")
            found = (path.parent / file).resolve() if file else path
            titles = sections_of(found.read_text(encoding="utf-8")) if anchor and found.is_file() else {}
            if not found.exists() or (anchor and anchor not in {anchor_of(title) for title in titles}):
                offenders.append(f"{name_of(path)}: {target}")
    assert seen > 20
    assert_none(offenders)


def test_every_path_that_is_named_exists() -> None:
    """Files and folders of this repository, wherever the documents name them."""
    offenders, seen = [], 0
    for path in DOCUMENTS:
        for named in PATH.findall(path.read_text(encoding="utf-8")):
            seen += 1
            pattern = named.rstrip("./").replace("NAME", "*")
            if not any(ROOT.glob(pattern)):
                offenders.append(f"{name_of(path)}: {named}")
    assert seen > 100
    assert_none(offenders)


def test_every_make_target_that_is_named_exists() -> None:
    """In code of the documents, and in what CI runs."""
    targets = set(re.findall(r"^([a-z]+):", text_of("Makefile"), re.MULTILINE))
    offenders = [
        f"{name_of(path)}: make {target}"
        for path in DOCUMENTS
        for code in code_of(path.read_text(encoding="utf-8"))
        for target in re.findall(r"\bmake ([a-z]+)", code)
        if target not in targets
    ]
    assert "demo" in targets
    assert_none(offenders)


def test_the_readme_stays_short() -> None:
    """About a thousand words: the rest is in docs/."""
    assert len(text_of("README.md").split()) <= MOST_WORDS_OF_THE_README


def test_every_document_of_the_folder_is_linked_from_the_readme() -> None:
    """Who begins there finds all of them."""
    readme = text_of("README.md")
    pages = [name_of(path) for path in DOCUMENTS if path.parent == ROOT / "docs"]
    assert len(pages) >= 8
    assert_none([page for page in (*pages, ".github/CONTRIBUTING.md") if f"]({page})" not in readme])


@pytest.mark.parametrize("path", ["crontab.example", "railway.json", "Makefile", ".github/workflows/snapshot.yml"])
def test_files_beside_the_program_call_commands_that_exist(path: str) -> None:
    """What cron, Railway, make and GitHub run is in the live command list."""
    called = set(re.findall(r"\bmfo ([a-z][a-z-]+)", text_of(path)))
    assert "run-daily" in called
    assert_none(sorted(called - set(COMMANDS)))


def test_cron_and_railway_and_github_run_at_the_same_time() -> None:
    """Weekdays at 11:30 UTC, which is 17:00 in India."""
    cron, railway = text_of("crontab.example"), json.loads(text_of("railway.json"))
    assert railway["deploy"]["cronSchedule"] == "30 11 * * 1-5"
    assert re.findall(r'- cron: "(.*?)"', text_of(".github/workflows/snapshot.yml")) == ["30 11 * * 1-5"]
    assert re.search(r"^30 11 \* \* 1-5\s+mfo run-daily\b", cron, re.MULTILINE)
    assert all(re.search(rf"^{name}=", cron, re.MULTILINE) for name in ("CRON_TZ", "TZ", "PATH", "MFO_DATA_DIR"))


def test_no_two_lines_of_the_crontab_start_in_one_minute() -> None:
    """They would meet at the run lock."""
    lines = re.findall(r"^((?:[\d*,/-]+\s+){5})mfo (\S+)", text_of("crontab.example"), re.MULTILINE)
    assert {command for _, command in lines} == {"run-daily", "run-intraday", "maintain"}
    starts = [minute for fields, _ in lines for minute in minutes_of(fields)]
    assert len(starts) == len(set(starts)) > 4 * 24 * 7


def test_changelog_has_a_section_for_this_version() -> None:
    """The version of pyproject.toml stands in the changelog."""
    version = tomllib.loads(text_of("pyproject.toml"))["project"]["version"]
    assert f"\n## {version} " in text_of("CHANGELOG.md")
