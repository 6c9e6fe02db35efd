"""All texts of some periods beside their codes, whatever source they came from."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pandas as pd

from analysis.coding.audited import INCLUSION, Floors, with_machine
from analysis.coding.decisions import Decisions
from analysis.coding.prevalence import prevalence
from analysis.coding.shares import code_documents
from analysis.contracts.units import document_of
from analysis.estimate import Estimate, statistic
from analysis.survey import Sample

SURVEY = "survey"
KEEPER, RETURNER = "keeper", "returner"


def heard(
    documents: pd.DataFrame, answers: Sample, *, periods: Collection[str]
) -> pd.DataFrame:
    """Texts of some periods, of all sources.

    Parameters
    ----------
    documents : DataFrame
        The table `documents`, with source, period and text.
    answers : Sample
        Of survey comments only those written with these answers are taken, so that
        the surveys are not mixed.
    periods : collection of str
        Periods to take.

    Returns
    -------
    DataFrame
        Rows of `documents` that hold a text.

    Examples
    --------
    >>> texts = pd.DataFrame({"response_id": ["r1", "r2", None], "text": "Late.",
    ...     "source": ["survey", "survey", "review"], "period": "2026Q3"})
    >>> answers = Sample(pd.DataFrame({"response_id": ["r1"]}))
    >>> heard(texts, answers, periods=["2026Q3"])["source"].tolist()
    ['survey', 'review']
    """
    filled = documents["text"].fillna("").astype("str").str.strip() != ""
    inside = documents["period"].isin(list(periods)) & filled
    of_others = documents["source"] != SURVEY
    if "response_id" not in documents:
        return documents[inside & of_others]
    asked = documents["response_id"].isin(answers.frame["response_id"])
    return documents[inside & (asked | of_others)]


def text_of(documents: pd.DataFrame) -> dict[str, str]:
    """Redacted text of each survey comment, by the answer it was written with.

    Parameters
    ----------
    documents : DataFrame
        The table `documents`, with response_id for survey comments.

    Returns
    -------
    dict of response_id to str

    Examples
    --------
    >>> text_of(pd.DataFrame({"response_id": ["r1", None], "text": ["Late.", "Hi."]}))
    {'r1': 'Late.'}
    """
    if "response_id" not in documents:
        return {}
    own = documents.dropna(subset=["response_id", "text"])
    return dict(zip(own["response_id"], own["text"], strict=True))


def drawn_only(
    coded: Sample, drawn: pd.DataFrame | None, *, codes: Sequence[str]
) -> Sample:
    """Let only texts that were drawn speak, with the chance that each had.

    Parameters
    ----------
    coded : Sample
        With period and one row per answer or text.
    drawn : DataFrame or None
        The table `coding_sample`; None if how texts were chosen is not on record.
    codes : sequence of str
        Columns of the codes.

    Returns
    -------
    Sample
        With `INCLUSION`. In a period of which a draw is on record, codes of texts
        that were not drawn are taken as unread: nobody knows what they stand for. In
        other periods all texts that were read count alike, as if drawn at random.

    Examples
    --------
    >>> said = Sample(pd.DataFrame({"response_id": ["r1", "r2"], "late": [1.0, 0.0],
    ...     "period": "2026Q3"}))
    >>> chances = pd.DataFrame({"document_id": ["r1"], "inclusion_probability": [0.5]})
    >>> told = drawn_only(said, chances, codes=["late"])
    >>> told.frame[["late", INCLUSION]].values.tolist()
    [[1.0, 0.5], [nan, nan]]
    """
    frame = coded.frame
    if drawn is None:
        return coded
    key = "document_id" if "document_id" in frame else "response_id"
    chances = drawn.set_index("document_id")["inclusion_probability"]
    chance = frame[key].map(chances)
    recorded = frame["period"].isin(frame.loc[chance.notna(), "period"])
    lost = recorded & chance.isna()
    unread = {name: frame[name].where(~lost) for name in codes}
    return coded.with_columns(**unread, **{INCLUSION: chance.where(recorded, 1.0)})


def tabulate_sources(texts: pd.DataFrame, codings: pd.DataFrame) -> pd.DataFrame:
    """Count texts, writers and coded texts of each source.

    Parameters
    ----------
    texts : DataFrame
        See `heard`.
    codings : DataFrame
        The table `codings`.

    Returns
    -------
    DataFrame
        One row per source, most texts first: source, texts, writers (known people),
        read (by people) and stage (texts with a journey stage).

    Examples
    --------
    >>> texts = pd.DataFrame({"document_id": ["d1", "d2"], "source": "review",
    ...     "customer_id": ["c1", None], "stage": ["use", None]})
    >>> codings = pd.DataFrame({"document_id": ["d1"]})
    >>> tabulate_sources(texts, codings).values.tolist()
    [['review', 2, 1, 1, 1]]
    """
    read = texts["document_id"].isin(document_of(codings["document_id"]))
    known = {"customer_id": "writers", "stage": "with_stage"}
    there = texts.assign(read=read, **{n: None for n in known if n not in texts})
    groups = there.groupby("source")
    table = pd.DataFrame(
        {
            "texts": groups.size(),
            "writers": groups["customer_id"].nunique(),
            "read": groups["read"].sum(),
            "with_stage": groups["stage"].count(),
        }
    )
    order = table.sort_values("texts", ascending=False, kind="stable")
    return order.reset_index()


def code_feedback(
    texts: pd.DataFrame,
    decisions: Decisions,
    *,
    probabilities: pd.DataFrame | None = None,
    customers: pd.DataFrame | None = None,
    confidence: float = 0.95,
) -> Sample:
    """Put codes beside texts that nobody was asked for: reviews, tickets, posts.

    Parameters
    ----------
    texts : DataFrame
        See `heard`; survey comments are left out, since they have weights and a
        population of their own (`analysis.coding.shares.code_answers`).
    decisions : Decisions
        See `analysis.coding.decisions.final`.
    probabilities : DataFrame, optional
        Of a machine, see `analysis.coding.audited.with_machine`.
    customers : DataFrame, optional
        What is known of the writers, one row per customer.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    Sample
        One row per text, writers (or speakers of units) as clusters, with one column
        per code, missing for texts that nobody read. It speaks of the texts that came
        in, and not of customers: nobody drew who writes them.

    Examples
    --------
    >>> from analysis.coding.decisions import final
    >>> codings = pd.DataFrame({"document_id": ["d1"], "coder": ["ann"],
    ...     "code": ["late"]})
    >>> texts = pd.DataFrame({"document_id": ["d1", "d2"], "source": "review"})
    >>> said = code_feedback(texts, final(codings, codes=["late"]))
    >>> said.frame["late"].tolist()
    [1.0, nan]
    """
    own = texts[texts["source"] != SURVEY]
    ids = pd.DataFrame({"document_id": decisions.documents})
    codes = code_documents(decisions, ids)
    frame = own.merge(codes, on="document_id", how="left", validate="one_to_one")
    if customers is not None and "customer_id" in frame:
        frame = frame.merge(_newest(customers, frame), on="customer_id", how="left")
    people = [name for name in ("person", "customer_id") if name in frame]
    said = Sample(frame, clusters=next(iter(people), None), confidence=confidence)
    if probabilities is None:
        return said
    return with_machine(said, probabilities, key="document_id")


@statistic
def prevalences_by(
    coded: Sample,
    *,
    codes: Sequence[str],
    by: Sequence[str],
    floors: Floors | None = None,
) -> dict[str, dict[str, dict[str, Estimate]]]:
    """Share of texts that carry each code, within the groups of several columns.

    Parameters
    ----------
    coded : Sample
        As for `analysis.coding.prevalence.prevalence`.
    codes : sequence of str
        Codes that may be counted.
    by : sequence of str
        Columns of groups, such as the segment and the score group.
    floors : Floors, optional
        As for `prevalence`: a group with fewer texts read is withheld, and one with
        fewer positives stands on people alone.

    Returns
    -------
    dict of column to dict of code to dict of level to Estimate
        Unit `share`.

    Notes
    -----
    As `prevalence`, group by group: a machine that reads one group better than
    another does no harm. Neighbouring intervals that overlap do not say that two
    groups are alike; see `analysis.coding.prevalence_contrasts`.

    Examples
    --------
    >>> texts = Sample(pd.DataFrame({"late": [1.0, 0.0] * 20,
    ...     "segment": ["new"] * 20 + ["old"] * 20}))
    >>> found = prevalences_by(texts, codes=["late"], by=["segment"])
    >>> {level: one.value for level, one in found["segment"]["late"].items()}
    {'new': 0.5, 'old': 0.5}
    """
    made: dict[str, dict[str, dict[str, Estimate]]] = {}
    for column in coded.known(by):
        made[column] = {}
        for code in codes:
            found = prevalence(coded, code, by=column, floors=floors)
            assert isinstance(found, Mapping)  # `by` was given
            made[column][code] = dict(found)
    return made


def keepers(customer_periods: pd.DataFrame, *, periods: Collection[str]) -> pd.Series:
    """Tell customers who kept all they bought from those who sent something back.

    Parameters
    ----------
    customer_periods : DataFrame
        The made table, with `returned_lines`.
    periods : collection of str
        Periods of the purchases, such as the last year's.

    Returns
    -------
    Series of str, indexed by customer_id
        ``keeper`` or ``returner``; customers who bought nothing are not in it.

    Examples
    --------
    >>> bought = pd.DataFrame({"customer_id": ["a", "a", "b"], "lines": 1,
    ...     "period": "2026Q3", "returned_lines": [0, 1, 0]})
    >>> keepers(bought, periods=["2026Q3"]).to_dict()
    {'a': 'returner', 'b': 'keeper'}
    """
    inside = customer_periods[customer_periods["period"].isin(list(periods))]
    back = inside.groupby("customer_id")["returned_lines"].sum()
    return (back > 0).map({True: RETURNER, False: KEEPER}).astype("str")


def writers(
    coded: Sample,
    *,
    codes: Sequence[str],
    customer_periods: pd.DataFrame,
    periods: Collection[str],
) -> pd.DataFrame:
    """What people who wrote said and did, one row per person.

    Parameters
    ----------
    coded : Sample
        With customer_id and one column per code, missing where nobody read.
    codes : sequence of str
        Codes that may be counted.
    customer_periods : DataFrame
        The made table, with lines, revenue and, where known, returned_lines.
    periods : collection of str
        Periods of the purchases, such as the last year's.

    Returns
    -------
    DataFrame, indexed by customer_id
        Per code the mean over the person's texts, then `lines` and `revenue` (as
        log(1 + x), since they are skewed) and `returned` (share of the lines).
        Numbers only; who bought nothing has noughts.

    Examples
    --------
    >>> said = Sample(pd.DataFrame({"customer_id": ["a", "a"], "late": [1.0, 0.0]}))
    >>> bought = pd.DataFrame({"customer_id": ["a"], "period": "2026Q3", "lines": [4],
    ...     "revenue": [0.0], "returned_lines": [1]})
    >>> writers(said, codes=["late"], customer_periods=bought,
    ...     periods=["2026Q3"])[["late", "returned"]].values.tolist()
    [[0.5, 0.25]]
    """
    read = coded.frame.dropna(subset=[*codes, "customer_id"])
    said = read.groupby("customer_id")[list(codes)].mean()
    inside = customer_periods[customer_periods["period"].isin(list(periods))]
    sums = inside.groupby("customer_id").sum(numeric_only=True)
    sums = sums.reindex(said.index, fill_value=0)
    did = sums[["lines", "revenue"]].apply(np.log1p)
    if "returned_lines" in sums:
        did["returned"] = sums["returned_lines"] / sums["lines"].clip(lower=1)
    return said.join(did)


def _newest(customers: pd.DataFrame, frame: pd.DataFrame) -> pd.DataFrame:
    new = [name for name in customers if name not in frame]
    last = customers.drop_duplicates("customer_id", keep="last")
    return last[["customer_id", *new]]
