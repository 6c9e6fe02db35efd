import ibis
import numpy as np
import pandas as pd
import pytest
from small_shop import (
    ANSWER,
    ORDERS,
    RETURNS,
    SETTINGS,
    SURVEY,
    counts_of,
    order,
    receiver,
)

from analysis.intake import ages, histories, panels
from analysis.settings import Outcomes
from analysis.study import Period

FEEDBACK = "document_id,source,customer_id,product_id,occurred_on,text\n"


@pytest.fixture
def run(monkeypatch, tmp_path):
    return receiver(monkeypatch, tmp_path)


def test_lines_that_are_all_for_later_leave_empty_panels(run):
    _, tables = run({"orders.csv": ORDERS + order("o1", on="2026-10-01")})
    for name in ("customer_periods", "product_periods", "customer_histories",
                 "return_reasons", "line_ages"):  # fmt: skip
        assert tables[name].empty


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
    placed = ["orders", "purchase_days", "closed_orders", "returned_closed_orders"]
    assert panel.loc["2026Q2", placed].tolist() == [1, 1, 1, 1]
    assert panel.loc["2026Q3", placed].tolist() == [2, 2, 1, 0]
    given = ["closed_quantity", "returned_closed_quantity"]
    assert panel.loc["2026Q2", given].tolist() == [3, 2]
    assert panel.loc["2026Q3", given].tolist() == [1, 0]
    value = ["closed_revenue", "closed_refund"]
    assert panel.loc["2026Q2", value].tolist() == [30.3, 9.0]
    assert panel.loc["2026Q3", value].tolist() == [30.3, 0.0]
    products = tables.product_periods.set_index(["product_id", "period"])
    assert products.index.tolist() == [
        ("p1", "2026-06"), ("p1", "2026-08"), ("p1", "2026-09"), ("p2", "2026-06"),
    ]  # fmt: skip
    assert products.loc[("p1", "2026-09"), "revenue"] == pytest.approx(90.9, abs=1e-12)


def test_a_return_without_quantity_gives_back_the_whole_line(run):
    orders = ORDERS + order("o1", quantity=5) + order("o2", quantity=5)
    returns = RETURNS + "o1,1,2026-06-05,,1,size\no1,1,2026-06-06,1,1,size\n"
    _, tables = run({"orders.csv": orders, "returns.csv": returns})
    assert tables.customer_periods["returned_closed_quantity"].tolist() == [5.0]
    returns = "order_id,line,returned_on\no2,1,2026-06-05\n"
    _, tables = run({"orders.csv": orders, "returns.csv": returns})
    assert tables.customer_periods["returned_closed_quantity"].tolist() == [5.0]
    assert "closed_refund" not in tables.customer_periods
    assert "refund" not in tables.response_outcomes


def test_an_unknown_refund_makes_its_sums_unknown_and_no_other(run):
    survey = ANSWER + "r2,c2,2026-05-15,9\n"
    orders = ORDERS + (
        order("o1") + order("o2") + order("o3", customer="c2")
        + order("o4", customer="c2", on="2026-07-01")
    )  # fmt: skip
    returns = RETURNS + (
        "o1,1,2026-06-05,1,,size\no2,1,2026-06-05,1,4,size\n"
        "o3,1,2026-06-05,1,4,size\no4,1,2026-09-05,1,,size\n"  # too late: no matter
    )
    files = {"survey.csv": survey, "orders.csv": orders, "returns.csv": returns}
    _, tables = run(files)
    panel = tables.customer_periods.set_index(["customer_id", "period"])
    known = {("c1", "2026Q2"): None, ("c2", "2026Q2"): 4.0, ("c2", "2026Q3"): 0.0}
    for name in ("refund", "closed_refund"):
        found = panel[name].astype(object).where(panel[name].notna(), None)
        assert found.to_dict() == known
    around = tables.response_outcomes.set_index("response_id")["refund"]
    assert around.isna().to_dict() == {"now": False, "r1": True, "r2": False}


def test_reasons_of_returns_by_hand(run):
    orders = ORDERS + (
        order("o1") + order("o2", customer="", on="2026-07-01")
        + order("o3", on="2026-09-15", product="p2") + order("o4", product="p2")
    )  # fmt: skip
    returns = RETURNS + (
        "o1,1,2026-06-05,1,1,\no1,1,2026-06-09,0.5,1,size\n"  # the first one given
        "o2,1,2026-07-09,1,1,\n"
        "o3,1,2026-09-20,1,1,size\n"  # still open
        "o4,1,2026-08-20,1,1,size\n"  # too late
    )
    orders = orders.replace("o1,1,p1,c1,2026-06-01,1", "o1,1,p1,c1,2026-06-01,2")
    _, tables = run({"orders.csv": orders, "returns.csv": returns})
    found = tables.return_reasons.astype(object)
    rows = found.where(found.notna(), "-").to_numpy().tolist()
    assert rows == [["c1", "p1", "2026Q2", "size", 1], ["-", "p1", "2026Q3", "-", 1]]


def test_histories_by_hand(run):
    orders = ORDERS + (
        order("o1", on="2026-01-05", revenue="1") + order("o2", on="2026-01-05")
        + order("o3", on="2026-04-03", revenue="2")  # the day of the cut: before it
        + order("o4", on="2026-04-04", revenue="4")
        + order("o5", on="2026-09-30", revenue="8", customer="c2")
        + order("o6", customer="")
    )  # fmt: skip
    _, tables = run({"orders.csv": orders})
    found = tables.customer_histories.set_index("customer_id")
    assert found["cut_on"].unique() == [pd.Timestamp("2026-04-03")]
    dates = found[["first_on", "last_on", "last_on_before"]].T.astype("str")
    assert dates["c1"].tolist() == ["2026-01-05", "2026-04-04", "2026-04-03"]
    assert pd.isna(found.loc["c2", "last_on_before"])
    assert dates["c2"].tolist()[:2] == ["2026-09-30", "2026-09-30"]
    numbers = found.select_dtypes("number").T
    assert numbers["c1"].tolist() == [3, 17.0, 6.0, 2, 2.0, 1, 4.0]
    assert numbers["c2"].tolist() == [1, 8.0, 0.0, 0, 0.0, 1, 8.0]


def test_ages_of_lines_by_hand(run):
    settings = SETTINGS + '[tables.documents]\nfiles = ["feedback.csv"]\n'
    orders = ORDERS + (
        order("o1", on="2026-01-01", customer="c1")  # open at the horizon
        + order("o2", on="2026-03-01", customer="c1")  # complaint after 10 days
        + order("o3", on="2026-06-01", customer="c2")  # returned after 40 days
        + order("o4", on="2026-09-20", customer="c3")  # open after 10 days
        + order("o5", on="2026-01-01", customer="c4")  # complaint past the horizon
        + order("o6", on="2026-09-30", customer="")  # complaint of a guest: unknown
        + order("o7", on="2026-09-01", customer="c5")  # both on the day: the return
    )
    returns = RETURNS + "o3,1,2026-07-11,1,1,size\no7,1,2026-09-01,1,1,size\n"
    feedback = FEEDBACK + (
        "d1,complaint,c1,p1,2026-03-11,broke\n"
        "d2,complaint,c1,p1,2026-03-12,again\n"
        "d3,review,c3,p1,2026-09-21,fine\n"
        "d4,complaint,c3,p2,2026-09-21,not this product\n"
        "d5,complaint,c3,p1,2026-09-19,before the order\n"
        "d6,complaint,c4,p1,2026-08-01,late\n"
        "d7,complaint,,p1,2026-09-30,who\n"
        "d8,complaint,c5,p1,2026-09-01,at once\n"
    )
    files = {"orders.csv": orders, "returns.csv": returns, "feedback.csv": feedback}
    _, tables = run(files, settings)
    found = tables.line_ages.drop(columns="product_id").sort_values("fold")
    assert found.to_dict("list") == {
        "fold": [0, 0, 1, 2, 3, 4, 5],
        "days": [10, 180, 40, 10, 180, 0, 0],
        "returned": [0, 0, 1, 0, 0, 1, 0],
        "complained": [1, 0, 0, 0, 0, 0, 0],
        "open": [0, 1, 0, 1, 1, 0, 1],
    }
    _, tables = run(files)
    assert "complained" not in tables.line_ages


def test_days_of_signals(run):
    settings = SETTINGS + '[tables.signals]\nfiles = ["signals.csv"]\n'
    signals = (
        "date,signal,value,product_id\n2026-09-01,visits,3,p1\n"
        "2026-09-01,visits,4,p2\n2026-09-02,visits,5,\n"
        "2026-09-01,click_through,0.2,p1\n2026-09-01,click_through,0.4,p2\n"
    )
    _, tables = run(
        {"orders.csv": ORDERS + order("o"), "signals.csv": signals}, settings
    )
    days = tables.signal_days
    assert days["signal"].tolist() == ["click_through", "visits", "visits"]
    assert days["date"].dt.day.tolist() == [1, 1, 2]
    assert days["value"].tolist() == pytest.approx([0.3, 7.0, 5.0], abs=1e-12)


def drawn_lines(seed):
    rng = np.random.default_rng(seed)
    n = 400
    lines = pd.DataFrame({
        "order_id": rng.integers(0, 150, n).astype("str"),
        "line": [str(number) for number in range(n)],
        "product_id": rng.choice(["p1", "p2", "p3"], n),
        "ordered_on": pd.Timestamp("2026-01-01")
        + pd.to_timedelta(rng.integers(0, 273, n), "D"),
        "quantity": rng.integers(1, 5, n),
        "revenue": rng.integers(0, 10_000, n) / 100,
        "currency": "EUR",
    })  # fmt: skip
    buyers = [None, *(f"c{number}" for number in range(30))]
    lines["customer_id"] = rng.choice(buyers, 150)[lines["order_id"].astype("int")]
    first = lines.groupby("order_id")["ordered_on"].transform("first")
    strays = rng.random(n) < 0.05  # a few orders have lines of several days
    lines["ordered_on"] = lines["ordered_on"].where(strays, first)
    back = lines[rng.random(n) < 0.4]
    waited = pd.to_timedelta(rng.integers(0, 60, len(back)), "D")
    returns = back[["order_id", "line", "quantity"]].assign(
        returned_on=back["ordered_on"] + waited,
        refund=back["revenue"],
        reason=rng.choice(["size", "colour"], len(back)),
    )
    return lines, returns[returns["returned_on"] <= "2026-09-30"]


def test_panels_agree_with_the_same_written_in_pandas(run):
    lines, returns = drawn_lines(1)
    files = {"orders.csv": lines.to_csv(index=False),
             "returns.csv": returns.to_csv(index=False)}  # fmt: skip
    _, tables = run(files)
    both = lines.merge(returns, on=["order_id", "line"], how="left",
                       suffixes=("", "_back"))  # fmt: skip
    window = pd.Timedelta(days=30)
    both["closed"] = both["ordered_on"] + window <= pd.Timestamp("2026-09-30")
    both["back"] = both["returned_on"] <= both["ordered_on"] + window
    for table, key, frequency in [("customer_periods", "customer_id", "Q"),
                                  ("product_periods", "product_id", "M")]:  # fmt: skip
        label = both["ordered_on"].dt.to_period(frequency).astype("str")
        for (level, period), part in both.groupby([key, label.rename("period")]):
            shut, sent = part[part["closed"]], part[part["closed"] & part["back"]]
            order_shut = part.groupby("order_id")["closed"].all()
            shut_orders = set(order_shut.index[order_shut])
            returned = set(part.loc[part["back"], "order_id"])
            expected = {
                "lines": len(part), "orders": part["order_id"].nunique(),
                "purchase_days": part["ordered_on"].nunique(),
                "quantity": part["quantity"].sum(), "revenue": part["revenue"].sum(),
                "returned_lines": part["back"].sum(),
                "refund": part.loc[part["back"], "refund"].sum(),
                "closed_lines": len(shut), "returned_closed_lines": len(sent),
                "closed_orders": len(shut_orders),
                "returned_closed_orders": len(shut_orders & returned),
                "closed_quantity": shut["quantity"].sum(),
                "returned_closed_quantity": sent["quantity"].sum(),
                "closed_revenue": shut["revenue"].sum(),
                "closed_refund": sent["refund"].sum(),
            }  # fmt: skip
            panel = tables[table].set_index([key, "period"])
            found = panel.loc[(level, period)].to_dict()
            assert found == pytest.approx({name: expected[name] for name in found})
        assert tables[table]["lines"].sum() == both[key].notna().sum()
    reasons = tables.return_reasons["lines"].sum()
    assert reasons == tables.product_periods["returned_closed_lines"].sum()
    ended = tables.line_ages[["returned", "open"]].to_numpy().sum()
    assert ended == len(lines)
    known = tables.customer_histories
    assert known["revenue"].sum() == pytest.approx(
        tables.customer_periods["revenue"].sum()
    )
    split = known["purchase_days_before"] + known["purchase_days_after"]
    assert split.tolist() == known["purchase_days"].tolist()


def test_the_order_of_lines_does_not_change_a_byte(run):
    def made(lines, returns):
        files = {"orders.csv": lines.to_csv(index=False),
                 "returns.csv": returns.to_csv(index=False)}  # fmt: skip
        _, tables = run(files)
        folder = tables.study.processed("2026Q3")
        names = ("customer_periods", "product_periods", "customer_histories",
                 "return_reasons", "line_ages")  # fmt: skip
        return {name: (folder / f"{name}.parquet").read_bytes() for name in names}

    lines, returns = drawn_lines(2)
    shuffled = (
        lines.sample(frac=1, random_state=1),
        returns.sample(frac=1, random_state=2),
    )
    assert made(lines, returns) == made(*shuffled)


@pytest.mark.parametrize("engine", ["postgres", "snowflake", "bigquery"])
def test_other_engines_can_be_asked_the_same(engine):
    text = dict.fromkeys(["order_id", "line", "product_id", "customer_id"], "string")
    orders = ibis.table(
        text | {"ordered_on": "date", "quantity": "float64", "revenue": "float64"},
        name="orders",
    )
    returns = ibis.table(
        {"order_id": "string", "line": "string", "reason": "string",
         "ordered_on": "date", "returned_on": "date", "quantity": "float64",
         "refund": "float64"}, name="returns",
    )  # fmt: skip
    stated = {"outcomes": Outcomes(), "period": Period.parse("2026Q3")}
    lines = panels.traded(orders, returns, **stated)
    made = [
        panels.customer_periods(lines, frequency="Q"),
        panels.product_periods(lines),
        panels.return_reasons(lines, returns, outcomes=Outcomes(), frequency="Q"),
        histories.customer_histories(lines, **stated),
        ages.line_ages(lines, documents=None, **stated),
    ]
    assert all("SELECT" in str(ibis.to_sql(one, dialect=engine)) for one in made)


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
