"""The bars on a terminal: one for each provider, with what is left of its requests and when they end."""

from collections.abc import Callable

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TaskID, TextColumn
from rich.text import Text


class _Told(ProgressColumn):
    """Words that are asked for anew each time a bar is drawn, so that a wait counts down."""

    def __init__(self, told: Callable[[str], str]) -> None:
        super().__init__()
        self._told = told

    def render(self, task: Task) -> Text:
        """What is told of a bar by its name."""
        return Text(self._told(task.description), style="progress.remaining")


class Bars:
    """A bar for each name; `told(name)` is what stands behind it."""

    def __init__(self, told: Callable[[str], str]) -> None:
        self._progress = Progress(
            TextColumn("{task.description:>14}"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            _Told(told),
            TextColumn("{task.fields[what]}"),
            console=Console(stderr=True),
            transient=True,
            refresh_per_second=4,
        )
        self._tasks: dict[str, TaskID] = {}
        self._progress.start()

    def show(self, name: str, ended: int, expected: int, what: str) -> None:
        """How far one is."""
        if name not in self._tasks:
            self._tasks[name] = self._progress.add_task(name, total=0, what="")
        self._progress.update(self._tasks[name], completed=ended, total=expected, what=what)

    def say(self, text: str) -> None:
        """A line above the bars, as it is."""
        self._progress.console.print(text, markup=False, highlight=False)

    def stop(self) -> None:
        """Take the bars away."""
        self._progress.stop()
