"""Survey comments, reviews, tickets, complaints and posts."""

import numpy as np
import pandas as pd
from numpy.random import Generator
from numpy.typing import NDArray

from analysis.example.answers import Answers
from analysis.example.comments import draw_codes, valence, write_text
from analysis.example.dangerous_text import hostile_texts, invent_personal
from analysis.example.people import Feelings
from analysis.example.planted import END, START, WAVES, Truths, days_between

# Further documents at scale 1, and how much darker each source is than the survey.
SOURCES = {"review": 1_000, "support": 420, "complaint": 150, "social": 130}
ODDS = {"review": 0.0, "support": 0.9, "complaint": 1.6, "social": 0.4}
STAGES = {
    "review": ("use", "use", "purchase"),
    "support": ("support", "delivery", "return"),
    "complaint": ("delivery", "return", "support"),
    "social": ("awareness", "purchase", "use"),
}


def moods(
    feelings: Feelings, people: NDArray[np.int64], spans: NDArray[np.int64]
) -> pd.DataFrame:
    """Look up the experiences behind documents, in standard deviations.

    Parameters
    ----------
    feelings : Feelings
        Everyone's experiences.
    people, spans : array of int
        Row and column of each document's writer and time.

    Returns
    -------
    DataFrame
        `quality`, `delivery`, `price`, `experience` (over its standard deviation)
        and `latent` in points.

    Examples
    --------
    >>> from analysis.example.company import invent
    >>> company = invent(np.random.default_rng(1), scale=0.02)
    >>> first = np.array([0])
    >>> moods(company.feelings, first, first).shape
    (1, 5)
    """
    return pd.DataFrame(
        {
            "quality": feelings.quality[people, spans],
            "delivery": feelings.delivery[people, spans],
            "price": feelings.price[people, spans],
            "experience": feelings.experience[people, spans] / 1.8,
            "latent": feelings.latent[people, spans],
        }
    )


def comment(
    rng: Generator,
    responses: pd.DataFrame,
    *,
    feelings: Feelings,
    answers: Answers,
    truths: Truths,
) -> tuple[pd.DataFrame, NDArray[np.bool_]]:
    """Write the comments of the survey.

    Parameters
    ----------
    rng : Generator
        Source of randomness.
    responses : DataFrame
        With `customer`, `wave` and `response_id`.
    feelings : Feelings
        What the comments are about.
    answers : dict
        The scores that go with them.
    truths : Truths
        Share of answers with a comment.

    Returns
    -------
    comments : DataFrame
        One row per comment: `document_id`, `response` (row number), `wave`,
        `text`, `language`, `valence`.
    codes : array of bool, shape (n_comments, n_codes)
        True codes.

    Examples
    --------
    >>> from analysis.example.company import invent
    >>> company = invent(np.random.default_rng(1), scale=0.02)
    >>> comments, codes = comment(
    ...     np.random.default_rng(2),
    ...     company.responses,
    ...     feelings=company.feelings,
    ...     answers=company.answers,
    ...     truths=company.settings,
    ... )
    >>> len(comments) == len(codes) < len(company.responses)
    True
    """
    rows = np.flatnonzero(rng.random(len(responses)) < truths.comments)
    asked = responses.iloc[rows]
    people, wave = asked["customer"].to_numpy(), asked["wave"].to_numpy()
    codes = draw_codes(rng, moods(feelings, people, wave + 1))
    scores = answers["recommend"][people, wave]
    tones = valence(codes, scores)
    sources = np.full(len(rows), "survey")
    texts, languages = write_text(
        rng, codes, scores=scores, tones=tones, sources=sources
    )
    comments = pd.DataFrame(
        {
            "document_id": asked["response_id"].to_numpy(),
            "response": rows,
            "wave": wave,
            "text": pd.Series(texts, dtype="str"),
            "language": languages,
            "valence": tones,
        }
    )
    return comments, codes


def invent_documents(
    rng: Generator,
    orders: pd.DataFrame,
    *,
    feelings: Feelings,
    product_ids: NDArray[np.str_],
    scale: float,
) -> tuple[pd.DataFrame, NDArray[np.bool_]]:
    """Draw reviews, tickets, complaints and posts.

    Each follows an order line by some days. A promotion draws more reviews, as it
    draws more sales and more returns: the third cause behind "products that are
    rated more are returned more".

    Parameters
    ----------
    rng : Generator
        Source of randomness.
    orders : DataFrame
        As drawn by `invent_orders`.
    feelings : Feelings
        What the documents are about.
    product_ids : array of str
        Identifiers by row number of products.
    scale : float
        Size of the company.

    Returns
    -------
    documents : DataFrame
        `document_id`, `source`, `customer`, `product_id`, `occurred`, `stage`,
        `speaker`, `rating` (reviews only), `text`, `valence`, in order of time.
    codes : array of bool, shape (n_documents, n_codes)
        True codes.

    Examples
    --------
    >>> from analysis.example.company import invent
    >>> company = invent(np.random.default_rng(1), scale=0.02)
    >>> documents, codes = invent_documents(
    ...     np.random.default_rng(2),
    ...     company.orders,
    ...     feelings=company.feelings,
    ...     product_ids=company.products["product_id"].to_numpy(),
    ...     scale=0.02,
    ... )
    >>> sorted(documents["source"].unique())
    ['complaint', 'review', 'social', 'support']
    """
    drawn = [
        _one_source(rng, orders, feelings=feelings, source=source, scale=scale)
        for source in SOURCES
    ]
    documents = pd.concat([frame for frame, _ in drawn], ignore_index=True)
    order = np.argsort(documents["occurred"].to_numpy(), kind="stable")
    documents = documents.iloc[order].reset_index(drop=True)
    documents["product_id"] = product_ids[documents.pop("product")]
    social = documents["source"].eq("social").to_numpy()
    numbers = [f"D{number:07d}" for number in range(300_001, 300_001 + len(documents))]
    documents.insert(0, "document_id", numbers)
    documents["product_id"] = documents["product_id"].mask(social)
    return documents, np.concatenate([codes for _, codes in drawn])[order]


def plant(
    rng: Generator,
    comments: pd.DataFrame,
    documents: pd.DataFrame,
    *,
    codes: NDArray[np.bool_],
) -> tuple[pd.DataFrame, pd.DataFrame, NDArray[np.bool_], pd.DataFrame]:
    """Plant personal data and hostile text.

    Parameters
    ----------
    rng : Generator
        Source of randomness.
    comments : DataFrame
        Survey comments: 32 get personal data, half of them in the last wave, and
        the last wave gets the hostile texts.
    documents : DataFrame
        Other documents: 12 get personal data.
    codes : array of bool
        True codes of the comments; hostile texts have none.

    Returns
    -------
    comments, documents : DataFrame
        With the planted texts.
    codes : array of bool
        True codes of the comments.
    canaries : DataFrame
        `document_id`, `kind` (with `hostile`) and `planted`.

    Examples
    --------
    >>> from analysis.example.company import invent
    >>> company = invent(np.random.default_rng(1), scale=0.02)
    >>> company.canaries["kind"].value_counts()["card"] > 0
    np.True_
    """
    last = comments["wave"].to_numpy() == len(WAVES) - 1
    spots = rng.permutation(np.flatnonzero(last))
    hostile = hostile_texts()[: max(len(spots) - 16, 0)]
    evil, spots = spots[: len(hostile)], spots[len(hostile) :][:16]
    spots = np.append(spots, rng.permutation(np.flatnonzero(~last))[:16])
    others = rng.permutation(len(documents))[:12]
    personal = invent_personal(rng, count=len(spots) + len(others))
    mine, yours = personal.iloc[: len(spots)], personal.iloc[len(spots) :]
    comments = _append(comments, spots, mine["sentence"].tolist())
    documents = _append(documents, others, yours["sentence"].tolist())
    comments.loc[evil, "text"] = hostile
    comments.loc[evil, "valence"] = 0
    codes = codes.copy()
    codes[evil] = False
    rows = [
        comments["document_id"].iloc[spots],
        documents["document_id"].iloc[others],
        comments["document_id"].iloc[evil],
    ]
    kinds = [*personal["kind"], *["hostile"] * len(evil)]
    canaries = pd.DataFrame(
        {
            "document_id": pd.concat(rows).tolist(),
            "kind": kinds,
            "planted": [*personal["planted"], *hostile],
        }
    )
    return comments, documents, codes, canaries


def _append(frame: pd.DataFrame, rows: NDArray[np.int64], ends: list) -> pd.DataFrame:
    frame = frame.copy()
    texts = frame["text"].iloc[rows]
    joined = [f"{text} {end}" for text, end in zip(texts, ends, strict=True)]
    frame.loc[frame.index[rows], "text"] = joined
    return frame


def _one_source(
    rng: Generator,
    orders: pd.DataFrame,
    *,
    feelings: Feelings,
    source: str,
    scale: float,
) -> tuple[pd.DataFrame, NDArray[np.bool_]]:
    """Documents of one source, each following an order line."""
    lines, occurred = _choose_lines(
        rng, orders, feelings=feelings, source=source, scale=scale
    )
    count, chosen = len(lines), orders.iloc[lines]
    people = chosen["customer"].to_numpy()
    mood = moods(feelings, people, chosen["span"].to_numpy())
    latent = mood["latent"].to_numpy()
    codes = draw_codes(rng, mood, odds=ODDS[source])
    stars = np.rint(4.2 + 0.5 * (latent - 8.6) + rng.normal(0, 0.6, count))
    scores = np.clip(np.rint(latent - 1.5 * ODDS[source]), 0, 10).astype(int)
    tones, sources = valence(codes, scores), np.full(count, source)
    texts, languages = write_text(
        rng, codes, scores=scores, tones=tones, sources=sources
    )
    documents = pd.DataFrame(
        {
            "source": source,
            "customer": people,
            "product": chosen["product"].to_numpy(),
            "occurred": occurred,
            "stage": rng.choice(STAGES[source], count, p=[0.6, 0.25, 0.15]),
            "speaker": "customer",
            "rating": np.clip(stars, 1, 5) if source == "review" else np.nan,
            "text": pd.Series(texts, dtype="str"),
            "language": languages,
            "valence": tones,
        }
    )
    return documents, codes


def _choose_lines(
    rng: Generator,
    orders: pd.DataFrame,
    *,
    feelings: Feelings,
    source: str,
    scale: float,
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Order lines that somebody writes about, and the day on which they do."""
    people, spans = orders["customer"].to_numpy(), orders["span"].to_numpy()
    appeal = np.where(orders["promotion"], 1.6, 1.0) if source == "review" else 1.0
    if source in {"support", "complaint"}:
        appeal = np.exp(-0.35 * feelings.experience[people, spans])
    occurred = orders["ordered"].to_numpy() + rng.uniform(2, 24, len(orders))
    edges = np.cumsum(appeal * (occurred < days_between(START, END)))
    places = rng.random(round(SOURCES[source] * scale)) * edges[-1]
    lines = np.unique(np.searchsorted(edges, places))
    return lines, occurred[lines]
