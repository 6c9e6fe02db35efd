"""Redact what customers wrote, and gather it in one table of documents."""

from __future__ import annotations

import pandas as pd

from analysis.privacy import redact, redact_series

TEXTS = {
    "responses": "comment",
    "documents": "text",
    "codings": "memo",
    "coding_units": "text",
}
LONGEST_VALUE = 80


def redacted(rows: pd.DataFrame, *, table: str) -> tuple[pd.DataFrame, pd.Series]:
    """Replace personal data in the free text of a table.

    Parameters
    ----------
    rows : DataFrame
        Of one of `TEXTS`; other tables hold no free text.
    table : str
        The table.

    Returns
    -------
    tuple of DataFrame and Series
        The rows with safe text, and how many pieces of each kind were replaced.
    """
    column = TEXTS.get(table)
    if column not in rows:
        return rows, pd.Series(dtype="int64")
    text, counts = redact_series(rows[column])
    safe = rows.copy()
    safe[column] = text
    return safe, counts.sum()


def comments(responses: pd.DataFrame, *, besides: pd.DataFrame) -> pd.DataFrame:
    """Return survey comments as documents.

    Parameters
    ----------
    responses : DataFrame
        Responses, already redacted.
    besides : DataFrame
        The documents received; an answer whose comment is among them, under its
        `document_id` or `response_id`, gives none.

    Returns
    -------
    DataFrame
        One document per comment: its key is the answer's, its rating `recommend`.
    """
    if "comment" not in responses:
        return pd.DataFrame()
    said = responses[responses["comment"].notna()]
    for key in {"document_id", "response_id"} & set(besides.columns):
        said = said[~said["response_id"].isin(besides[key])]
    same = ["response_id", "customer_id", "product_id", "period"]
    documents = said[[name for name in same if name in said]].assign(
        document_id=said["response_id"],
        source="survey",
        occurred_on=said["responded_on"],
        text=said["comment"],
    )
    if "recommend" in said:
        documents["rating"] = said["recommend"]
    return documents.reset_index(drop=True)


def harmless(value: str) -> str:
    """Make a cell of a customer's file safe to list: redacted, short, no formula.

    Examples
    --------
    >>> harmless("=HYPERLINK(1)"), harmless("write to jo@example.com"), harmless("-5")
    ("'=HYPERLINK(1)", 'write to [email]', '-5')
    """
    text = redact(value).text[:LONGEST_VALUE]
    is_number = text.lstrip("+-").replace(".", "", 1).isdigit()
    return f"'{text}" if text[:1] in "=+-@\t\r" and text and not is_number else text
