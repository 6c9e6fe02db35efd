"""What customers do: known answers, properties, and truth found by simulation."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from analysis import metrics
from analysis.metrics.metric import metric
from analysis.metrics.rates import event_rate, gamma_interval
from analysis.study import Period, Study, StudyError
from analysis.survey import Sample, mean

SURVEY = {"responses": {"files": ["survey.csv"]}}
ACME = Study.model_validate({"id": "acme", "name": "A", "seed": 1, "tables": SURVEY})
EVENTS = metric("angry", unit="per_thousand", over="orders", label="Angry", good="low")(
    lambda customers: customers["angry"] * 1000
)


def test_an_event_without_a_chance_counts_above():
    frame = pd.DataFrame({"angry": [1, 1, 0, 0], "orders": [0, 4, 6, 0]})
    found = EVENTS(Sample(frame))
    assert (found.value, found.base) == (200.0, 3)


def test_a_level_with_events_and_no_chance_has_no_rate():
    frame = pd.DataFrame({"angry": [1, 1], "orders": [0, 4], "region": ["N", "S"]})
    found = EVENTS(Sample(frame), by="region")
    assert np.isnan(found["N"].value)
    assert found["S"].value == 250.0


@pytest.mark.parametrize("events", [0, 1, 4, 12])
def test_of_independent_events_the_interval_is_garwoods(events):
    low, high = gamma_interval(events, events**0.5, step=1)
    exact = stats.chi2.ppf(0.025, 2 * events) / 2 if events else 0.0
    assert low == pytest.approx(exact)
    assert high == pytest.approx(stats.chi2.ppf(0.975, 2 * events + 2) / 2)


def test_rare_events_of_clustered_customers_are_covered():
    """Where Student's interval covers too little, this one keeps its promise."""
    rng = np.random.default_rng(11)
    hits = []
    for _ in range(300):
        orders = rng.integers(1, 4, 1500)
        angry = rng.poisson(0.002 * orders * rng.gamma(1, 1, 1500))
        frame = pd.DataFrame({"angry": angry * 1000, "orders": orders})
        found = event_rate(Sample(frame), "angry", over="orders")
        hits.append(found.low <= 2 <= found.high)
    assert sum(hits) >= stats.binom.ppf(0.005, 300, 0.95)


def test_too_few_large_amounts_are_not_told():
    spent = metric("spent", unit="amount", label="Spent", least=3)(
        lambda customers: customers["revenue"]
    )
    frame = pd.DataFrame({"revenue": [5.0, 0, 0, 9, 4, 3], "region": list("NNNSSS")})
    found = spent(Sample(frame), by="region")
    assert (np.isnan(found["N"].value), found["N"].base) == (True, 3)
    assert found["S"].value == pytest.approx(16 / 3)
    assert spent(Sample(frame)).value == pytest.approx(3.5)
    assert np.isnan(spent(Sample(frame[:3])).value)


def bought(*rows):
    """Customers, periods and revenue: what the panel says of who bought."""
    panel = pd.DataFrame(rows, columns=["customer_id", "period", "revenue"])
    return panel.assign(lines=1, orders=1, purchase_days=1)


def people(**stays):
    """Customers with the days they joined and left."""
    days = pd.DataFrame(stays, index=["joined_on", "left_on"]).T.apply(pd.to_datetime)
    return days.rename_axis("customer_id").reset_index()


def names(sample):
    return [one.name for one in metrics.offered(metrics.CONDUCT, sample, study=ACME)]


STAYS = people(
    a=["2020-01-01", None],  # buys twice
    b=["2020-01-01", "2026-06-30"],  # buys, and leaves on the last day of a quarter
    c=["2026-07-01", None],  # joins on the first day of one, never buys
    d=["2020-01-01", "2026-08-01"],  # leaves within one
    e=["2030-01-01", None],  # buys before joining, as the table has it
    f=[None, None],  # nobody knows since when
)
PANEL = bought(
    ["a", "2026Q2", 10.0],
    ["a", "2026Q3", 20.0],
    ["b", "2026Q2", 30.0],
    ["e", "2026Q3", 5.0],
    ["x", "2026Q3", 7.0],  # not in the table of customers
)


def test_everybody_has_a_row_in_the_periods_in_which_they_were_customers():
    frame = metrics.trade(PANEL, customers=STAYS).frame.set_index("customer_id")
    before, now = (frame[frame["period"] == p] for p in ("2026Q2", "2026Q3"))
    assert list(before.index) == ["a", "b", "d", "f"]
    assert list(now.index) == ["a", "b", "c", "d", "e", "f", "x"]
    assert now["revenue"].tolist() == [20, 0, 0, 0, 5, 0, 7]
    assert now["bought_before"].tolist() == [1, 1, 0, 0, 0, 0, 0]
    assert before["bought_before"].isna().all()
    assert list(now.index[now["is_customer"]]) == ["a", "c", "d", "e", "f"]
    assert list(now.index[now["was_customer"]]) == ["a", "d", "f"]
    assert list(now.index[now["left"] > 0]) == ["d"]
    assert list(before.index[before["left"] > 0]) == ["b"]


def test_rates_by_hand():
    now = metrics.trade(PANEL, customers=STAYS).only("period", "2026Q3")
    # b left between the two periods: a buyer who did not come back.
    assert metrics.retention(now).value == pytest.approx(1 / 2)
    assert metrics.churn_rate(now).value == pytest.approx(1 / 3)
    assert metrics.repeat_rate(now).value == 0
    spent = metrics.revenue_per_customer
    # Of all 100 copies of these five customers, so that the figure is told.
    many = pd.concat([now.frame] * 100, ignore_index=True)
    assert spent(Sample(many)).value == pytest.approx(25 / 5)
    assert np.isnan(spent(now).value)
    assert spent(now).base == 5


def test_snapshots_say_who_was_there_and_what_they_were_then():
    snapshots = pd.DataFrame(
        {
            "customer_id": ["a", "b", "a"],
            "period": ["2026Q2", "2026Q2", "2026Q3"],
            "segment": ["new", "new", "loyal"],
        }
    )
    frame = metrics.trade(PANEL, customers=snapshots).frame
    segments = frame.set_index(["customer_id", "period"])["segment"]
    assert segments["a"].tolist() == ["new", "loyal"]
    assert frame.query("period == '2026Q3' and is_customer")[
        "customer_id"
    ].tolist() == ["a"]
    assert not {"left", "was_customer"} & {*frame}


def test_on_buyers_alone_nothing_is_offered_that_needs_all_customers():
    assert names(metrics.trade(PANEL)) == ["repeat_rate", "retention"]
    offered = names(metrics.trade(PANEL, customers=STAYS))
    assert offered == ["repeat_rate", "retention", "churn_rate", "revenue_per_customer"]
    assert metrics.retention(metrics.trade(PANEL)).value == pytest.approx(1 / 2)


def test_where_nobody_is_known_to_have_left_there_is_no_churn():
    stayed = STAYS.assign(left_on=pd.NaT)
    assert "churn_rate" not in names(metrics.trade(PANEL, customers=stayed))


def test_leavers_and_complaints_are_unknown_before_the_first_was_recorded():
    panel = bought(*[["a", f"2026Q{quarter}", 1.0] for quarter in (1, 2, 3)])
    gone = STAYS[STAYS["customer_id"].isin(["a", "d"])]
    spoken = pd.DataFrame({"customer_id": ["a", "z"], "period": ["2026Q2", "2026Q3"]})
    sample = metrics.trade(panel, customers=gone, complaints=spoken)
    frame = sample.frame
    assert frame["left"].notna().groupby(frame["period"]).any().tolist() == [0, 0, 1]
    rates = metrics.complaint_rate(sample, by="period")
    assert {k: one.value for k, one in rates.items()} == {"2026Q2": 1e3, "2026Q3": 1e3}


def test_only_complaints_are_counted_and_none_at_all_are_no_rate_of_zero():
    talk = pd.DataFrame(
        {
            "customer_id": ["a", "a", None],
            "period": "2026Q3",
            "source": ["complaint", "review", "complaint"],
        }
    )
    assert metrics.trade(PANEL, complaints=talk).frame["complaints"].sum() == 1
    reviews = talk[talk["source"] == "review"]
    assert "complaints" not in metrics.trade(PANEL, complaints=reviews).frame


def test_an_attribute_named_as_a_sum_does_not_take_its_place():
    clash = STAYS.assign(revenue=9999.0, left=True)
    frame = metrics.trade(PANEL, customers=clash).frame
    assert frame["revenue"].sum() == PANEL["revenue"].sum()
    assert frame["left"].sum() == 2


@pytest.mark.parametrize("panel", [[PANEL, PANEL], [PANEL]])
def test_twins_are_refused(panel):
    twins = pd.concat([STAYS, STAYS[:1]]) if len(panel) == 1 else STAYS
    with pytest.raises(StudyError, match="repeat a customer"):
        metrics.trade(pd.concat(panel), customers=twins)


panels = st.lists(
    st.tuples(
        st.sampled_from("abcde"),
        st.sampled_from(["2026Q1", "2026Q2", "2026Q3"]),
        st.integers(1, 4),
        st.integers(0, 4),
        st.integers(0, 4),
    ),
    min_size=1,
    max_size=15,
    unique_by=lambda row: row[:2],
)


@settings(deadline=None, max_examples=60)
@given(panels, st.booleans())
def test_nothing_is_lost_and_rates_stay_within_bounds(rows, knows_customers):
    columns = ["customer_id", "period", "lines", "closed_lines", "back"]
    panel = pd.DataFrame(rows, columns=columns)
    panel["closed_lines"] = panel[["lines", "closed_lines"]].min(axis=1)
    panel["returned_closed_lines"] = panel[["closed_lines", "back"]].min(axis=1)
    panel = panel.assign(orders=1, purchase_days=panel["lines"], revenue=1.0)
    customers = STAYS if knows_customers else None
    sample = metrics.trade(panel, customers=customers)
    frame = sample.frame
    assert not frame.duplicated(["customer_id", "period"]).any()
    assert frame["lines"].sum() == panel["lines"].sum()
    assert frame["bought"].sum() == len(panel)
    assert (frame["orders"] <= frame["lines"]).all()
    for one in metrics.offered(metrics.CONDUCT, sample, study=ACME):
        found = one(sample)
        assert np.isnan(found.value) or found.low <= found.value <= found.high
        assert one.unit != "share" or 0 <= found.low <= found.high <= 1
        assert found.base <= len(frame)


def test_before_a_window_has_closed_no_return_rate_is_offered():
    panel = PANEL.assign(closed_lines=0, returned_closed_lines=0)
    assert names(metrics.trade(panel)) == ["repeat_rate", "retention"]
    first = metrics.trade(PANEL).only("period", "2026Q2")
    assert names(first) == ["repeat_rate"]
    nothing = metrics.trade(PANEL[:0], customers=STAYS)
    assert (len(nothing.frame), names(nothing)) == (0, [])


def test_all_came_back_and_one_customer():
    panel = pd.DataFrame({"customer_id": ["a"], "period": ["2026Q3"]})
    panel = panel.assign(closed_lines=3, returned_closed_lines=3)
    found = metrics.return_rate(metrics.trade(panel))
    assert (found.value, found.high, found.base) == (1.0, 1.0, 1)
    assert found.low < 0.9


def test_three_of_forty_have_wilsons_interval():
    frame = pd.DataFrame({"was_customer": [True] * 40, "left": [1.0] * 3 + [0.0] * 37})
    found = metrics.churn_rate(Sample(frame))
    low, high = proportion_confint(3, 40, method="wilson")
    assert (found.low, found.high) == pytest.approx((low, high), abs=0.003)


def test_recent_orders_would_pull_the_return_rate_down_and_closed_ones_do_not():
    """Lines come back after some days; the true share is 20 % within 30 days."""
    rng = np.random.default_rng(12)
    closed_rates, naive_rates = [], []
    for _ in range(40):
        day = rng.integers(0, 92, 3000)
        delay = rng.integers(1, 31, 3000)
        comes_back = rng.random(3000) < 0.2
        is_back = comes_back & (day + delay <= 91)
        is_closed = day + 30 <= 91
        panel = pd.DataFrame({"customer_id": rng.integers(0, 900, 3000).astype(str)})
        panel = panel.assign(
            lines=1,
            closed_lines=is_closed,
            returned_closed_lines=is_closed & is_back,
            returned_lines=is_back,
        )
        panel = panel.groupby("customer_id").sum().reset_index()
        sample = metrics.trade(panel.assign(period="2026Q3"))
        closed_rates.append(metrics.return_rate(sample).value)
        naive_rates.append(panel["returned_lines"].sum() / panel["lines"].sum())
    error = np.std(closed_rates) / 40**0.5
    assert abs(np.mean(closed_rates) - 0.2) < 3 * error
    assert np.mean(naive_rates) < 0.175


def test_revenue_per_customer_is_covered_from_its_floor_on():
    """A third of 300 customers buys; spend is as skewed as in the demo."""
    rng = np.random.default_rng(13)
    hits = []
    for _ in range(300):
        spent = rng.gamma(1.25, 80, 360) * (rng.random(360) < 0.34)
        frame = pd.DataFrame({"revenue": spent, "is_customer": True})
        found = metrics.revenue_per_customer(Sample(frame))
        if not np.isnan(found.value):
            hits.append(found.low <= 34 <= found.high)
    assert len(hits) > 250
    assert sum(hits) >= stats.binom.ppf(0.005, len(hits), 0.95)


def test_a_change_of_few_buyers_is_not_told():
    panel = bought(*[[str(n), p, 1.0] for n in range(99) for p in ("2026Q2", "2026Q3")])
    everybody = people(**{str(n): ["2020-01-01", None] for n in range(99)})
    sample = metrics.trade(panel, customers=everybody)
    asked = {"periods": ("2026Q3", "2026Q2")}
    assert np.isnan(metrics.change(sample, metrics.revenue_per_customer, **asked).value)
    assert "revenue_per_customer" not in metrics.changes(
        sample, metrics.offered(metrics.CONDUCT, sample, study=ACME), **asked
    )


@pytest.mark.parametrize(
    ("last", "whole"),
    [("2026-09-30", True), ("2026-09-24", True), ("2026-09-15", False)],
)
def test_a_period_is_whole_if_orders_reach_its_end(last, whole):
    months = pd.DataFrame({"period": ["2026-07", "2026-08", "2026-09"]})
    days = pd.DataFrame({"first_on": ["2026-07-02"], "last_on": [last]})
    histories = days.astype("datetime64[ns]")
    quarter = Period.parse("2026Q3")
    assert metrics.is_whole(months, quarter, histories=histories) is whole
    assert not metrics.is_whole(months[1:], quarter)
    assert len(metrics.whole_months(_sums(months), histories=histories)) == 2 + whole


def _sums(months):
    return months.assign(
        product_id="P", lines=[100, 200, 50], closed_lines=[100, 200, 9]
    )


def test_months_whose_lines_are_open_have_no_return_rate():
    months = pd.DataFrame({"period": ["2026-07", "2026-08", "2026-09"]})
    sums = metrics.whole_months(_sums(months).assign(returned_closed_lines=[10, 40, 9]))
    rates = metrics.monthly_return_rate(sums)
    assert {k: one.value for k, one in rates.items()} == {
        "2026-07": 0.1,
        "2026-08": 0.2,
    }
    clustered = metrics.monthly_return_rate(sums, design_effect=2.0)["2026-07"]
    assert clustered.standard_error == pytest.approx(0.03 * 2**0.5)
    spoken = pd.DataFrame({"occurred_on": pd.to_datetime(["2026-08-31 23:00"])})
    assert {
        k: v.value for k, v in metrics.monthly_complaints(sums, spoken).items()
    } == {
        "2026-08": 5.0,
        "2026-09": 0.0,
    }


def reasons(rows):
    columns = ["customer_id", "product_id", "period", "reason", "lines"]
    return pd.DataFrame(rows, columns=columns)


def test_shares_of_reasons_know_that_one_customer_sent_many():
    rows = [["a", "P", "2026Q3", "late", 30]]
    rows += [[str(n), "P", "2026Q3", "small", 1] for n in range(60)]
    rows += [[None, "P", "2026Q3", None, 1] for _ in range(10)]
    shares = metrics.reason_shares(metrics.returned(reasons(rows)))
    assert [*shares] == ["small", "late", "no reason given"]
    assert [one.value for one in shares.values()] == [0.6, 0.3, 0.1]
    assert {one.base for one in shares.values()} == {71}
    assert shares["late"].effective_base < 5
    assert shares["late"].high > 0.7


def test_rare_reasons_are_put_together():
    rows = [["a", "P", "2026Q3", f"remark {n}", 1] for n in range(12)]
    rows += [["b", "P", "2026Q2", "lines", 20], ["c", "P", "2026Q3", "lines", 8]]
    back = metrics.returned(reasons(rows))
    now = metrics.reason_shares(back.only("period", "2026Q3"))
    assert {k: v.value for k, v in now.items()} == {"lines": 0.4, "other reasons": 0.6}
    found = metrics.reason_changes(back, periods=("2026Q3", "2026Q2"))
    assert sum(one.value for one in found.values()) == pytest.approx(0)
    assert metrics.reason_changes(back, periods=("2026Q3", "2026Q1")) == {}
    with pytest.raises(StudyError, match="No line came back"):
        metrics.returned(reasons([]))


def test_weeks_know_that_days_resemble_each_other():
    rng = np.random.default_rng(14)
    dates = pd.date_range("2026-06-22", "2026-09-20")
    drift = np.repeat(rng.normal(0, 50, 15), 7)[: len(dates)]
    values = 500 + drift + rng.normal(0, 10, len(dates))
    days = pd.DataFrame({"date": dates, "signal": "visits", "value": values})
    sample = metrics.daily(days)
    found = metrics.signal_months(sample, "visits")
    assert [*found] == ["2026-07", "2026-08"]
    august = sample.only("month", "2026-08")
    alone = mean(Sample(august.frame), "visits")
    assert found["2026-08"].value == pytest.approx(alone.value)
    assert found["2026-08"].standard_error > 1.5 * alone.standard_error


def test_a_few_customers_with_bursts_of_complaints_tell_no_rate():
    calm = pd.DataFrame({"events": [1000.0] * 20 + [0.0] * 400, "orders": 2})
    burst = calm.assign(events=[5000.0] * 20 + [0.0] * 400)
    many = pd.concat([burst] * 3, ignore_index=True)
    rates = [event_rate(Sample(one), "events", over="orders") for one in (calm, many)]
    assert [round(rate.value, 1) for rate in rates] == [23.8, 119.0]
    assert np.isnan(event_rate(Sample(burst), "events", over="orders").value)
