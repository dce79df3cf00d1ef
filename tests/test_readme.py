"""The README and the files beside it, held against what the program really has."""

import json
import re
import tomllib
from itertools import product
from pathlib import Path

import pytest
import typer

from cli import app
from etl.errors import MfoError
from etl.providers import CLOSED, PROVIDERS
from etl.settings import BASE_URL_VARIABLES, KEY_VARIABLES, OTHER_VARIABLES
from etl.tables import Tables
from tests.house import assert_none

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
CRONTAB = (ROOT / "crontab.example").read_text(encoding="utf-8")
OUTCOMES = {0, 3, 130}  # codes that are no error's: done, partial, Ctrl-C
COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]  # an app of several commands is a group


def exit_codes(error: type[MfoError]) -> set[int]:
    """The exit codes of an error and all below it."""
    return {error.exit_code}.union(*(exit_codes(below) for below in error.__subclasses__()))


def options() -> list[str]:
    """Every long option of every command, with its command."""
    return [
        f"mfo {name} {option}"
        for name, command in COMMANDS.items()
        for parameter in command.params
        for option in parameter.opts
        if option.startswith("--") and option != "--help"
    ]


def minutes_of(fields: str) -> list[tuple[int, int, int]]:
    """The (weekday, hour, minute) of a week in which a line of a crontab starts; 0 is Sunday."""
    minute, hour, day, month, weekday = fields.split()
    assert (day, month) == ("*", "*")
    parts = (values_of(weekday, 6), values_of(hour, 23), values_of(minute, 59))
    return list(product(*parts))


def values_of(field: str, last: int) -> list[int]:
    """The values of one field of a crontab, of those from 0 to `last`."""
    values = []
    for part in field.split(","):
        span, _, step = part.partition("/")
        start, _, end = (f"0-{last}" if span == "*" else span).partition("-")
        values += range(int(start), int(end or start) + 1, int(step or 1))
    return values


def commands_in(path: str) -> set[str]:
    """The commands that a file calls."""
    return set(re.findall(r"\bmfo ([a-z][a-z-]+)", (ROOT / path).read_text(encoding="utf-8")))


def test_readme_has_a_row_for_every_command() -> None:
    """A command that the table of commands does not show is not documented."""
    assert_none([name for name in COMMANDS if not re.search(rf"^\| `mfo {name}\b", README, re.MULTILINE)])


def test_readme_names_no_command_that_is_missing() -> None:
    """What the README tells people to type exists."""
    assert_none(sorted(commands_in("README.md") - set(COMMANDS)))


def test_readme_names_every_option_of_its_command() -> None:
    """Each option stands in its command's row, or among those that all commands share."""
    rows = {name: re.findall(rf"^\| `mfo {name}\b.*$", README, re.MULTILINE) for name in COMMANDS}
    shared = {"--demo", "--config"}
    offenders = []
    for full in options():
        _, name, option = full.split(" ")
        if option not in shared and option not in "".join(rows[name]):
            offenders.append(full)
    assert_none(offenders)
    assert all(option in README for option in shared)


def test_readme_has_a_row_for_every_exit_code() -> None:
    """The table of exit codes is the error tree's codes and the three outcomes, and no other."""
    import etl.stores.clock  # noqa: F401 - Ctrl-C's error belongs to the tree and lives there

    table = README.split("## Exit codes")[1].split("\n## ")[0]
    assert {int(code) for code in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)} == exit_codes(MfoError) | OUTCOMES


def test_readme_names_every_environment_variable() -> None:
    """Every variable that the settings read stands in the table."""
    names = (*KEY_VARIABLES, *BASE_URL_VARIABLES, *OTHER_VARIABLES)
    assert_none([name for name in names if f"`{name}`" not in README])


def test_readme_names_the_default_model() -> None:
    """The one that the settings have, in the row of its variable."""
    assert re.search(rf"^\| .*`OPENAI_MODEL` \|.*`{re.escape(Tables().openai_model)}`", README, re.MULTILINE)


def test_readme_names_every_provider_and_its_terms() -> None:
    """Each source has its row with the link to its terms; the closed ones are named with the reason."""
    assert_none([name for name in (*PROVIDERS, *CLOSED) if f"`{name}`" not in README])
    assert_none([name for name, provider in PROVIDERS.items() if provider.terms.url not in README])


def test_readme_links_only_to_files_that_are_there() -> None:
    """No dead link into the repository."""
    targets = re.findall(r"\]\((?!https?://)([^)#]+)\)", README)
    assert len(targets) >= 4
    assert_none([target for target in targets if not (ROOT / target).exists()])


@pytest.mark.parametrize("path", ["crontab.example", "railway.json", "Makefile", ".github/workflows/snapshot.yml"])
def test_files_beside_it_call_commands_that_exist(path: str) -> None:
    """What cron, Railway, make and GitHub run is in the live command list."""
    called = commands_in(path)
    assert "run-daily" in called
    assert_none(sorted(called - set(COMMANDS)))


def test_cron_and_railway_and_github_run_at_the_same_time() -> None:
    """Weekdays at 11:30 UTC, which is 17:00 in India."""
    railway = json.loads((ROOT / "railway.json").read_text(encoding="utf-8"))
    github = (ROOT / ".github" / "workflows" / "snapshot.yml").read_text(encoding="utf-8")
    assert railway["deploy"]["cronSchedule"] == "30 11 * * 1-5"
    assert re.findall(r'- cron: "(.*?)"', github) == ["30 11 * * 1-5"]
    assert re.search(r"^30 11 \* \* 1-5\s+mfo run-daily\b", CRONTAB, re.MULTILINE)
    assert all(re.search(rf"^{name}=", CRONTAB, re.MULTILINE) for name in ("CRON_TZ", "TZ", "PATH", "MFO_DATA_DIR"))


def test_no_two_lines_of_the_crontab_start_in_one_minute() -> None:
    """They would meet at the lock: in 6 of 10 such starts the day's run was lost."""
    lines = re.findall(r"^((?:[\d*,/-]+\s+){5})mfo (\S+)", CRONTAB, re.MULTILINE)
    assert {command for _, command in lines} == {"run-daily", "run-intraday", "maintain"}
    starts = [minute for fields, _ in lines for minute in minutes_of(fields)]
    assert len(starts) == len(set(starts)) > 4 * 24 * 7


def test_changelog_has_a_section_for_this_version() -> None:
    """The version of pyproject.toml stands in the changelog."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert f"\n## {version} " in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
