"""The command line: ``python -m analysis``."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

if TYPE_CHECKING:
    from analysis.run.code import GivenOut

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
def code(
    study: Annotated[str, typer.Argument(help="A folder below data/raw.")] = "demo",
    period: Annotated[
        str, typer.Argument(help="Run before, such as 2026Q3.")
    ] = "2026Q3",
    *,
    coders: Annotated[str, typer.Option(help="Who reads, such as ann,bob.")] = "",
    size: Annotated[int | None, typer.Option(min=1, help="Texts to draw.")] = None,
    margin: Annotated[
        float, typer.Option(help="Without a size: half the interval's width.")
    ] = 0.05,
    double: Annotated[
        int, typer.Option(min=0, help="Texts that two people read.")
    ] = 200,
    source: Annotated[
        list[str] | None, typer.Option(help="Only texts of this source; repeatable.")
    ] = None,
    adjudicate: Annotated[
        str, typer.Option(help="Who decides what the coders differ on.")
    ] = "",
) -> None:
    """Draw texts for coders and write their workbooks, or what they differ on.

    A random sample of the period's texts that nobody has coded, within sources, each
    with a known chance; or, with --adjudicate, the texts that coders read differently.
    Workbooks show neither score nor segment. None is ever overwritten.
    """
    from analysis.run.code import Plan, ask_again, give_out, to_be_named  # noqa: PLC0415

    with _told():
        _refuse_both(coders, adjudicate)
        if adjudicate:
            paths = [ask_again(study, period, adjudicator=adjudicate)]
        else:
            readers = [one.strip() for one in coders.split(",")]
            plan = Plan(
                coders=readers,
                size=size,
                margin=margin,
                double=double,
                sources=source or [],
            )
            given = give_out(study, period, plan)
            paths = given.paths
            _tell(given)
        named = to_be_named(study, paths)
    _tell_next(study, period, paths, named)


def _tell_next(study: str, period: str, paths: list[Path], named: str) -> None:
    for path in paths:
        console.print(f"Workbook: {escape(str(path))}")
    console.print("Let them be filled in and put back under the same names.")
    if named:
        console.print(escape(f"So that they are read, put into study.toml {named}"))
    console.print(f"Then: .venv/bin/python -m analysis run {study} {period}")


def _refuse_both(coders: str, adjudicate: str) -> None:
    from analysis.study import StudyError  # noqa: PLC0415

    if bool(coders) == bool(adjudicate):
        raise StudyError(
            "Name either who reads, as in --coders ann,bob, or who decides what they "
            "differ on, as in --adjudicate eve."
        )


def _tell(given: "GivenOut") -> None:
    from analysis.display import tabulate  # noqa: PLC0415

    title = f"{int(given.plan['drawn'].sum()):,} texts to code, by source"
    console.print(escape(repr(tabulate(given.plan, caption=title))))
    if given.drawn_before or given.coded_before:
        console.print(
            f"Left out: {given.drawn_before:,} drawn before; {given.coded_before:,} "
            "others coded already, with what chance is not on record."
        )


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
