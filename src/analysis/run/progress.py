"""A line per notebook: its state, and the time that it took."""

from types import TracebackType

from rich.console import Console
from rich.progress import Progress as Lines
from rich.progress import SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

MARKS = {
    "running": "",
    "done": "[green]done[/]",
    "up to date": "[dim]up to date[/]",
    "failed": "[red]failed[/]",
    "not run": "[yellow]not run[/]",
}


class Progress:
    """Shows how far a run is, line by line, on a terminal or in a log.

    Parameters
    ----------
    console : Console
        Where to.
    """

    def __init__(self, console: Console) -> None:
        self._lines = Lines(
            SpinnerColumn(finished_text=" "),
            TextColumn("{task.description:14}"),
            TimeElapsedColumn(),
            TextColumn("{task.fields[state]}"),
            console=console,
        )
        self._tasks: dict[str, TaskID] = {}

    def enter(self, name: str, state: str) -> None:
        """Show that a notebook has come into a state; may be called from any thread."""
        self._lines.start()  # once; nothing is shown of a run that is refused
        if name not in self._tasks:
            self._tasks[name] = self._lines.add_task(name, total=1, state="")
        completed = 0 if state == "running" else 1
        self._lines.update(self._tasks[name], state=MARKS[state], completed=completed)

    def __enter__(self) -> "Progress":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._tasks:
            self._lines.stop()
