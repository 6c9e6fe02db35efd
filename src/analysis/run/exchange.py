"""Hand a period's texts and codings to another program for qualitative analysis."""

from pathlib import Path

from analysis import qda
from analysis.coding.codebook import load_codebook
from analysis.coding.exchange import make_codebook, make_project
from analysis.coding.units import with_units
from analysis.contracts import Tables
from analysis.study import Study, StudyError


def hand_over(study: str, period: str, *, folder: Path | None = None) -> list[Path]:
    """Write the codebook and the coded texts of a period as REFI-QDA files.

    Parameters
    ----------
    study : str
        The study's folder.
    period : str
        A period that has been run.
    folder : Path, optional
        Where the files go; beside the period's tables if not given.

    Returns
    -------
    list of Path
        ``codebook.qdc`` and ``project.qdpx``.

    Raises
    ------
    StudyError
        If the period has not been run or nothing was coded, or another file of
        that name is there.

    Notes
    -----
    The texts are the redacted ones, and of those only what somebody coded; talks that
    were split for coding go as their units. Scores, segments and customers are not
    handed on.
    """
    settings = Study.load(study)
    tables = Tables.open(settings, period)
    if not tables.has("documents", "codings"):
        raise StudyError(
            f"There are no codings of {study} {period} to hand over. The study needs "
            f"the table `codings`; then: python -m analysis run {study} {period}"
        )
    book, documents = load_codebook(settings), tables.documents
    if tables.has("coding_units"):
        documents = with_units(documents, tables.coding_units)
    coded = documents[documents["document_id"].isin(tables.codings["document_id"])]
    made = {
        "codebook.qdc": make_codebook(book, study=settings.id),
        "project.qdpx": make_project(
            coded,
            codings=tables.codings,
            codebook=book,
            study=settings.id,
            name=f"{settings.name} {tables.period.label}",
        ),
    }
    target = folder or settings.processed(tables.period.label)
    return [qda.write_file(one, target / name) for name, one in made.items()]
