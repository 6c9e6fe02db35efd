"""The survey after a purchase: what buyers say of one order line."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.random import Generator
from numpy.typing import NDArray

from analysis.example.comments import draw_codes, valence, write_text
from analysis.example.dangerous_text import hostile_texts, invent_personal
from analysis.example.documents import moods
from analysis.example.people import Feelings
from analysis.example.planted import END, START, Truths, days_between

# Purchases of this day and later are asked about, some days after the order.
SINCE = "2025-01-01"
DAYS = (14, 21)
# How far a product's level goes with its price, and how far it is its own.
DEAR, OWN = -0.8, 0.6
PERSONAL, HOSTILE = 3, (0, 4)


def invent_levels(rng: Generator, products: pd.DataFrame) -> NDArray[np.float64]:
    """Draw how good each product is.

    Parameters
    ----------
    rng : Generator
        Source of randomness.
    products : DataFrame
        With `price`.

    Returns
    -------
    array of float, shape (n_products,)
        Mean 0 and standard deviation 1 over the products. Dear products, which the
        shop sees come back more often, fall short of what they promise; the rest is
        the product's own.

    Examples
    --------
    >>> from analysis.example.shop import invent_products
    >>> products = invent_products(np.random.default_rng(1))
    >>> levels = invent_levels(np.random.default_rng(2), products)
    >>> bool(np.corrcoef(levels, np.log(products["price"]))[0, 1] < -0.5)
    True
    """
    price = np.log(products["price"].to_numpy())
    dear = (price - price.mean()) / price.std()
    levels = DEAR * dear + OWN * rng.standard_normal(len(products))
    return (levels - levels.mean()) / levels.std()


def invent_verdicts(
    rng: Generator,
    orders: pd.DataFrame,
    *,
    returns: pd.DataFrame,
    levels: NDArray[np.float64],
    feelings: Feelings,
    truths: Truths,
) -> pd.DataFrame:
    """Draw what the buyer of each order line would say of it.

    Parameters
    ----------
    rng : Generator
        Source of randomness.
    orders : DataFrame
        As drawn by `invent_orders`.
    returns : DataFrame
        With `order` (row number in `orders`) and `returned`.
    levels : array of float
        How good each product is.
    feelings : Feelings
        Experience at the time of the order, and style.
    truths : Truths
        Effects of product, experience and return; the share of orders answered for.

    Returns
    -------
    DataFrame
        One row per order line: `answered` (days since `START`), `due` (whether that
        day is in the time of the survey), `sent_back` (whether the line had come
        back by then), `satisfaction` 1-5, `recommend` 0-10, and `given`, whether the
        answer was given: for at most one line of an order.

    Examples
    --------
    >>> from analysis.example.company import invent
    >>> company = invent(np.random.default_rng(1), scale=0.02)
    >>> verdicts = company.verdicts
    >>> len(verdicts) == len(company.orders)
    True
    >>> bool(company.orders["order_id"][verdicts["given"]].is_unique)
    True
    """
    count, product = len(orders), orders["product"].to_numpy()
    people, spans = orders["customer"].to_numpy(), orders["span"].to_numpy()
    hour = np.clip(rng.normal(0.62, 0.17, count), 0.02, 0.98)
    answered = np.floor(orders["ordered"].to_numpy() + rng.uniform(*DAYS, count)) + hour
    returned = np.full(count, np.inf)
    returned[returns["order"].to_numpy()] = returns["returned"].to_numpy()
    sent_back = returned < answered
    latent = (
        truths.purchase_level
        + truths.purchase_product * levels[product]
        + truths.purchase_experience * feelings.experience[people, spans]
        + truths.purchase_return * sent_back
        + 0.15 * feelings.style[people]
        + 0.6 * rng.standard_normal(count)
    )
    recommend = 8.3 + 1.7 * (latent - 4.1) + 0.7 * rng.standard_normal(count)
    since, until = days_between(START, SINCE), days_between(START, END)
    due = (orders["ordered"].to_numpy() >= since) & (answered < until)
    first = pd.Series(rng.random(count)).groupby(orders["order_id"]).rank().eq(1)
    return pd.DataFrame(
        {
            "answered": answered,
            "due": due,
            "sent_back": sent_back,
            "satisfaction": np.clip(np.rint(latent), 1, 5),
            "recommend": np.clip(np.rint(recommend), 0, 10),
            "given": due & first & (rng.random(count) < truths.purchase_answering),
        }
    )


def collect_verdicts(
    rng: Generator,
    verdicts: pd.DataFrame,
    orders: pd.DataFrame,
    *,
    levels: NDArray[np.float64],
    feelings: Feelings,
    truths: Truths,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Gather the answers given, with some comments.

    Parameters
    ----------
    rng : Generator
        Source of randomness.
    verdicts : DataFrame
        As drawn by `invent_verdicts`.
    orders : DataFrame
        As drawn by `invent_orders`.
    levels : array of float
        How good each product is.
    feelings : Feelings
        What the comments are about.
    truths : Truths
        Share of answers with a comment.

    Returns
    -------
    transactions : DataFrame
        One row per answer in order of time: `response_id`, `order` (row number in
        `orders`), `answered`, `satisfaction` and `recommend` (NaN where skipped),
        and `text` (missing where nothing was written).
    canaries : DataFrame
        `document_id`, `kind` and `planted` of the strings planted in the texts.

    Examples
    --------
    >>> from analysis.example.company import invent
    >>> company = invent(np.random.default_rng(1), scale=0.02)
    >>> transactions = company.transactions
    >>> bool(transactions["answered"].is_monotonic_increasing)
    True
    """
    given = verdicts[verdicts["given"]].sort_values("answered", kind="stable")
    rows = given.index.to_numpy()
    answers = pd.DataFrame(
        {
            "response_id": [f"T{number:07d}" for number in range(1, 1 + len(rows))],
            "order": rows,
            "answered": given["answered"].to_numpy(),
        }
    )
    for name, skipped in (("satisfaction", 0.01), ("recommend", 0.04)):
        silent = rng.random(len(rows)) < skipped
        answers[name] = np.where(silent, np.nan, given[name].to_numpy())
    spots = np.flatnonzero(rng.random(len(rows)) < truths.purchase_comments)
    written = given.iloc[spots]
    lines = orders.iloc[rows[spots]]
    mood = moods(feelings, lines["customer"].to_numpy(), lines["span"].to_numpy())
    mood["quality"] += levels[lines["product"]] - written["sent_back"].to_numpy()
    texts, planted = _write(rng, mood, written["recommend"].to_numpy().astype(int))
    answers["text"] = pd.Series(texts, index=spots, dtype="str").reindex(answers.index)
    ids = answers["response_id"].to_numpy()[spots[planted.pop("at")]]
    planted.insert(0, "document_id", ids)
    return answers, planted


def _write(
    rng: Generator, mood: pd.DataFrame, scores: NDArray[np.int64]
) -> tuple[list[str], pd.DataFrame]:
    """Write the comments, some of them with personal data or hostile."""
    codes = draw_codes(rng, mood)
    sources: NDArray[Any] = np.full(len(scores), "survey")
    tones = valence(codes, scores)
    texts, _ = write_text(rng, codes, scores=scores, tones=tones, sources=sources)
    at = rng.permutation(len(texts))[: PERSONAL + len(HOSTILE)]
    personal = invent_personal(rng, count=len(at[:PERSONAL]))
    for spot, sentence in zip(at, personal["sentence"], strict=False):
        texts[spot] += " " + sentence
    hostile = [hostile_texts()[number] for number in HOSTILE][: len(at[PERSONAL:])]
    for spot, text in zip(at[PERSONAL:], hostile, strict=True):
        texts[spot] = text
    kinds = [*personal["kind"], *["hostile"] * len(hostile)]
    planted = [*personal["planted"], *hostile]
    return texts, pd.DataFrame({"at": at, "kind": kinds, "planted": planted})
