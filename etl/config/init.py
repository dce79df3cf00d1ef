"""init: a commented `mfo.toml` and `.env.example` where the user stands; what is there already is never overwritten."""

from pathlib import Path

from etl.config.schema import Extract, Notes, QuerySettings, Retention, Run, SettingsSection, Site, Tables, Universe
from etl.config.settings import CHAINS, KEY_VARIABLES
from etl.domain import Outcome
from etl.runtime.files import write_whole

ENV_EXAMPLE = "# Copy to .env and fill in what you have; a provider without its key is skipped.\n" + "".join(
    f"#{name}=\n" for name in KEY_VARIABLES
)
EXAMPLES = {  # of settings without a default
    "usd_per_million_prompt": "0.1",
    "usd_per_million_completion": "0.5",
    "usd_per_day": "0.5",
    "knowledge": '"knowledge"',
    "base_url": '"https://example.org/flows"',
}


def run(folder: Path) -> Outcome:
    """
    Write both files into `folder`.

    Raises:
        FolderUnusable: the folder cannot be written.
    """
    said = []
    for name, text in (("mfo.toml", commented()), (".env.example", ENV_EXAMPLE)):
        path = folder / name
        if path.exists():
            said.append(f"{path} is there already and stays as it is")
        else:
            write_whole(path, text.encode())
            said.append(f"{path} written")
    return Outcome("; ".join(said))


def commented() -> str:
    """Every setting with its default, commented out, so that the file changes nothing until a line is uncommented."""
    universe = Universe()
    lines = [
        "# mfo settings. Every line is the default; uncomment what you change. Keys belong into .env, not here.",
        "",
        '#data_dir = "/var/lib/mfo"',
        '#timezone = "Asia/Kolkata"  # shows instants; never moves a row to another day',
        f'#openai_model = "{Tables().openai_model}"',
        "",
        "#[universe]",
        f"#stocks = {_list(universe.stocks)}",
        f"#series = {_list(universe.series)}",
        "#[universe.regions]  # the first symbol is the region; the others are shown beside it",
        *(f"#{_key(name)} = {_list(symbols)}" for name, symbols in universe.regions.items()),
        "#[universe.asset_classes]",
        *(f"#{_key(name)} = {_list(symbols)}" for name, symbols in universe.asset_classes.items()),
        "",
        "#[watchlists]  # a name for a group of symbols; commands that take a symbol take it too",
        '#core = ["SPY", "TLT", "GLD"]',
        "",
        "#[chains]  # who is asked first, and who stands in",
        *(f"#{dataset} = {_list(names)}" for dataset, names in CHAINS.items()),
        "",
        "#[limits.alpha_vantage]  # per_day, reserve, per_minute, spacing_s, weight, weight_window_s,",
        "#                        # timeout_s, parallel",
        "#per_day = 25",
        "#spacing_s = 1.1",
        "",
        *_section("[extract]", Extract()),
        *_section("[notes]", Notes()),
        *_section("[run]  # how long run-daily and maintain wait for a run that holds the lock; 0: not at all", Run()),
        *_section("[query]  # what a query may take: seconds (0: no limit), and memory", QuerySettings()),
        *_section("[retention]  # what `mfo maintain` moves when it is older than so many days; 0: never", Retention()),
        *_section("[site]  # where others read the site folder; without it, links in the feed are relative", Site()),
    ]
    return "\n".join(lines)


def _key(name: str) -> str:
    return name if name.replace("_", "").isalnum() else f'"{name}"'


def _list(values: list[str]) -> str:
    return "[" + ", ".join(f'"{value}"' for value in values) + "]"


def _value(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return _list(value)
    return f'"{value}"' if isinstance(value, str) else str(value)


def _section(title: str, section: SettingsSection) -> list[str]:
    """A table with every default; a setting that has none as an example."""
    lines = [f"#{title}"]
    for name in type(section).model_fields:
        value = getattr(section, name)
        said = f"# {name} = {EXAMPLES[name]}  (an example: not set)" if value is None else f"#{name} = {_value(value)}"
        lines.append(said)
    return [*lines, ""]
