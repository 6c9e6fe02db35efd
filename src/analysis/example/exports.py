"""The company's files, in the formats that its tools export."""

from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.random import default_rng
from numpy.typing import NDArray

from analysis.example.coders import (
    CODED_WAVES,
    FEEDBACK_ROUND,
    comments_of,
    recent_feedback,
    tell_chances,
)
from analysis.example.company import Company, invent
from analysis.example.planted import SEED, WAVES, Truths, field_starts, moments
from analysis.example.qualtrics import write_wave
from analysis.example.sheets import write_workbooks
from analysis.example.surroundings import actions, benchmarks, targets

SETTINGS = ("study.toml", "codebook.toml")


def draw(
    folder: Path,
    *,
    seed: int = SEED,
    scale: float = 1.0,
    settings: Truths | None = None,
) -> Company:
    """Draw a company and write its files.

    Parameters
    ----------
    folder : Path
        The study folder to fill; it is made where it is missing, and files of the
        same name are replaced.
    seed : int
        The same seed and scale give the same files, byte for byte.
    scale : float
        Size of the company, 1 for 12,000 customers.
    settings : Truths, optional
        Other truths than the usual ones.

    Returns
    -------
    Company
        What was drawn, with its hidden parts.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     company = draw(Path(folder), seed=1, scale=0.02)
    ...     (Path(folder) / "survey_2026Q3.csv").is_file()
    True
    """
    company = invent(default_rng(seed), scale=scale, settings=settings)
    write(company, folder)
    return company


def write(company: Company, folder: Path) -> None:
    """Write a company's exports, its ``study.toml`` and its ``codebook.toml``.

    Parameters
    ----------
    company : Company
        As drawn.
    folder : Path
        The study folder.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> company = invent(default_rng(1), scale=0.02)
    >>> with TemporaryDirectory() as folder:
    ...     write(company, Path(folder))
    ...     len(list(Path(folder).glob("*.xlsx")))
    6
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name in SETTINGS:
        text = files("analysis.example").joinpath(name).read_bytes()
        (folder / name).write_bytes(text)
    for number, wave in enumerate(WAVES):
        write_wave(company, number, folder / f"survey_{wave}.csv")
        _write_csv(_invitations(company, number), folder / f"invitations_{wave}.csv")
    write_workbooks(company, folder)
    _write_samples(company, folder)
    _write_parquet(_customers(company), folder / "customers.parquet")
    _write_parquet(_orders(company), folder / "orders.parquet")
    for name, table in _small(company).items():
        _write_csv(table, folder / f"{name}.csv")


def _write_samples(company: Company, folder: Path) -> None:
    """Write which texts were drawn for the coders, round by round."""
    comments = company.comments
    pools = {wave: comments_of(comments, wave) for wave in CODED_WAVES}
    pools[FEEDBACK_ROUND] = recent_feedback(company.documents)
    codings = pd.concat([company.codings, company.document_codings])
    for turn, pool in pools.items():
        chances = tell_chances(codings[codings["round"] == turn], pool=len(pool))
        place = folder / f"coding_{turn}"
        place.mkdir(exist_ok=True)
        _write_parquet(
            {str(name): chances[name].to_numpy() for name in chances},
            place / "sample.parquet",
        )


def _small(company: Company) -> dict[str, pd.DataFrame]:
    """The tables that are written as CSV, by file name."""
    return {
        "returns": _returns(company),
        "products": _products(company),
        "feedback": _documents(company),
        "purchases_feedback": _transactions(company),
        "signals": company.signals.assign(
            value=[f"{value:g}" for value in company.signals["value"]]
        ),
        "targets": targets(),
        "benchmarks": benchmarks(),
        "actions": actions(),
    }


def _write_csv(table: pd.DataFrame, path: Path) -> None:
    table.to_csv(path, index=False, lineterminator="\n", encoding="utf-8")


def _write_parquet(columns: dict[str, Any], path: Path) -> None:
    pq.write_table(pa.table(columns), path, compression="zstd", compression_level=12)


def _ids(company: Company, people: NDArray[np.int64]) -> NDArray[np.str_]:
    return company.customers["customer_id"].to_numpy().astype(str)[people]


def _text(days: NDArray[np.float64]) -> list[str]:
    return [str(one).replace("T", " ") for one in moments(days)]


def _customers(company: Company) -> dict[str, Any]:
    people = company.customers
    dates = {
        name: pa.array(moments(people[name].to_numpy()).astype("datetime64[D]"))
        for name in ("joined", "left")
    }
    return {
        "CUSTOMER_ID": people["customer_id"].to_numpy().astype(str),
        "JOIN_DATE": dates["joined"],
        "LEFT_DATE": dates["left"],
        "SEGMENT": people["segment"].to_numpy().astype(str),
        "REGION": people["region"].to_numpy().astype(str),
        "CHANNEL": people["channel"].to_numpy().astype(str),
        "AGE_GROUP": people["age_group"].to_numpy().astype(str),
    }


def _orders(company: Company) -> dict[str, Any]:
    orders = company.orders
    products = company.products["product_id"].to_numpy().astype(str)
    return {
        "ORDER_ID": orders["order_id"].to_numpy().astype(str),
        "LINE_NO": orders["line"].to_numpy().astype("int16"),
        "PRODUCT_ID": products[orders["product"]],
        "CUSTOMER_ID": _ids(company, orders["customer"].to_numpy()),
        "ORDERED_AT": pa.array(moments(orders["ordered"].to_numpy())),
        "QTY": orders["quantity"].to_numpy().astype("int16"),
        "NET_AMOUNT": orders["revenue"].to_numpy(),
        "CURRENCY": np.full(len(orders), "EUR"),
    }


def _returns(company: Company) -> pd.DataFrame:
    returns, products = company.raw_returns, company.products["product_id"].to_numpy()
    bought = company.orders["product"].to_numpy()[returns["order"]]
    return pd.DataFrame(
        {
            "ORDER_ID": returns["order_id"],
            "LINE_NO": returns["line"],
            "PRODUCT_ID": products[bought],
            "RETURNED_AT": _text(returns["returned"].to_numpy()),
            "QTY": returns["quantity"],
            "REFUND": [f"{amount:.2f}" for amount in returns["refund"]],
            "REASON": returns["reason"],
        }
    )


def _products(company: Company) -> pd.DataFrame:
    products = company.products
    return pd.DataFrame(
        {
            "PRODUCT_ID": products["product_id"],
            "PRODUCT_NAME": products["name"],
            "CATEGORY": products["category"],
            "LIST_PRICE": [f"{price:.2f}" for price in products["price"]],
            "LAUNCHED_ON": products["launched_on"],
        }
    )


def _documents(company: Company) -> pd.DataFrame:
    documents = company.documents
    # A post cannot be matched with a customer.
    known = documents["source"].ne("social")
    writers = pd.Series(_ids(company, documents["customer"].to_numpy()), dtype="str")
    return pd.DataFrame(
        {
            "FEEDBACK_ID": documents["document_id"],
            "SOURCE": documents["source"],
            "CUSTOMER_ID": writers.where(known),
            "PRODUCT_ID": documents["product_id"],
            "CREATED_AT": _text(documents["occurred"].to_numpy()),
            "STAGE": documents["stage"],
            "SPEAKER": documents["speaker"],
            "RATING": documents["rating"].astype("Int64"),
            "BODY": documents["text"],
        }
    )


def _transactions(company: Company) -> pd.DataFrame:
    """The survey after a purchase, as another tool exports it."""
    answers = company.transactions
    lines = company.orders.iloc[answers["order"].to_numpy()]
    stamps = pd.Series(moments(answers["answered"].to_numpy()))
    scores = {
        name: answers[name].map("{:.0f}".format, na_action="ignore").fillna("n/a")
        for name in ("satisfaction", "recommend")
    }
    return pd.DataFrame(
        {
            "Response no.": answers["response_id"],
            "Completed": stamps.dt.strftime("%d/%m/%Y %H:%M"),
            "Customer no.": _ids(company, lines["customer"].to_numpy()),
            "Order no.": lines["order_id"].to_numpy(),
            "Article no.": company.products["product_id"].to_numpy()[lines["product"]],
            "How satisfied are you with this article?": scores["satisfaction"],
            "How likely are you to recommend us after this purchase?": scores[
                "recommend"
            ],
            "Anything to add?": answers["text"],
        }
    )


def _invitations(company: Company, wave: int) -> pd.DataFrame:
    asked = company.invitations[company.invitations["wave"] == wave]
    sent = moments(field_starts()[wave : wave + 1])[0].astype("datetime64[D]")
    return pd.DataFrame(
        {
            "CUSTOMER_ID": _ids(company, asked["customer"].to_numpy()),
            "SENT_ON": str(sent),
            "DELIVERED": asked["delivered"].to_numpy(),
            "OPENED": asked["opened"].to_numpy(),
            "STRATUM": asked["stratum"],
        }
    )
