"""The texts that make a spike, and quotes from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from analysis.coding.quotes import draw_quotes
from analysis.coding.spikes import Length


def documents_of(
    documents: pd.DataFrame, periods: Sequence[str], *, length: Length = "W"
) -> pd.DataFrame:
    """Return the documents that make a spike.

    Parameters
    ----------
    documents : DataFrame
        As they were counted.
    periods : sequence of str
        First days of periods, as `volume_spikes` names them.
    length : {"W", "M"}
        As they were counted.

    Returns
    -------
    DataFrame
        Their rows, with the column `spike`: the period.

    Examples
    --------
    >>> texts = pd.DataFrame({"document_id": ["d1", "d2"],
    ...     "occurred_on": pd.to_datetime(["2026-03-09", "2026-03-16"])})
    >>> documents_of(texts, ["2026-03-16"])["document_id"].tolist()
    ['d2']
    """
    starts = documents["occurred_on"].dt.to_period(length).dt.start_time
    named = documents.assign(spike=starts.dt.strftime("%Y-%m-%d").astype("str"))
    return named[named["spike"].isin(list(periods))]


def spike_quotes(
    documents: pd.DataFrame,
    spikes: pd.DataFrame,
    *,
    seed: int,
    tones: Mapping[str, float],
    by: str = "source",
) -> pd.DataFrame:
    """Quotes from the weeks that stand out.

    Parameters
    ----------
    documents : DataFrame
        As they were counted, with text.
    spikes : DataFrame
        Rows of the weeks that stand out: `by` is the source and `level` the week.
    seed : int
        The study's seed.
    tones : mapping of document_id to float
        Where readers told the tone.
    by : str
        Column of sources.

    Returns
    -------
    DataFrame
        At most three per week, see `analysis.coding.quotes.draw_quotes`.

    Examples
    --------
    >>> texts = pd.DataFrame({"document_id": [f"d{n}" for n in range(10)],
    ...     "source": "review", "occurred_on": pd.Timestamp("2026-03-03"),
    ...     "text": "The parcel came a week after the promised day."})
    >>> out = pd.DataFrame({"by": ["review"], "level": ["2026-03-02"]})
    >>> spike_quotes(texts, out, seed=1, tones={})["topic"].unique().tolist()
    ['review, week of 2026-03-02']
    """
    made = []
    for source, week in spikes[["by", "level"]].itertuples(index=False):
        own = documents_of(documents[documents[by] == source], [week])
        tone = own["document_id"].map(dict(tones)).astype("float64")
        topic = f"{source}, week of {week}"
        made.append(draw_quotes(own.assign(tone=tone), topic=topic, seed=seed))
    return pd.concat(made, ignore_index=True)
