"""How metrics and groups are called."""

import pandas as pd

# What tables and charts call a metric: the labels of the metrics wing, which a test
# holds to these.
NAMES = {
    "nps": "Promoter score (NPS)",
    "csat": "Satisfied customers (CSAT)",
    "csat_mean": "Mean satisfaction",
    "ces": "Ease (CES)",
    "return_rate": "Return rate",
    "return_rate_orders": "Orders with a return",
    "return_rate_units": "Return rate by pieces",
    "return_rate_value": "Return rate by value",
    "complaint_rate": "Complaints per 1,000 orders",
    "repeat_rate": "Repeat purchase rate",
    "retention": "Retention rate",
    "churn_rate": "Churn rate",
    "revenue_per_customer": "Revenue per customer",
    "return rate": "Return rate",
}


def name_level(level: str) -> str:
    """
    Name a level as a reader knows it.

    Parameters
    ----------
    level : str
        As it stands in the ledger.

    Returns
    -------
    str
        The trade's name of a metric; else the level without underscores.

    Examples
    --------
    >>> name_level("nps"), name_level("quality_poor")
    ('Promoter score (NPS)', 'quality poor')
    """
    return NAMES.get(level, level.replace("_", " "))


def name_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """
    Name the rows of figures as a reader knows them.

    Parameters
    ----------
    rows : DataFrame
        Published figures with `level` and, optionally, `by`.

    Returns
    -------
    DataFrame
        With readable levels; they start with their column ("segment: new") if the
        rows come from more than one.

    Examples
    --------
    >>> rows = pd.DataFrame({"by": ["segment", "region"], "level": ["new", "north"]})
    >>> name_rows(rows)["level"].tolist()
    ['segment: new', 'region: north']
    """
    if "level" not in rows:
        return rows
    names = rows["level"].map(name_level)
    if "by" in rows and len(set(rows["by"])) > 1:
        names = rows["by"].map(name_level) + ": " + names
    return rows.assign(level=names)
