"""Make small shops on disk for the tests of order lines and their panels."""

import small_study

from analysis import contracts, intake

SETTINGS = """
[tables.responses]
files = ["survey.csv"]
[tables.orders]
files = ["orders*.csv"]
[tables.returns]
files = ["returns.csv"]
[outcomes]
return_days = 30
after_days = 60
[thresholds]
rejected_share = 0.9
"""
SURVEY = "response_id,customer_id,responded_on,recommend\n"
ORDERS = "order_id,line,product_id,customer_id,ordered_on,quantity,revenue,currency\n"
RETURNS = "order_id,line,returned_on,quantity,refund,reason\n"
ANSWER = SURVEY + "r1,c1,2026-05-15,9\n"
NOW = "now,c9,2026-09-30,9\n"  # a run needs an answer in its own period


def receiver(monkeypatch, tmp_path):
    """Return a function that receives a shop's files and opens its tables."""

    def receive(files, settings=SETTINGS, period="2026Q3"):
        files = {"survey.csv": ANSWER, "returns.csv": RETURNS} | files
        files["survey.csv"] += NOW
        study = small_study.make(monkeypatch, tmp_path, settings, files)
        return intake.receive(study, period), contracts.Tables.open(study, period)

    return receive


def order(key, on="2026-06-01", line=1, customer="c1", revenue="10.00", **other):
    """Write one order line."""
    cells = {"product": "p1", "quantity": 1, "currency": "EUR"} | other
    return (
        f"{key},{line},{cells['product']},{customer},{on},{cells['quantity']},"
        f"{revenue},{cells['currency']}\n"
    )


def counts_of(received, table):
    """Add up the account of one table."""
    rows = received.row_counts.query("table == @table")
    return rows[["rows_in", "kept", "set_aside", "duplicates", "later"]].sum().tolist()
