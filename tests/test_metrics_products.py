"""Products: shrinkage, funnel and scorecard, with known answers and simulations."""

import functools
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, optimize, stats
from statsmodels.stats.meta_analysis import combine_effects

from analysis import display, metrics
from analysis.estimate import Estimate
from analysis.ledger.families import adjusted
from analysis.metrics import funnel
from analysis.metrics.pooling import pool_rates
from analysis.study import StudyError

# Tumours among 70 historical groups of rats and a current one: Tarone (1982), in
# Gelman et al., Bayesian Data Analysis, 3rd edition, table 5.1.
RATS = [
    *[(0, n) for n in (20, 20, 20, 20, 20, 20, 20, 19, 19, 19, 19, 18, 18, 17)],
    *[(1, n) for n in (20, 20, 20, 20, 19, 19, 18, 18)],
    *[(2, n) for n in (25, 24, 23, 20, 20, 20, 20, 20, 20)],
    (1, 10), (5, 49), (2, 19), (5, 46), (3, 27), (2, 17), (7, 49), (7, 47), (3, 20),
    (3, 20), (2, 13), (9, 48), (10, 50), (4, 20), (4, 20), (4, 20), (4, 20), (4, 20),
    (4, 20), (4, 20), (10, 48), (4, 19), (4, 19), (4, 19), (5, 22), (11, 46), (12, 49),
    (5, 20), (5, 20), (6, 23), (5, 19), (6, 22), (6, 20), (6, 20), (6, 20), (16, 52),
    (15, 47), (15, 46), (9, 24), (4, 14),
]  # fmt: skip


def sold(marked, lines):
    marked, lines = np.asarray(marked), np.asarray(lines)
    return pd.DataFrame(
        {
            "product_id": [f"p{i}" for i in range(len(lines))],
            "returned_closed_lines": marked,
            "closed_lines": lines,
        }
    )


def sheets(*columns):
    return tuple(np.asarray(c, dtype=float)[:, None, None] for c in columns)


def company(rng, products, *, mean=0.1, spread=0.01, lines=(10, 2000)):
    """Products that differ by a beta distribution alone, and their true rates."""
    n = np.exp(rng.uniform(*np.log(lines), products)).astype(int)
    size = 1 / spread - 1
    truth = rng.beta(mean * size, (1 - mean) * size, products)
    return sold(rng.binomial(n, truth), n), truth


def test_the_best_fit_to_the_rats_is_that_of_another_optimiser():
    x, n = np.array(RATS).T
    assert (len(x), x.sum(), n.sum()) == (71, 267, 1739)

    def loss(shapes):
        return -stats.betabinom.logpmf(x, n, *np.exp(shapes)).sum()

    best = optimize.minimize(loss, [0.0, 2.0], method="Nelder-Mead", tol=1e-10)
    combinations = (-np.log(n + 1) - stats.betabinom(n, 1, 1).logpmf(x)).sum()
    ways = stats.binom.logpmf(x, n, 0.5).sum() + n.sum() * math.log(2)
    pooled = pool_rates(*sheets(x, n))
    assert combinations == pytest.approx(0, abs=1e-8)
    assert pooled.best + ways == pytest.approx(-best.fun, abs=0.05)
    # BDA3 section 5.3 finds the mode near alpha 2.4 and beta 14.
    a, b = np.exp(best.x)
    peak = np.unravel_index(pooled.weights.argmax(), pooled.weights.shape)
    assert pooled.first[peak] == pytest.approx(a, rel=0.2)
    assert pooled.second[peak] == pytest.approx(b, rel=0.2)


def test_the_shrunken_rate_of_a_rat_group_is_the_full_integral():
    """Group 71 with 4 of 14: 0.21 from the marginal posterior of BDA3, figure 5.4."""
    x, n = np.array(RATS).T
    found = metrics.shrunken_rates(sold(x, n))["p70"]
    assert round(found.value, 2) == 0.21
    assert found.low < 0.1
    assert found.high > 0.35


def test_the_grid_averages_as_an_integral_does():
    x, n = np.array([3, 8, 12, 30]), np.array([40, 60, 100, 200])
    typical = np.median(n)

    def weight(angle, shrink, *, power):
        mean = math.sin(angle) ** 2
        size = 0.5 / min(mean, 1 - mean) + typical * shrink / (1 - shrink)
        a, b = mean * size, (1 - mean) * size
        chance = math.exp(stats.betabinom.logpmf(x, n, a, b).sum())
        return chance * ((x[0] + a) / (n[0] + size)) ** power

    ranges = [(0.15, 0.65), (1e-6, 1 - 1e-6)]
    top, bottom = (
        integrate.nquad(functools.partial(weight, power=power), ranges,
                        opts={"epsabs": 0, "epsrel": 1e-3})[0]
        for power in (1, 0)
    )  # fmt: skip
    found = metrics.shrunken_rates(sold(x, n))["p0"].value
    assert found == pytest.approx(top / bottom, abs=5e-4)


@pytest.mark.parametrize(
    ("products", "spread", "lines", "times"),
    [(8, 0.03, (5, 30), 120), (25, 0.01, (20, 2000), 60), (200, 0.03, (5, 30), 8)],
)
def test_intervals_of_shrunken_rates_cover(products, spread, lines, times):
    rng = np.random.default_rng(1)
    hits = []
    for _ in range(times):
        frame, truth = company(rng, products, spread=spread, lines=lines)
        found = metrics.shrunken_rates(frame).values()
        hits += [one.low <= t <= one.high for one, t in zip(found, truth, strict=True)]
    assert 0.92 <= np.mean(hits) <= 0.985


def test_shrinking_brings_products_nearer_to_the_truth():
    frame, truth = company(np.random.default_rng(2), 200, lines=(5, 60))
    drawn = [one.value for one in metrics.shrunken_rates(frame).values()]
    plain = [one.value for one in metrics.product_rates(frame).values()]
    assert np.mean((drawn - truth) ** 2) < 0.5 * np.mean((plain - truth) ** 2)


@pytest.mark.parametrize(("marked", "side"), [(0, "low"), (1, "high")])
def test_where_nothing_or_everything_came_back(marked, side):
    lines = np.full(200, 500)
    found = metrics.shrunken_rates(sold(marked * lines, lines))
    one = found["p0"]
    assert getattr(one, side) == pytest.approx(marked, abs=1e-4)
    assert 1e-5 < one.high - one.low < 1e-3
    assert metrics.spread_of_rates(sold(marked * lines, lines)).low == 0


def test_the_spread_of_rates_is_found_and_says_when_there_is_none():
    rng = np.random.default_rng(3)
    frame, _ = company(rng, 100, spread=0.02)
    found = metrics.spread_of_rates(frame)
    assert found.low < math.sqrt(0.02 * 0.09) < found.high
    assert found.low > 0.02
    alike = sold(rng.binomial(200, 0.1, 100), [200] * 100)
    assert metrics.spread_of_rates(alike).low == 0


counts = st.lists(
    st.integers(0, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))),
    min_size=5,
    max_size=12,
).filter(lambda rows: sum(n > 0 for _, n in rows) >= 5)


@settings(deadline=None, max_examples=40)
@given(counts)
def test_a_shrunken_rate_lies_within_bounds_and_keeps_its_base(rows):
    x, n = np.array(rows).T
    found = metrics.shrunken_rates(sold(x, n))
    assert set(found) == {f"p{i}" for i in np.flatnonzero(n)}
    for name, one in found.items():
        assert 0 <= one.low <= one.value <= one.high <= 1
        assert one.base == n[int(name[1:])]


def test_a_category_with_enough_products_is_a_group_of_its_own():
    low, high = sold([5] * 10, [100] * 10), sold([40] * 9 + [1], [100] * 9 + [4])
    high["product_id"] = [f"q{i}" for i in range(10)]
    both = pd.concat([low, high], ignore_index=True)
    categories = {name: name[0] for name in both["product_id"]}
    apart = metrics.shrunken_rates(both, categories=categories)
    assert apart["q9"].value == metrics.shrunken_rates(high)["q9"].value
    assert apart["q9"].value > metrics.shrunken_rates(both)["q9"].value
    few = dict.fromkeys(["p0", "p1"], "rare")
    assert metrics.shrunken_rates(both, categories=few) == metrics.shrunken_rates(both)


def scores(rng, truth, answers):
    made = {}
    for i, (mean, n) in enumerate(zip(truth, answers, strict=True)):
        values = rng.normal(mean, 1.0, n)
        error = values.std(ddof=1) / math.sqrt(n) if n > 1 else math.nan
        made[f"p{i}"] = Estimate(
            value=values.mean(), standard_error=error, low=-9, high=9, base=n,
            unit="score",
        )  # fmt: skip
    return made


@pytest.mark.parametrize("spread", [0.1, 0.4])
def test_intervals_of_shrunken_means_cover_products_with_few_answers(spread):
    rng = np.random.default_rng(4)
    hits = []
    for _ in range(60):
        truth = rng.normal(4, spread, 25)
        answers = np.exp(rng.uniform(0, np.log(200), 25)).astype(int)
        found = metrics.shrunken_means(scores(rng, truth, answers)).values()
        hits += [one.low <= t <= one.high for one, t in zip(found, truth, strict=True)]
    assert 0.92 <= np.mean(hits) <= 0.99


def test_with_known_errors_means_are_drawn_as_morris_draws_them():
    """With equal errors the factor is 1 - (k - 3) s2 / sum of squares."""
    rng = np.random.default_rng(5)
    y = rng.normal(4, 0.3, 400)
    given = {
        str(i): Estimate(
            value=v, standard_error=0.2, low=0, high=9, base=50, unit="score"
        )
        for i, v in enumerate(y)
    }
    found = np.array([one.value for one in metrics.shrunken_means(given).values()])
    factor = 1 - (len(y) - 3) * 0.04 / ((y - y.mean()) ** 2).sum()
    assert found - y.mean() == pytest.approx(factor * (y - y.mean()), abs=0.01)


def test_without_cutting_the_spread_is_that_of_paule_and_mandel(monkeypatch):
    x, n = np.array(RATS[:60]).T
    angles = funnel._angles(pd.DataFrame({"marked": x, "over": n}))
    s2 = 1 / (4 * n + 2)
    for name, value in (("WINSOR", 1e9), ("_SQUARE", 1.0), ("_SLOPE", 1.0)):
        monkeypatch.setattr(funnel, name, value)
    other = combine_effects(angles, s2, method_re="iterated")
    assert funnel._variance_between(angles, s2) == pytest.approx(other.tau2, abs=1e-6)
    assert funnel._centre(angles, s2 + other.tau2) == pytest.approx(
        other.mean_effect_re, abs=1e-8
    )


def test_a_variance_by_hand():
    """Four at ±1 and one far off, chance next to nothing: it counts as 1.28 errors.

    Centre m: 4 values in reach and one cut, so 4m = 1.2816 e with e the error; the
    squares sum to 0.6787 * 4, where (4 + 4 m^2) / e^2 + 1.2816^2 = 2.7146.
    """
    y = np.array([-1.0, -1.0, 1.0, 1.0, 50.0]) / 100
    between = funnel._variance_between(y, np.full(5, 1e-8))
    e2 = between + 1e-8
    m = funnel._centre(y, np.full(5, e2))
    k = 1.2815515655
    assert m == pytest.approx(k * math.sqrt(e2) / 4, rel=1e-6)
    assert (4e-4 + 4 * m**2) / e2 + k**2 == pytest.approx(0.6786546 * 4, rel=1e-6)


def claimed(found, level=0.05):
    p_values = pd.Series({name: one.p_value for name, one in found.items()})
    return set(p_values.index[adjusted(p_values) <= level])


@pytest.mark.parametrize(
    ("products", "mean", "spread", "times"),
    [
        (8, 0.1, 0.01, 150),
        (25, 0.1, 0.03, 100),
        (25, 0.03, 0.01, 100),
        (200, 0.1, 0.01, 40),
    ],
)
def test_ordinary_products_seldom_stand_out(products, mean, spread, times):
    """At most 5 in 100 pages; the bound allows for the number of pages drawn."""
    rng = np.random.default_rng(6)
    pages = 0
    for _ in range(times):
        frame, _ = company(rng, products, mean=mean, spread=spread)
        pages += bool(claimed(metrics.standing_out(frame)))
    assert pages <= stats.binom.ppf(0.995, times, 0.05)


def test_an_odd_product_is_found_and_hardly_hides_itself():
    rng = np.random.default_rng(7)
    found = 0
    for _ in range(40):
        frame, _ = company(rng, 25, spread=0.005)
        before = funnel.ordinary_products(frame).between
        frame.loc[3, ["closed_lines", "returned_closed_lines"]] = [400, 180]
        after = funnel.ordinary_products(frame).between
        assert math.sqrt(after) < math.sqrt(before) + 0.03
        found += "p3" in claimed(metrics.standing_out(frame))
    assert found >= 38


@settings(deadline=None, max_examples=30)
@given(counts)
def test_p_values_intervals_and_limits_never_contradict(rows):
    x, n = np.array(rows).T
    frame = sold(x, n)
    limits = metrics.funnel_limits(frame, levels=(0.95,), points=2)
    assert (limits["low"] <= limits["high"]).all()
    for one in metrics.standing_out(frame).values():
        if one.excludes_zero:
            assert one.p_value <= 0.05
        elif one.p_value < 0.05:
            # The rate has no room: its interval ends at the middle.
            assert min(abs(one.low), abs(one.high), abs(one.value)) < 0.02


def test_a_product_is_outside_the_limits_where_its_p_value_says_so():
    frame, _ = company(np.random.default_rng(8), 40, spread=0.02, lines=(30, 31))
    limit = metrics.funnel_limits(frame, levels=(0.8,), points=1).iloc[0]
    rates = frame["returned_closed_lines"] / frame["closed_lines"]
    outside = (rates < limit["low"] - 1e-9) | (rates > limit["high"] + 1e-9)
    p_values = [one.p_value for one in metrics.standing_out(frame).values()]
    assert outside.tolist() == [p < 0.2 for p in p_values]


def test_what_cannot_be_compared_is_said():
    with pytest.raises(StudyError, match="3 products have figures, and 4"):
        metrics.shrunken_rates(sold([1, 2, 3], [9, 9, 9]))
    with pytest.raises(StudyError, match="4 products have lines, and 5"):
        metrics.standing_out(sold([1, 2, 3, 4, 0], [9, 9, 9, 9, 0]))
    with pytest.raises(StudyError, match="between nought and closed_lines"):
        metrics.shrunken_rates(sold([10, 2, 3, 4], [9, 9, 9, 9]))
    same = Estimate(value=5, standard_error=0, low=5, high=5, base=3, unit="score")
    with pytest.raises(StudyError, match="do not differ"):
        metrics.shrunken_means(dict.fromkeys("abcd", same))


def test_months_add_up_and_a_product_without_a_name_keeps_its_id():
    months = pd.DataFrame(
        {
            "product_id": ["b", "a", "a"],
            "period": ["2026-07", "2026-07", "2026-08"],
            "lines": [1, 2, 3],
        }
    )
    products = pd.DataFrame({"product_id": ["a"], "name": ["Lamp"]})
    totals = metrics.product_totals(months, products=products)
    assert totals["lines"].tolist() == [5, 1]
    assert totals["name"].tolist() == ["Lamp", "b"]
    assert totals["category"].isna().all()
    july = metrics.product_totals(months, periods=["2026-07"])
    assert july["lines"].tolist() == [2, 1]
    with pytest.raises(StudyError, match="No product has orders"):
        metrics.product_totals(months, periods=["2020-01"])


def test_the_scorecard_escapes_names_and_links_every_number():
    rows = pd.DataFrame(
        {
            "key": ["r/a_b", "r/a b"], "metric": "return_rate", "by": "product_id",
            "level": ["a_b", "a b"], "value": [0.2, 0.1], "low": 0.05, "high": 0.3,
            "base": [90.0, 1200.0], "unit": "share",
        }
    )  # fmt: skip
    hostile = "<script>x</script> $9 or $19"
    products = pd.DataFrame({"product_id": ["a_b"], "name": [hostile]})
    table = display.tabulate_scorecard(
        {"Returned": rows, "Score": rows.iloc[:1]},
        caption="Products", products=products, words={"a b": "more than ordinary"},
    )  # fmt: skip
    assert table.headers == ("Product", "Base", "Returned", "Score", "Stands out")
    texts = [[cell.text for cell in row] for row in table.rows]
    assert texts[0][:2] == [hostile, "90"]
    assert texts[1][0] == "a b"
    assert texts[1][-2:] == ["–", "more than ordinary"]
    markup = table._repr_html_()
    assert "<script" not in markup
    assert markup.count("data-figure") == 5
