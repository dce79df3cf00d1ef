"""The knowledge folder: passages, the nearest ones by BM25, and what is wrong with a folder."""

from pathlib import Path

import pytest

from etl.errors import SettingsWrong
from etl.notes.writer.knowledge import passages_of, relevant


def folder(tmp_path: Path) -> Path:
    """Two notes, one in a folder below."""
    (tmp_path / "deeper").mkdir()
    (tmp_path / "breakouts.md").write_text("# Breakouts\n\nA breakout wants volume:\na close above resistance.\n")
    (tmp_path / "deeper" / "gold.md").write_text("Gold follows real rates.\n\nGold likes fear.\n")
    (tmp_path / "notes.txt").write_text("A breakout is not looked for here.")
    return tmp_path


def test_the_nearest_passage_comes_first_with_its_files_name(tmp_path: Path) -> None:
    """A paragraph on one line; what shares no word is not quoted."""
    found = relevant(folder(tmp_path), "Is this a breakout above resistance?")
    assert [(p.file, p.text) for p in found] == [("breakouts.md", "A breakout wants volume: a close above resistance.")]
    assert {p.file for p in relevant(tmp_path, "gold")} == {"deeper/gold.md"}


def test_no_folder_no_words_and_nothing_in_common_find_nothing(tmp_path: Path) -> None:
    """No passage is made up, and none is a default."""
    assert relevant(None, "gold") == []
    assert relevant(tmp_path, "gold") == []
    assert relevant(folder(tmp_path), "zebra?") == []
    assert relevant(tmp_path, "?!") == []
    assert relevant(tmp_path, "the of and") == []


def test_a_long_paragraph_is_cut_into_passages(tmp_path: Path) -> None:
    """600 characters each."""
    (tmp_path / "long.md").write_text("word " * 300)
    assert [len(p.text) for p in passages_of(tmp_path)] == [600, 600, 299]


def test_a_folder_that_is_not_there_or_a_note_that_is_no_text_is_refused(tmp_path: Path) -> None:
    """By its path."""
    with pytest.raises(SettingsWrong, match="there is no folder"):
        relevant(tmp_path / "nowhere", "gold")
    (tmp_path / "bad.md").write_bytes(b"\xff\xfe\x00gold")
    with pytest.raises(SettingsWrong, match=r"bad\.md cannot be read: not UTF-8"):
        relevant(tmp_path, "gold")
