"""How the coding was done, in sentences that quote published figures.

The notebook publishes the facts and then says the sentences: no figure is typed.
"""

from __future__ import annotations

import pandas as pd

from analysis.coding.decisions import ADJUDICATED
from analysis.coding.gate import countable
from analysis.estimate import Estimate, statistic
from analysis.ledger import Ledger
from analysis.ledger.sentences import Sentence
from analysis.study import StudyError

DRAWN = (
    "Of {documents} comments with a text {drawn} were drawn at random, each with a "
    "known chance (strata: {strata}). Of all comments {coded} have been coded, from "
    "workbooks in random order that show neither score nor segment."
)
NOT_DRAWN = (
    "Of {documents} comments with a text {coded} have been coded. How they were chosen "
    "is not on record: shares speak for the others only if it was at random."
)
CODERS = (
    "{coders} people coded them with {codes} codes; {read_twice} comments were read by "
    "two or more."
)
SETTLED = (
    "Where readers differed, {adjudicated} comments were decided by a further one."
)
UNSETTLED = "Nobody decided where readers differed: such a comment counts in part."
AGREEMENT = (
    "Krippendorff's alpha between readers ran from {lowest} ({lowest_name}) to "
    "{highest} ({highest_name})."
)
GATE = (
    "{counted} of the {codes} codes agreed as well as the study file asks and may be "
    "counted; the others may only be quoted."
)
PEOPLE = "People alone gave the codes; no machine suggested or added any."
MACHINE = (
    "A machine that learned from these codes labelled {machine} further comments. Its "
    "labels are counted only as far as people's codes of the random sample confirm "
    "them, and that correction is inside the intervals."
)


@statistic
def coding_facts(
    documents: pd.DataFrame,
    codings: pd.DataFrame,
    *,
    verdicts: pd.DataFrame,
    drawn: pd.DataFrame | None = None,
    machine: int = 0,
) -> dict[str, Estimate]:
    """Count what a reader must know of how the coding was done.

    Parameters
    ----------
    documents : DataFrame
        All that could have been coded: document_id and text.
    codings : DataFrame
        The table `codings`; those of other documents are left out.
    verdicts : DataFrame
        See `analysis.coding.gate.judge_codes`.
    drawn : DataFrame, optional
        The table ``coding_sample``; nothing if the choice is not on record.
    machine : int
        Documents that a machine labelled and no person read.

    Returns
    -------
    dict of str to Estimate
        Unit `count`, complete: documents, coded, read_twice, coders, codes, counted,
        adjudicated, and drawn, strata and machine where there are any. The base of
        each counts the coded documents that it is told of.

    Raises
    ------
    StudyError
        If none of the documents was coded.

    Notes
    -----
    Complete counts of what was done, without an interval: they speak of this coding
    and not of other comments. Not for how much was left unread in other periods.

    Examples
    --------
    >>> texts = pd.DataFrame({"document_id": ["d1", "d2"], "text": "Late."})
    >>> codings = pd.DataFrame({"document_id": ["d1", "d1"], "coder": ["ann", "bob"],
    ...     "code": "late", "round": "2026Q3"})
    >>> verdicts = pd.DataFrame({"code": ["late"], "verdict": ["count"]})
    >>> facts = coding_facts(texts, codings, verdicts=verdicts)
    >>> {name: int(one.value) for name, one in facts.items()}["read_twice"]
    1
    """
    told = documents["text"].fillna("").astype("str").str.strip() != ""
    ids = documents.loc[told, "document_id"]
    own = codings[codings["document_id"].isin(ids)]
    if own.empty:
        raise StudyError(
            "None of these documents was coded, so there is no method to describe. "
            "Compare document_id in the documents and in the codings."
        )
    is_settled = own["round"].astype("str") == ADJUDICATED
    readers = own[~is_settled].groupby("document_id")["coder"].nunique()
    counts = {
        "documents": len(ids),
        "coded": own["document_id"].nunique(),
        "read_twice": int((readers >= 2).sum()),
        "coders": own.loc[~is_settled, "coder"].nunique(),
        "codes": len(verdicts),
        "counted": len(countable(verdicts)),
        "adjudicated": own.loc[is_settled, "document_id"].nunique(),
    }
    if drawn is not None:
        mine = drawn[drawn["document_id"].isin(ids)]
        counts |= {"drawn": len(mine), "strata": mine["stratum"].nunique()}
    if machine:
        counts["machine"] = machine
    return {name: _told(n, counts["coded"]) for name, n in counts.items()}


def method_sentences(
    ledger: Ledger, *, key: str, agreement: pd.DataFrame | None = None
) -> list[Sentence]:
    """Say how the coding was done, from figures that were published.

    Parameters
    ----------
    ledger : Ledger
        Where `coding_facts` were published with ``publish_values``.
    key : str
        The key they were published under.
    agreement : DataFrame, optional
        The published rows of alpha per code.

    Returns
    -------
    list of Sentence
        In reading order: how drawn, by whom coded, what was adjudicated, how far
        readers agree, the gate, and what a machine did.
    """
    templates = [
        DRAWN if ledger.has(f"{key}/drawn") else NOT_DRAWN,
        CODERS,
        SETTLED if _is_some(ledger, key, "adjudicated") else UNSETTLED,
        GATE,
        MACHINE if ledger.has(f"{key}/machine") else PEOPLE,
    ]
    said = [ledger.sentence(_pointed(one, key)) for one in templates]
    if agreement is not None and agreement["value"].notna().any():
        said.insert(3, ledger.extremes(agreement, AGREEMENT))
    return said


def _told(n: int, coded: int) -> Estimate:
    """A complete count, told of so many coded documents."""
    value = float(n)
    return Estimate(
        value=value, standard_error=0.0, low=value, high=value, base=coded, unit="count"
    )


def _pointed(template: str, key: str) -> str:
    """Let the names in a template mean rows of the published facts."""
    return template.replace("{", "{" + key + "[").replace("}", "]}")


def _is_some(ledger: Ledger, key: str, name: str) -> bool:
    figure = "{" + f"{key}[{name}]" + ":.0f}"
    return repr(ledger.sentence(figure)) != "0"
