"""
doctor: configuration, keys, the model, clock, disk, folders and versions, and how to mend each.

No call and no token is spent: only the model's server is asked, for the list of its models.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Literal

from etl.config.settings import Settings
from etl.domain import Provider
from etl.errors import FolderUnusable, KeyRefused, ResponseError, SettingsWrong
from etl.runtime.data_dir import DataDir
from etl.runtime.machine import Machine
from etl.state.answered_requests import from_after
from etl.state.database import read_only

SMALLEST_FREE_GB = 1.0
SHUT_DOWN_SOON = timedelta(days=60)
NAMES_SHOWN = 5
_NAME = r"[\w.:/@+-]{1,80}"  # of a model, as it can be shown
Models = Callable[[], Mapping[str, date | None]]  # those of a server, with the day on which each is shut down
KEY_SHAPES = {"FRED_API_KEY": (r"[0-9a-z]{32}", "32 lower-case letters and digits")}


@dataclass(frozen=True, slots=True)
class DoctorFinding:
    """One thing that was looked at. `bad` ones make the exit code 78 or 73."""

    verdict: Literal["ok", "note", "bad"]
    what: str
    mend: str = ""
    is_folder: bool = False


def run(
    settings: Settings, machine: Machine, providers: Mapping[str, Provider], models: Models | None = None
) -> list[DoctorFinding]:
    """Look at everything and change nothing; `models` asks the model's server, where one is set up."""
    today = (settings.now or machine.now()).date()
    return [
        DoctorFinding("ok", f"settings from {settings.source}; data in {settings.data_dir}"),
        *_keys(settings, providers),
        _model(settings.openai_model, models, today),
        *_machine(settings, machine),
    ]


def lines(findings: Sequence[DoctorFinding]) -> list[str]:
    """The findings for people."""
    return [f"{f.verdict:<5} {f.what}" + (f"  -> {f.mend}" if f.mend else "") for f in findings]


def exit_code(findings: Sequence[DoctorFinding]) -> int:
    """0 where nothing is bad, else that of what has to be mended first."""
    bad = [f for f in findings if f.verdict == "bad"]
    if not bad:
        return 0
    return FolderUnusable.exit_code if all(f.is_folder for f in bad) else SettingsWrong.exit_code


def _keys(settings: Settings, providers: Mapping[str, Provider]) -> list[DoctorFinding]:
    found = []
    for provider in providers.values():
        credential = provider.credential
        if credential is None:
            found.append(DoctorFinding("ok", f"{provider.name} needs no key"))
            continue
        missing = [part.env for part in credential.parts if part.env not in settings.keys]
        if missing:
            found.append(DoctorFinding("note", f"{provider.name} is skipped: no key", f"set {' and '.join(missing)}"))
            continue
        wrong = [
            DoctorFinding("bad", mistake, "copy it again")
            for part in credential.parts
            if (mistake := _mistake(settings, part.env))
        ]
        found += wrong or [DoctorFinding("ok", f"{provider.name} has its key ({credential.variables})")]
    return found


def _model(name: str, models: Models | None, today: date) -> DoctorFinding:
    """Whether the model that writes the notes is there, and for how long."""
    if models is None:
        return DoctorFinding(
            "note", "notes by the rules: no model", "set OPENAI_API_KEY, or OPENAI_BASE_URL of a local server"
        )
    try:
        listed = models()
    except KeyRefused as error:
        return DoctorFinding("bad", f"notes by {name}: {error}", "or unset it: the rules write the notes then")
    except ResponseError as error:
        return DoctorFinding("note", f"notes by {name}, which was not looked up: {error}")
    soon = today + SHUT_DOWN_SOON
    others = [each for each, end in listed.items() if re.fullmatch(_NAME, each) and (end is None or end > soon)]
    choose = f"set OPENAI_MODEL to one that stays, such as {', '.join(sorted(others)[:NAMES_SHOWN]) or 'none'}"
    if name not in listed:
        return DoctorFinding("bad", f"notes by {name}, which the model's server does not list", choose)
    end = listed[name]
    if end is not None and end <= today:
        return DoctorFinding("bad", f"notes by {name}, which was shut down on {end}", choose)
    if end is not None and end <= soon:
        return DoctorFinding("note", f"notes by {name}, which is shut down on {end}", choose)
    return DoctorFinding("ok", f"notes by {name}")


def _mistake(settings: Settings, variable: str) -> str:
    """What is wrong with a key by its looks alone; empty where nothing is."""
    shape = KEY_SHAPES.get(variable)
    if shape is None or re.fullmatch(shape[0], settings.keys[variable].get_secret_value()):
        return ""
    return f"{variable} is not a key: it has to be {shape[1]}"


def _machine(settings: Settings, machine: Machine) -> list[DoctorFinding]:
    found = []
    refusal = machine.why_unwritable(settings.data_dir)
    found.append(
        DoctorFinding(
            "bad", f"{settings.data_dir}: {refusal}", "set MFO_DATA_DIR to a folder that can be written", True
        )
        if refusal
        else DoctorFinding("ok", f"{settings.data_dir} can be written")
    )
    free = machine.free_gb(settings.data_dir)
    enough = free >= SMALLEST_FREE_GB
    found.append(
        DoctorFinding("ok", f"{free:.1f} GB free")
        if enough
        else DoctorFinding("bad", f"{free:.1f} GB free", "make room: at least 1 GB", is_folder=True)
    )
    if settings.now is not None:
        found.append(
            DoctorFinding("note", f"MFO_NOW stands still at {settings.now.isoformat()}", "unset it for daily use")
        )
    year = machine.now().year
    found.append(
        DoctorFinding("ok", f"the clock says {machine.now().isoformat(timespec='seconds')}")
        if 2025 <= year <= 2060
        else DoctorFinding("bad", f"the clock says {year}", "set the machine's clock")
    )
    try:
        state = DataDir(settings.data_dir).state
        now = settings.now or machine.now()
        ahead = from_after(partial(read_only, state), now) if state.exists() else None
    except FolderUnusable as error:
        found.append(DoctorFinding("bad", str(error), "let it be read by who runs mfo", is_folder=True))
    else:
        found += [DoctorFinding("note", ahead)] if ahead else []
    found.append(DoctorFinding("ok", machine.versions()))
    return found
