import duckdb
import pandas as pd
import pytest
import small_study

from analysis import contracts, intake
from analysis.contracts.made import RowCounts
from analysis.study import StudyError

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


@pytest.fixture
def run(monkeypatch, tmp_path):
    def receive(files, settings=SETTINGS, period="2026Q3"):
        files = {"survey.csv": ANSWER, "returns.csv": RETURNS} | files
        files["survey.csv"] += NOW
        study = small_study.make(monkeypatch, tmp_path, settings, files)
        return intake.receive(study, period), contracts.Tables.open(study, period)

    return receive


def order(key, on="2026-06-01", line=1, customer="c1", revenue="10.00", **other):
    cells = {"product": "p1", "quantity": 1, "currency": "EUR"} | other
    return (
        f"{key},{line},{cells['product']},{customer},{on},{cells['quantity']},"
        f"{revenue},{cells['currency']}\n"
    )


def counts_of(received, table):
    rows = received.row_counts.query("table == @table")
    return rows[["rows_in", "kept", "set_aside", "duplicates", "later"]].sum().tolist()


def rules_of(received, table):
    rows = received.rejected.query("table == @table")
    return dict(zip(rows["rule"], rows["rows"], strict=True))


def listed(tables):
    path = tables.study.processed(tables.period.label) / "rejected.csv"
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def test_each_rule_of_order_lines_is_counted_and_listed(run):
    bad = [
        order("o1"),
        order("o1", revenue="11"),
        order("o2", on="01/06/2026"),
        order("o3", revenue="ten"),
        order("o4", revenue="-1"),
        order("o5", quantity=0),
        order("", line=2),
        order("o6", currency="USD"),
        "o7,1\n",
        order("o8", on="2026-10-01", revenue="ten"),
        order("o9", on=""),
    ]
    received, tables = run({"orders.csv": ORDERS + "".join(bad)})
    assert counts_of(received, "orders") == [11, 1, 9, 1, 1]
    assert rules_of(received, "orders") == {
        "duplicate: the same key": 1, "not a date": 1, "not a number": 1,
        "below the range": 2, "missing": 2, "another currency": 1,
        "wrong number of cells": 1,
    }  # fmt: skip
    rows = listed(tables).query("table == 'orders'")
    assert rows["line"].tolist() == ["3", "4", "5", "6", "7", "8", "9", "10", "12"]
    assert rows["value"].tolist() == [
        "o1", "01/06/2026", "ten", "-1", "0", "", "USD", "o7,1", "",
    ]  # fmt: skip


def test_amounts_with_a_decimal_comma(run):
    lines = [order("o1", revenue='"1.246,78"'), order("o2", revenue='"12,5"')]
    files = {"orders.csv": ORDERS + "".join(lines)}
    all_may_go = SETTINGS.replace("0.9", "1.0")
    received, tables = run(files, settings=all_may_go)
    assert rules_of(received, "orders") == {"not a number": 2}
    advice = listed(tables).query("table == 'orders'")["expected"]
    assert set(advice) == {'a number such as 12.5; for this set `decimal = ","`'}
    stated = SETTINGS.replace('["orders*.csv"]', '["orders*.csv"]\ndecimal = ","')
    _, tables = run(files, settings=stated)
    assert tables.customer_periods["revenue"].tolist() == [pytest.approx(1259.28)]


def test_each_rule_of_returns_is_counted(run):
    orders = ORDERS + order("o1", revenue="20", quantity=2) + order("o2", revenue="5")
    returns = RETURNS + (
        "o1,1,2026-06-10,1,12,size\n"
        "o1,1,2026-06-10,1,12,size\n"  # the same again
        "o1,1,2026-06-12,1,8,size\n"
        "o1,1,2026-06-13,1,0.50,size\n"  # above the revenue, in sum
        "o9,1,2026-06-10,1,1,size\n"  # no such order
        "o2,1,2026-05-10,1,5,size\n"  # before the order
        "o2,1,2026-12-10,1,99,size\n"  # later
    )
    received, _ = run({"orders.csv": orders, "returns.csv": returns})
    assert counts_of(received, "returns") == [7, 2, 4, 1, 1]
    assert rules_of(received, "returns") == {
        "a return without its order line": 1,
        "returned before it was ordered": 1,
        "duplicate: the same key": 1,
        "refunds above the revenue": 1,
    }


def test_the_panels_by_hand(run):
    orders = ORDERS + (
        order("o1", on="2026-06-01", revenue="10.10", quantity=2)  # back in time
        + order(
            "o1", on="2026-06-01", line=2, revenue="20.20", product="p2"
        )  # too late
        + order("o2", on="2026-08-31", revenue="30.30")  # window closes on 30 September
        + order("o3", on="2026-09-01", revenue="40.40")  # window still open
        + order("o4", on="2026-09-02", revenue="50.50", customer="")  # a guest
    )
    returns = RETURNS + (
        "o1,1,2026-07-01 23:00:00,1,4,size\no1,1,2026-06-20,1,5,size\n"
        "o1,2,2026-07-02,1,20,size\no3,1,2026-09-03,1,40.40,size\n"
    )
    _, tables = run({"orders.csv": orders, "returns.csv": returns})
    panel = tables.customer_periods.set_index("period")
    assert panel.index.tolist() == ["2026Q2", "2026Q3"]
    assert panel.loc["2026Q2", ["lines", "quantity", "revenue"]].tolist() == [
        2,
        3,
        30.3,
    ]
    assert panel.loc["2026Q2", ["returned_lines", "refund"]].tolist() == [1, 9.0]
    closed = ["lines", "returned_lines", "closed_lines", "returned_closed_lines"]
    assert panel.loc["2026Q3", closed].tolist() == [2, 1, 1, 0]
    products = tables.product_periods.set_index(["product_id", "period"])
    assert products.index.tolist() == [
        ("p1", "2026-06"), ("p1", "2026-08"), ("p1", "2026-09"), ("p2", "2026-06"),
    ]  # fmt: skip
    assert products.loc[("p1", "2026-09"), "revenue"] == pytest.approx(90.9, abs=1e-12)


def test_what_respondents_did_by_hand(run):
    survey = SURVEY + (
        "r1,c1,2026-05-15 12:00:00,9\n"
        "r2,c1,2026-07-03,3\n"  # 60 + 30 days end on 1 October: still open
        "r3,c2,2026-07-02,3\n"  # end on 30 September: closed
        "r4,,2026-05-15,3\n"
    )
    orders = ORDERS + (
        order("o0", on="2026-01-01", customer="c9")
        + order("o1", on="2026-05-15 23:00:00", revenue="1")  # the day itself: before
        + order("o2", on="2026-05-16", revenue="2")  # the first day after
        + order("o3", on="2026-07-14", revenue="4")  # the last day after
        + order("o4", on="2026-07-15", revenue="8")
        + order("o5", on="2026-03-17", revenue="16")  # the first day before
        + order("o6", on="2026-03-16", revenue="32")
    )
    returns = RETURNS + (
        "o1,1,2026-05-16,1,1,size\n"  # bought before, but came back after
        "o2,1,2026-06-15,1,2,size\n"
        "o3,1,2026-08-30,1,4,size\n"  # too late
        "o5,1,2026-03-20,1,16,size\n"
    )
    files = {"survey.csv": survey, "orders.csv": orders, "returns.csv": returns}
    _, tables = run(files)
    around = tables.response_outcomes.set_index("response_id").drop("now")
    assert around.index.tolist() == ["r1", "r2", "r3"]
    assert around["closed"].tolist() == [True, False, True]
    after = ["lines", "revenue", "returned_lines", "refund"]
    assert around.loc["r1", after].tolist() == [2, 6.0, 1, 2.0]
    before = ["lines_before", "revenue_before", "returned_before"]
    assert around.loc["r1", before].tolist() == [2, 17.0, 1]
    assert around.loc["r3", ["lines", "lines_before"]].tolist() == [0, 0]
    assert around["before_known"].tolist() == [True, True, True]


def test_orders_that_do_not_reach_back_leave_the_window_before_unknown(run):
    _, tables = run({"orders.csv": ORDERS + order("o1", on="2026-05-01")})
    around = tables.response_outcomes.set_index("response_id")
    assert not around.loc["r1", "before_known"]


def test_an_old_period_gives_what_it_gave(run):
    early = ORDERS + order("o1", on="2026-05-20") + order("o2", on="2026-06-30")
    back = RETURNS + "o2,1,2026-07-02,1,10,size\n"
    _, before = run({"orders.csv": early}, period="2026Q2")
    first = before.customer_periods
    late = early + order("o3", on="2026-07-01") + order("o1", on="2026-08-01")
    received, after = run({"orders.csv": late, "returns.csv": back}, period="2026Q2")
    pd.testing.assert_frame_equal(first, after.customer_periods)
    assert counts_of(received, "orders") == [4, 2, 0, 0, 2]


def test_without_returns_nothing_is_said_of_them(run):
    settings = SETTINGS.replace('[tables.returns]\nfiles = ["returns.csv"]\n', "")
    _, tables = run({"orders.csv": ORDERS + order("o1")}, settings)
    assert tables.has("orders", "customer_periods.revenue")
    assert not tables.has("customer_periods.returned_lines")
    assert not tables.has("returns")


def test_lines_come_alike_from_csv_parquet_and_a_database(run, tmp_path, monkeypatch):
    text = ORDERS + order("o1") + order("o2", on="2026-08-01 10:00:00") + order("o2")
    received, tables = run({"orders.csv": text})
    expected, counted = tables.customer_periods, counts_of(received, "orders")
    folder = tables.study.raw
    typed = pd.read_csv(folder / "orders.csv", parse_dates=["ordered_on"],
                        date_format="ISO8601")  # fmt: skip
    typed.to_parquet(folder / "o.parquet")
    with duckdb.connect(folder / "shop.duckdb") as shop:
        shop.execute(f"create table sales as from '{folder / 'o.parquet'}'")
    one = SETTINGS.replace("orders*.csv", "o.parquet")
    two = SETTINGS.replace('files = ["orders*.csv"]', 'table = "sales"')
    two += '[warehouse]\nurl = "duckdb://shop.duckdb"\n'
    for settings in (one, two):
        again, tables = run({}, settings)
        pd.testing.assert_frame_equal(tables.customer_periods, expected)
        assert counts_of(again, "orders") == counted


@pytest.mark.parametrize("encoding", ["utf-16", "cp1252", "utf-8-sig"])
def test_other_encodings_delimiters_and_dates(run, encoding):
    text = (ORDERS + order("ö1", on="31.05.2026")).replace(",", ";").encode(encoding)
    settings = SETTINGS.replace('files = ["orders*.csv"]',
        'files = ["orders*.csv"]\ndelimiter = ";"\ndates = "day_first"\n'
        f'encoding = "{encoding}"')  # fmt: skip
    received, tables = run({"orders.csv": text}, settings)
    assert counts_of(received, "orders") == [1, 1, 0, 0, 0]
    assert tables.product_periods["period"].tolist() == ["2026-05"]


def test_a_strptime_format_for_order_lines(run):
    settings = SETTINGS.replace('files = ["orders*.csv"]',
        'files = ["orders*.csv"]\ndates = "%d %b %Y"')  # fmt: skip
    text = ORDERS + order("o1", on="31 May 2026") + order("o2", on="2026-05-31")
    received, _ = run({"orders.csv": text}, settings)
    assert rules_of(received, "orders") == {"not a date": 1}


def test_files_are_counted_one_by_one(run):
    one = ORDERS + order("o1") + order("o2", revenue="x")
    two = ORDERS + order("o1") + "o3,1\n" + order("o4", revenue="x")
    received, tables = run({"orders_1.csv": one, "orders_2.csv": two})
    rows = received.row_counts.query("table == 'orders'").set_index("file")
    assert rows["rows_in"].to_dict() == {"orders_1.csv": 2, "orders_2.csv": 3}
    assert rows["duplicates"].to_dict() == {"orders_1.csv": 0, "orders_2.csv": 1}
    assert RowCounts.balanced(received.row_counts)
    bad = listed(tables).query("value == 'x'")[["file", "line"]].to_numpy().tolist()
    assert bad == [["orders_1.csv", "3"], ["orders_2.csv", "4"]]


HOSTILE = [
    "'); drop table judged_orders; --",
    "=cmd|' /C calc'!A0",
    "../../etc/passwd",
    "<script>alert(1)</script>",
    'a""b',
]


@pytest.mark.parametrize("text", HOSTILE)
def test_what_a_customer_typed_is_only_text(run, text):
    quoted = f'"{text}"'
    orders = ORDERS + order(quoted, customer=quoted) + order("o2", revenue=quoted)
    returns = RETURNS + f"{quoted},1,2026-06-10,1,1,{quoted}\n"
    received, tables = run({"orders.csv": orders, "returns.csv": returns})
    assert counts_of(received, "orders") == [2, 1, 1, 0, 0]
    assert counts_of(received, "returns") == [1, 1, 0, 0, 0]
    customer = tables.customer_periods["customer_id"].tolist()
    assert customer == [text.replace('""', '"')]
    shown = listed(tables).query("table == 'orders'")["value"].item()
    assert shown[0] not in "=+-@"


@pytest.mark.parametrize(
    ("files", "change", "said"),
    [
        ({}, ("", ""), "nothing matches 'orders"),
        ({"orders.csv": ""}, ("", ""), "orders.csv is empty"),
        ({"orders.csv": "a,b\n1,2\n"}, ("", ""), "no column 'order_id'"),
        (
            {"orders.csv": (ORDERS + order("o1")).replace(",", ";")},
            ("", ""),
            'set `delimiter = ";"`',
        ),
        (
            {"orders.csv": ORDERS + order("o1", revenue="x")},
            ("rejected_share = 0.9", ""),
            "1 of 1 rows.*orders.csv, line 2, column revenue: found 'x'",
        ),
        (
            {"orders.csv": ORDERS + order("o1")},
            ('[tables.orders]\nfiles = ["orders*.csv"]\n', ""),
            "tables.returns is given without tables.orders",
        ),
        (
            {"orders.csv": ORDERS + order("o1")},
            ('files = ["orders*.csv"]', 'table = "sales"'),
            "has no table 'sales'",
        ),
        (
            {"orders.csv": ORDERS + order("o1")},
            ("[outcomes]", '[warehouse]\nurl = "nowhere://x"\n[outcomes]'),
            "warehouse.url: cannot open",
        ),
        ({"orders.csv": ORDERS}, ("", ""), "holds a header but no rows"),
    ],
)
def test_an_error_says_what_was_found_and_what_to_do(run, files, change, said):
    with pytest.raises(StudyError, match=f"(?s){said}"):
        run(files, SETTINGS.replace(*change) if change[0] else SETTINGS)
