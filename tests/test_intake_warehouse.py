import duckdb
import pandas as pd
import pytest
from small_shop import (
    ORDERS,
    RETURNS,
    SETTINGS,
    counts_of,
    order,
    receiver,
)

from analysis.contracts.made import RowCounts
from analysis.study import StudyError


@pytest.fixture
def run(monkeypatch, tmp_path):
    return receiver(monkeypatch, tmp_path)


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
        "o2,1,2026-06-10,2,1,size\n"  # two pieces of one
        "o2,1,2026-06-10,0,1,size\n"
    )
    received, _ = run({"orders.csv": orders, "returns.csv": returns})
    assert counts_of(received, "returns") == [9, 2, 6, 1, 1]
    assert rules_of(received, "returns") == {
        "a return without its order line": 1,
        "returned before it was ordered": 1,
        "duplicate: the same key": 1,
        "refunds above the revenue": 1,
        "more sent back than bought": 1,
        "below the range": 1,
    }


@pytest.mark.parametrize(
    ("revenue", "rule"),
    [("'nan'", "missing"), ("'inf'", "not a number"), ("1e30", "not a number")],
)
def test_numbers_that_are_none_are_set_aside(run, tmp_path, revenue, rule):
    folder = tmp_path / "data" / "raw" / "small"
    folder.mkdir(parents=True)
    line = "'1' line, 'p1' product_id, 'c1' customer_id, date '2026-09-01' ordered_on"
    rows = " union all ".join(
        f"select '{key}' order_id, {line}, 1 quantity, {amount}::double revenue"
        for key, amount in [("o1", revenue), ("o2", "2")]
    )
    duckdb.sql(f"copy ({rows}) to '{folder / 'o.parquet'}' (format parquet)")
    received, tables = run({}, SETTINGS.replace("orders*.csv", "o.parquet"))
    assert rules_of(received, "orders") == {rule: 1}
    assert tables.customer_periods["revenue"].tolist() == [2.0]


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
