"""The prompt templates on disk."""

from pathlib import Path

from etl.errors import SettingsWrong


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
