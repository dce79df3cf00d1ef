"""
The modes of a note: what each is made of, and what it may cost.

Only `daily` and its refinement carry recommendations: what is scored has one shape. The others are readings.
"""

from dataclasses import dataclass

from etl.errors import UsageWrong

SECTIONS = ("regions", "assets", "crypto", "macro", "risks")


@dataclass(frozen=True, slots=True)
class Mode:
    """
    One kind of note: the fewest and most sentences of its summary, its sections and how many calls it makes.

    `budget` times the configured `max_tokens` is what a reply may cost.
    """

    name: str
    fewest: int
    most: int
    budget: float = 1.0
    sections: tuple[str, ...] = ()
    calls: int = 0

    @property
    def template(self) -> str:
        """Its file in `prompts/`."""
        return f"{self.name}.md.j2"

    def tokens(self, max_tokens: int) -> int:
        """What a reply of this mode may cost."""
        return int(max_tokens * self.budget)


DAILY = Mode("daily", 3, 4, calls=3)
QUICK = Mode("quick", 3, 3, budget=0.4)
DEEP = Mode("deep", 2, 4, budget=3.0, sections=SECTIONS)
REVIEW = Mode("review", 3, 6)
REFINE = Mode("refine", 3, 6, budget=1.2, calls=3)
ASK = Mode("ask", 1, 6)
CHOSEN = {mode.name: mode for mode in (DAILY, QUICK, DEEP, REVIEW)}
ALL = {**CHOSEN, **{mode.name: mode for mode in (REFINE, ASK)}}


def mode_named(name: str | None) -> Mode:
    """
    The mode that `--mode` names; the daily note where it names none.

    Raises:
        UsageWrong: there is none of that name.
    """
    if name is None:
        return DAILY
    if name not in CHOSEN:
        raise UsageWrong(f"--mode: {name!r}; allowed: {', '.join(CHOSEN)}")
    return CHOSEN[name]
