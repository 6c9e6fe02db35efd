"""The command line: ``python -m analysis``."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

app = typer.Typer(
    help="A quarterly customer-experience report whose every number can be traced.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)
console = Console(highlight=False, soft_wrap=True)

REFUSED, FAILED, INTERRUPTED = 2, 1, 130
"""Exit statuses: nothing was run; something went wrong on the way; Ctrl-C."""


def main() -> None:
    """Run the command line."""
    # A checker of notebook files would spend a second on a format that none uses.
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
    app()


def _print_version(wanted: bool) -> None:
    if wanted:
        console.print(version("customer-analysis"))
        raise typer.Exit


@app.callback()
def _options(
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Say which."
        ),
    ] = False,
) -> None:
    """Options of all commands."""


@app.command()
def run(
    study: Annotated[str, typer.Argument(help="A folder below data/raw.")] = "demo",
    period: Annotated[str, typer.Argument(help="Such as 2026Q3.")] = "2026Q3",
    force: Annotated[bool, typer.Option(help="Run what is up to date too.")] = False,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="How many notebooks run at once.")
    ] = None,
) -> None:
    """Run the notebooks that are not up to date and build the report."""
    from analysis.run.progress import Progress  # noqa: PLC0415 (starts fast without)
    from analysis.run.walk import walk  # noqa: PLC0415

    with _told(), Progress(console) as progress:
        result = walk(study, period, force=force, jobs=jobs, watch=progress.enter)
    for message in result.failures.values():
        console.print(f"[red]✗[/] {escape(message)}")
    if result.report:
        title = "Incomplete report" if result.failures else "Report"
        console.print(f"{title}: {escape(str(result.report))}")
    raise typer.Exit(0 if result.succeeded else FAILED)


@app.command()
def check(
    study: Annotated[str, typer.Argument(help="A folder below data/raw.")] = "demo",
) -> None:
    """Read a study's settings and files, run nothing, and say what was found.

    Of orders, returns and signals, the first 1,000 rows of each file are read.
    """
    from analysis.run.look import look_at  # noqa: PLC0415
    from analysis.study import Study  # noqa: PLC0415

    with _told():
        findings = look_at(Study.load(study))
    for finding in findings:
        colour = {"✗": "red", "✓": "green"}.get(finding.mark, "dim")
        mark = f"[{colour}]{finding.mark}[/]"
        console.print(f"{mark} {escape(str(finding))}")
    raise typer.Exit(FAILED if any(one.fault for one in findings) else 0)


@app.command()
def new(name: Annotated[str, typer.Argument(help="Of the study's folder.")]) -> None:
    """Make the folder of a new study, with a study file to fill in."""
    from analysis.run.newcomer import create_study  # noqa: PLC0415

    with _told():
        path = create_study(name)
    console.print(f"Put your exports beside {escape(str(path))} and fill it in.")
    console.print(f"Then: .venv/bin/python -m analysis check {name}")


@app.command()
def draw(
    study: Annotated[str, typer.Argument(help="A folder below data/raw.")] = "demo",
    period: Annotated[
        str, typer.Argument(help="Run before, such as 2026Q3.")
    ] = "2026Q3",
    size: Annotated[int, typer.Option(min=1, help="Invitations to send.")] = 4000,
    to: Annotated[
        Path | None, typer.Option(help="The list, if not beside the period's tables.")
    ] = None,
) -> None:
    """Draw the next wave's invitations at random from a period's customers."""
    from analysis.display import tabulate  # noqa: PLC0415
    from analysis.run.draw import draw_next  # noqa: PLC0415

    with _told():
        wave = draw_next(study, period, size=size, path=to)
    title = f"{len(wave.drawn.invitations):,} invitations, by stratum"
    console.print(escape(repr(tabulate(wave.drawn.plan, caption=title))))
    console.print(f"List: {escape(str(wave.path))}")


@app.command()
def exchange(
    study: Annotated[str, typer.Argument(help="A folder below data/raw.")] = "demo",
    period: Annotated[
        str, typer.Argument(help="Run before, such as 2026Q3.")
    ] = "2026Q3",
    to: Annotated[
        Path | None, typer.Option(help="The folder, if not the period's tables.")
    ] = None,
) -> None:
    """Write the codebook and the coded texts for other programs (REFI-QDA)."""
    from analysis.run.exchange import hand_over  # noqa: PLC0415

    with _told():
        written = hand_over(study, period, folder=to)
    for path in written:
        console.print(f"Written: {escape(str(path))}")


@app.command()
def refresh() -> None:
    """Execute the repository's notebooks in place and say which outputs changed."""
    from analysis.run.refresh import refresh  # noqa: PLC0415

    with _told():
        changes = refresh()
    for name, cells in changes.items():
        console.print(f"{name}: {len(cells)} outputs changed")
        for cell in cells:
            console.print(f"  {escape(cell)}")


@contextmanager
def _told() -> Iterator[None]:
    """Tell the analyst's mistakes in one message, and leave at once on Ctrl-C."""
    from analysis.study import StudyError  # noqa: PLC0415 (pandas loads slowly)

    try:
        yield
    except StudyError as error:
        Console(stderr=True, highlight=False, soft_wrap=True).print(escape(str(error)))
        raise typer.Exit(REFUSED) from None
    except KeyboardInterrupt:
        console.print("Stopped. What had not finished will run next time.")
        os._exit(INTERRUPTED)  # threads that wait for kernels would hold us up
