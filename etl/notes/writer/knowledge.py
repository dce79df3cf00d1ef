"""
The knowledge folder: markdown notes of one's own, cut into passages, the relevant ones found by BM25 (bm25s).

What it finds is quoted with its file's name. It is data from outside: nothing in it is an instruction or a fact.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from etl.errors import SettingsWrong

_LONGEST = 600  # characters of a passage
_MOST = 3
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a note: the file below the folder, and its words on one line."""

    file: str
    text: str


def passages_of(folder: Path) -> list[Passage]:
    """
    Every passage of the folder's `*.md` files, in the order of their names; a paragraph is a passage.

    Raises:
        SettingsWrong: the folder is not there, or a note in it cannot be read.
    """
    if not folder.is_dir():
        raise SettingsWrong(f"[notes] knowledge: there is no folder {folder}")
    found = []
    for path in sorted(folder.rglob("*.md")):
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or "not UTF-8"
            raise SettingsWrong(f"[notes] knowledge: {path} cannot be read: {why}") from None
        name = path.relative_to(folder).as_posix()
        for paragraph in re.split(r"\n\s*\n", text):
            words = " ".join(paragraph.split())
            found += [Passage(name, words[at : at + _LONGEST]) for at in range(0, len(words), _LONGEST)]
    return found


def relevant(folder: Path | None, question: str, most: int = _MOST) -> list[Passage]:
    """
    The passages that share words with the question, best first by BM25; [] where no folder is configured.

    Raises:
        SettingsWrong: the folder or a note in it cannot be read.
    """
    passages = passages_of(folder) if folder else []
    if not passages or not _WORD.search(question):
        return []
    import bm25s  # here, because only a question needs it

    tokens = bm25s.tokenize([passage.text for passage in passages], stopwords="en", show_progress=False)
    wanted = bm25s.tokenize([question], stopwords="en", show_progress=False)
    if not tokens.vocab or not wanted.vocab:
        return []
    index = bm25s.BM25()
    index.index(tokens, show_progress=False)
    found, scores = index.retrieve(wanted, k=min(most, len(passages)), show_progress=False)
    return [passages[int(i)] for i, score in zip(found[0], scores[0], strict=True) if score > 0]
