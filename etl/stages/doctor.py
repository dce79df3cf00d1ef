"""doctor: configuration, keys, clock, disk, folders and versions, and how to mend each; no call is spent."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from etl.domain import Provider
from etl.errors import FolderUnusable, SettingsWrong
from etl.settings import Settings
from etl.stores.folder import Folder
from etl.stores.machine import Machine

SMALLEST_FREE_GB = 1.0
KEY_SHAPES = {"FRED_API_KEY": (r"[0-9a-z]{32}", "32 lower-case letters and digits")}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `bad` ones make the exit code 78 or 73."""

    verdict: Literal["ok", "note", "bad"]
    what: str
    mend: str = ""
    is_folder: bool = False


def run(settings: Settings, machine: Machine, providers: Mapping[str, Provider]) -> list[Finding]:
    """Look at everything; nothing is sent and nothing changed."""
    return [
        Finding("ok", f"settings from {settings.source}; data in {settings.data_dir}"),
        *_keys(settings, providers),
        *_machine(settings, machine),
    ]


def lines(findings: Sequence[Finding]) -> list[str]:
    """The findings for people."""
    return [f"{f.verdict:<5} {f.what}" + (f"  -> {f.mend}" if f.mend else "") for f in findings]


def exit_code(findings: Sequence[Finding]) -> int:
    """0 where nothing is bad, else that of what has to be mended first."""
    bad = [f for f in findings if f.verdict == "bad"]
    if not bad:
        return 0
    return FolderUnusable.exit_code if all(f.is_folder for f in bad) else SettingsWrong.exit_code


def _keys(settings: Settings, providers: Mapping[str, Provider]) -> list[Finding]:
    found = []
    for provider in providers.values():
        credential = provider.credential
        if credential is None:
            found.append(Finding("ok", f"{provider.name} needs no key"))
            continue
        missing = [part.env for part in credential.parts if part.env not in settings.keys]
        if missing:
            found.append(Finding("note", f"{provider.name} is skipped: no key", f"set {' and '.join(missing)}"))
            continue
        wrong = [
            Finding("bad", mistake, "copy it again")
            for part in credential.parts
            if (mistake := _mistake(settings, part.env))
        ]
        found += wrong or [Finding("ok", f"{provider.name} has its key ({credential.variables})")]
    model = settings.keys.get("OPENAI_API_KEY") or settings.base_urls.get("OPENAI_BASE_URL")
    found.append(
        Finding("ok", f"notes by {settings.openai_model}")
        if model
        else Finding("note", "notes by the rules: no model", "set OPENAI_API_KEY, or OPENAI_BASE_URL of a local server")
    )
    return found


def _mistake(settings: Settings, variable: str) -> str:
    """What is wrong with a key by its looks alone; empty where nothing is."""
    shape = KEY_SHAPES.get(variable)
    if shape is None or re.fullmatch(shape[0], settings.keys[variable].get_secret_value()):
        return ""
    return f"{variable} is not a key: it has to be {shape[1]}"


def _machine(settings: Settings, machine: Machine) -> list[Finding]:
    found = []
    refusal = machine.why_unwritable(settings.data_dir)
    found.append(
        Finding("bad", f"{settings.data_dir}: {refusal}", "set MFO_DATA_DIR to a folder that can be written", True)
        if refusal
        else Finding("ok", f"{settings.data_dir} can be written")
    )
    free = machine.free_gb(settings.data_dir)
    enough = free >= SMALLEST_FREE_GB
    found.append(
        Finding("ok", f"{free:.1f} GB free")
        if enough
        else Finding("bad", f"{free:.1f} GB free", "make room: at least 1 GB", is_folder=True)
    )
    if settings.now is not None:
        found.append(Finding("note", f"MFO_NOW stands still at {settings.now.isoformat()}", "unset it for daily use"))
    year = machine.now().year
    found.append(
        Finding("ok", f"the clock says {machine.now().isoformat(timespec='seconds')}")
        if 2025 <= year <= 2060
        else Finding("bad", f"the clock says {year}", "set the machine's clock")
    )
    try:
        ahead = machine.answers_after(Folder(settings.data_dir).state, settings.now or machine.now())
    except FolderUnusable as error:
        found.append(Finding("bad", str(error), "let it be read by who runs mfo", is_folder=True))
    else:
        found += [Finding("note", ahead)] if ahead else []
    found.append(Finding("ok", machine.versions()))
    return found
