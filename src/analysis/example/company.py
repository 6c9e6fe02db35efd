"""The whole company, drawn from one source of randomness."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.random import Generator
from numpy.typing import NDArray

from analysis.example.answers import Answers, answer, invent_answers, invite
from analysis.example.coders import (
    FEEDBACK_ROUND,
    code_sample,
    draw_feedback,
    draw_sample,
)
from analysis.example.documents import comment, invent_documents, plant
from analysis.example.people import (
    Feelings,
    invent_customers,
    invent_feelings,
    let_leave,
)
from analysis.example.planted import SEGMENTS, WAVES, Truths
from analysis.example.purchases import (
    collect_verdicts,
    invent_levels,
    invent_verdicts,
)
from analysis.example.responses import collect, spoil_responses, spoil_returns
from analysis.example.shop import (
    invent_orders,
    invent_products,
    invent_returns,
    return_chance,
)
from analysis.example.surroundings import invent_signals


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """Everything drawn, the hidden parts included.

    Parameters
    ----------
    settings : Truths
        What was stated beforehand.
    scale : float
        Size of the company.
    customers, products, orders, returns, signals : DataFrame
        The shop. Times are days since `START`, links are row numbers.
    feelings : Feelings
        What the customers lived through.
    answers : dict
        What everyone would answer to every wave.
    chance : array of float
        Chance of each order line to come back.
    invitations, responses : DataFrame
        The survey; `responses` without flaws.
    levels : array of float
        How good each product is, in standard deviations.
    verdicts, transactions : DataFrame
        The survey after a purchase: what the buyer of each order line would say of
        it, and the answers given.
    comments, documents : DataFrame
        Texts, with planted ones.
    codes, document_codes : array of bool
        True codes of `comments` and of `documents`.
    codings, document_codings : DataFrame
        What the two coders marked in `comments` and in `documents`.
    canaries : DataFrame
        Planted strings with their documents, those of `transactions` last.
    raw_responses, raw_returns : DataFrame
        As exported, with flaws.
    flaws : dict
        The flaws, by name.
    """

    settings: Truths
    scale: float
    customers: pd.DataFrame
    products: pd.DataFrame
    orders: pd.DataFrame
    returns: pd.DataFrame
    signals: pd.DataFrame
    feelings: Feelings
    answers: Answers
    chance: NDArray[np.float64]
    invitations: pd.DataFrame
    responses: pd.DataFrame
    levels: NDArray[np.float64]
    verdicts: pd.DataFrame
    transactions: pd.DataFrame
    comments: pd.DataFrame
    documents: pd.DataFrame
    codes: NDArray[np.bool_]
    document_codes: NDArray[np.bool_]
    codings: pd.DataFrame
    document_codings: pd.DataFrame
    canaries: pd.DataFrame
    raw_responses: pd.DataFrame
    raw_returns: pd.DataFrame
    flaws: dict[str, Any]


def invent(
    rng: Generator, *, scale: float = 1.0, settings: Truths | None = None
) -> Company:
    """Draw a company from stated truths.

    Parameters
    ----------
    rng : Generator
        Source of randomness. Each part gets a stream of its own, so that a change
        of one part leaves the others as they are.
    scale : float
        Size: 1 gives 12,000 customers, 68,000 order lines and 5,000 documents.
        Products stay 25.
    settings : Truths, optional
        Other truths than the usual ones.

    Returns
    -------
    Company
        The same for the same state of `rng`.

    Raises
    ------
    ValueError
        If `scale` is not at least 0.02: smaller companies have empty cells.

    Examples
    --------
    >>> company = invent(np.random.default_rng(1), scale=0.1)
    >>> len(company.customers), len(company.products)
    (1200, 25)
    """
    if not scale >= 0.02:
        raise ValueError(f"scale is {scale}; the smallest company has scale 0.02.")
    truths = settings or Truths()
    streams = rng.spawn(8)
    people = _people(streams[0], truths, scale)
    survey = _survey(streams[1], truths, scale, people)
    shop = _shop(streams[2], truths, people)
    texts = _texts(streams[3], truths, scale, people | survey | shop)
    codings = _codings(streams[4], streams[7], truths, texts)
    raw_responses, flaws = spoil_responses(streams[5], survey["responses"])
    purchases, planted = _purchases(streams[6], truths, people | shop)
    texts["canaries"] = pd.concat([texts["canaries"], planted], ignore_index=True)
    raw_returns, more = spoil_returns(streams[5], shop["returns"], shop["orders"])
    return Company(
        settings=truths,
        scale=scale,
        **people,
        **survey,
        **shop,
        **purchases,
        **texts,
        **codings,
        raw_responses=raw_responses,
        raw_returns=raw_returns,
        flaws=flaws | more,
    )


def survey_again(company: Company, rng: Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Draw new samples of customers who answer, from the same company.

    Parameters
    ----------
    company : Company
        Its customers, feelings, answers and orders stay.
    rng : Generator
        Source of randomness.

    Returns
    -------
    invitations, responses : DataFrame
        Of another draw: for tests of coverage.

    Examples
    --------
    >>> company = invent(np.random.default_rng(1), scale=0.1)
    >>> invitations, responses = survey_again(company, np.random.default_rng(2))
    >>> len(invitations) == len(company.invitations)
    True
    """
    parts = {
        "customers": company.customers,
        "feelings": company.feelings,
        "answers": company.answers,
    }
    survey = _survey(rng, company.settings, company.scale, parts)
    return survey["invitations"], survey["responses"]


def _people(rng: Generator, truths: Truths, scale: float) -> dict[str, Any]:
    customers = invent_customers(rng, truths=truths, scale=scale)
    feelings = invent_feelings(rng, customers, truths=truths)
    customers = let_leave(rng, customers, feelings, truths=truths)
    answers = invent_answers(rng, feelings, truths=truths)
    return {"customers": customers, "feelings": feelings, "answers": answers}


def _survey(
    rng: Generator, truths: Truths, scale: float, people: dict[str, Any]
) -> dict[str, Any]:
    numbers = [round(number * scale) for number in truths.invited]
    invited = dict(zip(SEGMENTS, numbers, strict=True))
    customers, feelings = people["customers"], people["feelings"]
    invitations = answer(
        rng,
        invite(rng, customers, invited=invited),
        customers=customers,
        feelings=feelings,
        truths=truths,
    )
    responses = collect(rng, invitations, feelings=feelings, answers=people["answers"])
    return {"invitations": invitations, "responses": responses}


def _shop(rng: Generator, truths: Truths, people: dict[str, Any]) -> dict[str, Any]:
    customers, feelings = people["customers"], people["feelings"]
    products = invent_products(rng)
    orders = invent_orders(
        rng, customers, feelings=feelings, products=products, truths=truths
    )
    chance = return_chance(orders, feelings=feelings, products=products, truths=truths)
    returns = invent_returns(rng, orders, chance=chance, products=products)
    signals = invent_signals(rng, orders)
    return {
        "products": products,
        "orders": orders,
        "chance": chance,
        "returns": returns,
        "signals": signals,
    }


def _purchases(
    rng: Generator, truths: Truths, parts: dict[str, Any]
) -> tuple[dict[str, Any], pd.DataFrame]:
    levels = invent_levels(rng, parts["products"])
    known = {"levels": levels, "feelings": parts["feelings"], "truths": truths}
    orders = parts["orders"]
    verdicts = invent_verdicts(rng, orders, returns=parts["returns"], **known)
    transactions, planted = collect_verdicts(rng, verdicts, orders, **known)
    drawn = {"levels": levels, "verdicts": verdicts, "transactions": transactions}
    return drawn, planted


def _codings(
    rng: Generator, feedback_rng: Generator, truths: Truths, texts: dict[str, Any]
) -> dict[str, Any]:
    comments, documents = texts["comments"], texts["documents"]
    sample = draw_sample(rng, comments)
    feedback = draw_feedback(feedback_rng, documents)
    return {
        "codings": code_sample(
            rng,
            comments,
            sample=sample,
            codes=texts["codes"],
            rounds=np.array(WAVES)[comments["wave"].iloc[sample]],
            truths=truths,
        ),
        "document_codings": code_sample(
            feedback_rng,
            documents,
            sample=feedback,
            codes=texts["document_codes"],
            rounds=np.full(len(feedback), FEEDBACK_ROUND),
            truths=truths,
        ),
    }


def _texts(
    rng: Generator, truths: Truths, scale: float, parts: dict[str, Any]
) -> dict[str, Any]:
    comments, codes = comment(
        rng,
        parts["responses"],
        feelings=parts["feelings"],
        answers=parts["answers"],
        truths=truths,
    )
    documents, document_codes = invent_documents(
        rng,
        parts["orders"],
        feelings=parts["feelings"],
        product_ids=parts["products"]["product_id"].to_numpy(),
        scale=scale,
    )
    comments, documents, codes, canaries = plant(rng, comments, documents, codes=codes)
    return {
        "comments": comments,
        "documents": documents,
        "codes": codes,
        "document_codes": document_codes,
        "canaries": canaries,
    }
