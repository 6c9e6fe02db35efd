"""Find rows that say again what another row says."""

from __future__ import annotations

import pandas as pd

KEYS = {
    "responses": ["response_id"],
    "customers": ["customer_id", "period"],
    "invitations": ["customer_id", "invited_on"],
    "products": ["product_id"],
    "documents": ["document_id"],
    "codings": ["document_id", "coder", "code", "round", "start", "end"],
    "targets": ["metric", "by", "level"],
    "benchmarks": ["metric", "industry", "source", "published_on"],
    "actions": ["action_id"],
}
SAME_KEY = "duplicate: the same key"
SAME_ANSWER = "duplicate: the same answer again"
AGAIN = {"responses": "responded_on", "documents": "occurred_on"}


def same_key(rows: pd.DataFrame, *, table: str) -> pd.Series:
    """Mark rows whose key an earlier row has, whether the rest agrees or not.

    Parameters
    ----------
    rows : DataFrame
        Rows of one table, in the order of the files.
    table : str
        The table, which decides the key.

    Returns
    -------
    Series of bool
        True for every row of a key but the first.

    Examples
    --------
    >>> products = pd.DataFrame({"product_id": ["a", "b", "a"]})
    >>> same_key(products, table="products").tolist()
    [False, False, True]
    """
    key = [name for name in KEYS[table] if name in rows]
    return rows.duplicated(key, keep="first")


def same_answer(rows: pd.DataFrame, *, files: pd.Series, table: str) -> pd.Series:
    """Mark answers and texts that were imported twice under different keys.

    Parameters
    ----------
    rows : DataFrame
        Responses or documents with their types, in the order of the files.
    files : Series of str
        The file of each row.
    table : str
        ``responses`` or ``documents``; nothing is marked in other tables.

    Returns
    -------
    Series of bool
        True for the repetitions; the first one is kept.

    Notes
    -----
    Two rows are the same answer if they agree in every column but the key, with times
    compared to the second (exports of one survey differ in how they write the time),
    and one of these holds:

    - they name the same customer, or
    - neither names a customer, they come from different files, and their times hold a
      time of day.

    So two people who both gave a 9 without a word are two people, in one file always,
    and in two files unless they answered in the same second.

    Examples
    --------
    >>> rows = pd.DataFrame({"response_id": ["a", "b"], "recommend": [9.0, 9.0],
    ...     "responded_on": pd.to_datetime(["2026-09-01 08:51:12"] * 2)})
    >>> two, one = pd.Series(["1.csv", "2.csv"]), pd.Series(["1.csv", "1.csv"])
    >>> same_answer(rows, files=two, table="responses").tolist()
    [False, True]
    >>> same_answer(rows, files=one, table="responses").tolist()
    [False, False]
    """
    none = pd.Series(False, index=rows.index)
    if table not in AGAIN or rows.empty:
        return none
    key, time = KEYS[table][0], AGAIN[table]
    said = rows.drop(columns=[key, "period"], errors="ignore")
    said[time] = said[time].dt.floor("s")
    known = said["customer_id"].notna() if "customer_id" in said else none
    group = said.groupby(list(said.columns), dropna=False, sort=False).ngroup()
    first_file = files.groupby(group).transform("first")
    clocked = said[time].dt.normalize() != said[time]
    elsewhere = group.duplicated() & (files != first_file) & clocked
    return (known & group.duplicated()) | (~known & elsewhere)
