"""Where feedback comes from, against where the customers are."""

from __future__ import annotations

import pandas as pd

from analysis.estimate import Estimate, statistic
from analysis.survey import Sample, share


@statistic
def source_reach(
    documents: pd.DataFrame,
    population: pd.DataFrame,
    *,
    by: str,
    confidence: float = 0.95,
) -> dict[str, dict[str, Estimate]]:
    """Share of the customers of each group that each source heard from.

    Parameters
    ----------
    documents : DataFrame
        Feedback of one period with source and customer_id.
    population : DataFrame
        All customers of the period.
    by : str
        Column of the population.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    dict of source to dict of level to Estimate
        Unit `share`; the base counts the level's customers who were heard.

    Notes
    -----
    A customer heard twice counts once. Levels far apart mean that the source hears
    some groups more than others. Feedback without a customer number counts nowhere:
    see `known_authors`. The intervals are Wilson's.

    Examples
    --------
    >>> everyone = pd.DataFrame({"customer_id": list("abcd"),
    ...     "segment": ["new", "old"] * 2})
    >>> texts = pd.DataFrame({"source": "review", "customer_id": ["a", "a", None]})
    >>> source_reach(texts, everyone, by="segment")["review"]["new"].value
    0.5
    """
    found = {}
    for source, texts in documents.groupby("source"):
        heard = population["customer_id"].isin(texts["customer_id"].dropna())
        sample = Sample(population.assign(heard=heard), confidence=confidence)
        found[str(source)] = _levels(sample, by)
    return found


@statistic
def known_authors(
    documents: pd.DataFrame, *, confidence: float = 0.95
) -> dict[str, Estimate]:
    """Share of each source's feedback that carries a customer number.

    Examples
    --------
    >>> texts = pd.DataFrame({"source": "review", "customer_id": ["a", None]})
    >>> known_authors(texts)["review"].value
    0.5
    """
    known = documents.assign(known=documents["customer_id"].notna())
    found = share(Sample(known, confidence=confidence), "known", by="source")
    assert isinstance(found, dict)  # there is a `by`
    return found


def _levels(sample: Sample, by: str) -> dict[str, Estimate]:
    found = share(sample, "heard", by=by)
    assert isinstance(found, dict)  # there is a `by`
    return found
