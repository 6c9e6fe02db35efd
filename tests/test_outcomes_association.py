"""Correlations over people, products and months against scipy, R and papers."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis import outcomes
from analysis.outcomes.association.coefficients import METHODS, coefficients
from analysis.outcomes.association.reversal import VERDICTS
from analysis.study import Period, StudyError
from analysis.survey import Sample, replicates

PAIR = ("score", "spent")
SCHOOLS = Path(__file__).parent / "reference" / "apistrat.csv"
THEIRS = {
    "spearman": stats.spearmanr,
    "kendall": stats.kendalltau,
    "pearson": stats.pearsonr,
}


def people(n: int, *, effect: float, seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    score = rng.integers(0, 11, n)
    spent = np.round(effect * score + rng.normal(0, 3, n)).clip(0)
    return pd.DataFrame({"score": score, "spent": spent, "person": np.arange(n)})


def correlation(sample: Sample, seed: int = 2, number: int = 200):
    drawn = replicates(sample, rng=np.random.default_rng(seed), number=number)
    return outcomes.correlation(sample, PAIR, replicates=drawn)


def test_equal_weights_give_the_coefficient_of_scipy_with_ties():
    rows = people(300, effect=0.4)
    ours = correlation(Sample(rows))
    theirs = stats.spearmanr(rows["score"], rows["spent"]).statistic
    assert ours.value == pytest.approx(theirs, abs=1e-9)


def test_a_weight_of_two_is_the_same_row_twice():
    rows = people(60, effect=0.4).assign(weight=1.0)
    rows.loc[:20, "weight"] = 2.0
    twice = pd.concat([rows, rows.loc[:20]])
    ours = correlation(Sample(rows, weights="weight"))
    theirs = stats.spearmanr(twice["score"], twice["spent"]).statistic
    assert ours.value == pytest.approx(theirs, abs=1e-9)


def test_the_products_coefficient_has_the_error_of_bonett_and_wright():
    rows = people(25, effect=1.0)
    ours = outcomes.correlation_of_products(rows, PAIR)
    half = stats.t.ppf(0.975, 23) * np.sqrt((1 + ours.value**2 / 2) / 22)
    assert np.arctanh(ours.high) - np.arctanh(ours.value) == pytest.approx(half)


def test_the_same_generator_gives_the_same_interval():
    rows = Sample(people(100, effect=0.3))
    assert correlation(rows, seed=3) == correlation(rows, seed=3)


def test_answers_repeated_by_one_person_make_it_no_surer():
    rows = people(80, effect=0.3)
    once = correlation(Sample(rows, clusters="person"), seed=4)
    many = Sample(pd.concat([rows] * 5), clusters="person")
    repeated = correlation(many, seed=4)
    assert repeated.standard_error == pytest.approx(once.standard_error, rel=0.02)


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10_000))
def test_turning_a_column_round_turns_the_sign(seed):
    rows = people(40, effect=0.3, seed=seed)
    turned = rows.assign(spent=-rows["spent"])
    one = outcomes.correlation_of_products(rows, PAIR)
    other = outcomes.correlation_of_products(turned, PAIR)
    assert other.value == pytest.approx(-one.value)
    assert other.low == pytest.approx(-one.high)
    assert one.low <= one.value <= one.high


def test_the_interval_covers_the_truth_at_its_level():
    """Coverage over 200 simulated samples, in the 99 % band of its own noise."""
    truth = 6 / np.pi * np.arcsin(0.3 / 2)
    hits = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        rows = rng.multivariate_normal([0, 0], [[1, 0.3], [0.3, 1]], 150)
        frame = pd.DataFrame(rows, columns=list(PAIR))
        found = correlation(Sample(frame), seed=seed, number=60)
        hits += found.low <= truth <= found.high
    low, high = stats.binom.ppf([0.005, 0.995], 200, 0.95)
    assert low <= hits <= high


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (people(12, effect=1), "takes 20 rows"),
        (people(50, effect=1).assign(spent=1.0), "same in all"),
    ],
)
def test_what_cannot_be_correlated_says_why(rows, message):
    with pytest.raises(StudyError, match=message):
        correlation(Sample(rows))


def test_only_closed_windows_count_and_nobody_is_doubled():
    answers = Sample(pd.DataFrame({"response_id": ["a", "b"], "recommend": [9, 2]}))
    done = pd.DataFrame(
        {
            "response_id": ["a", "b"],
            "closed": [True, False],
            "lines": [0, 3],
            "returned_lines": [0, 1],
            "revenue": [0.0, 9.0],
        }
    )
    frame = outcomes.after_answers(answers, done).frame
    assert frame["response_id"].tolist() == ["a", "b"]
    assert frame["revenue_after"].tolist()[:1] == [0.0]
    assert frame["revenue_after"].isna().tolist() == [False, True]
    assert frame["returned_after"].isna().all()


def drawn_from(sample: Sample, seed: int = 2, number: int = 200):
    return replicates(sample, rng=np.random.default_rng(seed), number=number)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.tuples(st.integers(0, 10), st.integers(0, 40), st.integers(0, 3)),
        min_size=4,
        max_size=60,
    )
)
def test_a_weighted_coefficient_is_that_of_scipy_on_repeated_rows(rows):
    x, y, times = np.array(rows, dtype=float).T
    again = times.astype(int)
    long = np.repeat(x, again), np.repeat(y, again)
    if len(long[0]) < 2 or not all(np.ptp(one) for one in long):
        return
    found = coefficients(x, y, np.column_stack([np.ones(len(x)), times]))
    for method, theirs in THEIRS.items():
        assert found[method][1] == pytest.approx(theirs(*long).statistic, abs=1e-9)


def test_kendall_counts_pairs_where_no_value_repeats():
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(2, 500))
    y += x
    found = coefficients(x, y, rng.random((500, 3)), methods=["kendall"])["kendall"]
    plain = coefficients(x, y, np.ones((500, 1)), methods=["kendall"])["kendall"]
    assert plain[0] == pytest.approx(stats.kendalltau(x, y).statistic, abs=1e-12)
    assert len(set(found)) == 3


def test_weighted_schools_have_the_coefficients_of_r():
    """R 4.2: cov2cor(svyvar(~api00+meals)), and cor() on rows repeated round(pw)."""
    schools = pd.read_csv(SCHOOLS)
    x, y, weights = (schools[name].to_numpy() for name in ("api00", "meals", "pw"))
    found = coefficients(x, y, np.column_stack([weights, weights.round()]))
    assert found["pearson"][0] == pytest.approx(-0.809781898393, abs=1e-10)
    assert found["spearman"][1] == pytest.approx(-0.809162012203, abs=1e-10)
    plain = coefficients(x, y, np.ones((len(x), 1)), methods=["kendall"])
    assert plain["kendall"][0] == pytest.approx(-0.571209328547, abs=1e-10)


def test_residual_ranks_of_schools_correlate_as_in_r():
    """R: r <- resid(lm(rank(api00) ~ stype + sch.wide)), q of meals; cor(r, q)."""
    schools = Sample(pd.read_csv(SCHOOLS))
    found = outcomes.partial_correlation(
        schools,
        ("api00", "meals"),
        replicates=drawn_from(schools, number=20),
        given=["stype", "sch.wide"],
    )
    assert found.value == pytest.approx(-0.862658299755, abs=1e-10)


def test_a_partial_correlation_given_a_number_is_the_textbook_formula():
    rng = np.random.default_rng(3)
    held = rng.normal(size=200)
    frame = pd.DataFrame({"score": held + rng.normal(size=200), "held": held})
    frame["spent"] = held + rng.normal(size=200)
    sample = Sample(frame)
    found = outcomes.partial_correlation(
        sample, PAIR, replicates=drawn_from(sample), given=["held"]
    )
    xy, xz, yz = (
        stats.spearmanr(frame[a], frame[b]).statistic
        for a, b in (PAIR, ("score", "held"), ("spent", "held"))
    )
    formula = (xy - xz * yz) / np.sqrt((1 - xz**2) * (1 - yz**2))
    assert found.value == pytest.approx(formula, abs=1e-10)
    assert found.low < 0 < found.high


BERKELEY = {  # Bickel, Hammel and O'Connell 1975: men admitted, rejected, women so too
    "A": (512, 313, 89, 19),
    "B": (353, 207, 17, 8),
    "C": (120, 205, 202, 391),
    "D": (138, 279, 131, 244),
    "E": (53, 138, 94, 299),
    "F": (22, 351, 24, 317),
}


def test_the_departments_of_berkeley_make_the_admission_of_men_go_away():
    kinds = pd.DataFrame(
        [(1, 1), (1, 0), (0, 1), (0, 0)], columns=["man", "admitted"], dtype=float
    )
    parts = [
        kinds.loc[kinds.index.repeat(counts)].assign(department=name)
        for name, counts in BERKELEY.items()
    ]
    sample = Sample(pd.concat(parts, ignore_index=True))
    found = outcomes.reversals(
        sample,
        by="department",
        replicates=drawn_from(sample),
        pairs={"men": ("man", "admitted")},
    )
    assert found.raw["men"].value == pytest.approx(0.142731760206, abs=1e-10)  # R
    assert found.within["men"].value == pytest.approx(-0.0178349571886, abs=1e-10)
    in_a = found.groups["men"]["A"]
    assert in_a.value == pytest.approx(-0.135965498433, abs=1e-10)
    assert in_a.high < 0
    assert found.verdicts == {"men": VERDICTS["gone"]}


def grouped(slopes, shifts, n=400):
    rng = np.random.default_rng(5)
    parts = []
    for name, slope, shift in zip("abc", slopes, shifts, strict=False):
        score = rng.normal(shift, 1, n)
        level = {"score": score, "group": name}
        spent = 3 * shift + slope * (score - shift) + rng.normal(size=n)
        parts.append(pd.DataFrame(level | {"spent": spent}))
    return Sample(pd.concat(parts, ignore_index=True))


@pytest.mark.parametrize(
    ("slopes", "shifts", "verdict"),
    [
        ((0.5, 0.5), (0, 0), "same"),
        ((0.5, 0.5), (0, 2), "weaker"),
        ((-0.5, -0.5), (0, 2), "reversed"),
        ((0.0, 0.0), (0, 2), "gone"),
        ((0.9, 0.9, -0.5), (0, 0, 0), "mixed"),
        ((0.0, 0.0), (0, 0), "unclear"),
    ],
)
def test_what_groups_do_to_a_correlation_is_said(slopes, shifts, verdict):
    sample = grouped(slopes, shifts)
    found = outcomes.reversals(
        sample, by="group", replicates=drawn_from(sample), pairs={"one": PAIR}
    )
    assert found.verdicts["one"] == VERDICTS[verdict]
    assert found.within["one"].source.endswith("reversal.reversals")


def test_all_coefficients_know_that_people_answer_twice():
    rows = people(150, effect=0.3).rename(columns={"score": "recommend"})
    rows["revenue_after"] = rows["spent"]
    once = Sample(rows, clusters="person")
    twice = Sample(pd.concat([rows, rows], ignore_index=True), clusters="person")
    few = outcomes.correlations(once, replicates=drawn_from(once, number=400))
    many = outcomes.correlations(twice, replicates=drawn_from(twice, number=400))
    assert list(few) == list(METHODS)
    for method in METHODS:
        one, two = (found[method]["recommend and revenue"] for found in (few, many))
        assert two.standard_error == pytest.approx(one.standard_error, rel=0.02)


def test_behaviour_that_hardly_anyone_shows_is_left_out_and_said():
    rows = people(200, effect=0.3).rename(columns={"score": "recommend"})
    rows["revenue_after"], rows["left_after"] = rows["spent"], 0.0
    rows.loc[:4, "left_after"] = 1.0
    pairs, refused = outcomes.known_pairs(Sample(rows))
    assert list(pairs) == ["recommend and revenue"]
    assert "all but 5 people" in refused["recommend and leaving"]
    with pytest.raises(StudyError, match="No answer can be set beside"):
        outcomes.known_pairs(Sample(rows[["recommend", "left_after"]]))


def products(n: int, *, error: float, truth: float = -0.6, seed: int = 1):
    rng = np.random.default_rng(seed)
    rating, back = rng.multivariate_normal([0, 0], [[1, truth], [truth, 1]], n).T
    rating = rating + rng.normal(0, np.sqrt(error), n)
    columns = {"rating": rating, "return_rate": back, "rating_variance": error}
    return pd.DataFrame(columns)


def test_the_correction_is_spearmans_and_finds_nothing_by_itself():
    rows = products(40, error=0.3)
    reliable = outcomes.product_reliabilities(rows)["rating"].value
    assert reliable == pytest.approx(1 - 0.3 / rows["rating"].var())
    raw = outcomes.correlation_of_products(
        rows, ("rating", "return_rate"), method="pearson"
    )
    found = outcomes.corrected_correlations(rows)["rating and return rate"]
    assert found.value == pytest.approx(raw.value / np.sqrt(reliable))
    assert found.low == pytest.approx(max(-1, raw.low / np.sqrt(reliable)))
    assert found.p_value == raw.p_value
    assert found.excludes_zero == raw.excludes_zero


def test_the_correction_finds_the_truth_that_the_plain_figure_misses():
    found, plain = [], []
    for seed in range(80):
        rows = products(60, error=0.5, seed=seed)
        one = outcomes.corrected_correlation(rows, ("rating", "return_rate"))
        if not np.isnan(one.value):
            found.append(one.value)
        plain.append(rows["rating"].corr(rows["return_rate"]))
    assert np.mean(found) == pytest.approx(-0.6, abs=0.04)
    assert np.mean(plain) > -0.52


def test_a_rating_that_chance_could_explain_is_not_corrected():
    found = outcomes.corrected_correlations(products(40, error=4.0))
    one = found["rating and return rate"]
    assert np.isnan([one.value, one.low, one.high]).all()
    assert one.base == 40


def test_the_errors_of_products_come_from_their_bases():
    reviews = pd.DataFrame(
        {
            "product_id": ["p"] * 3 + ["q"] * 2,
            "source": "review",
            "rating": [1.0, 3.0, 5.0, 2.0, 2.0],
            "occurred_on": pd.Timestamp("2026-05-01"),
        }
    )
    months = pd.DataFrame(
        {"product_id": ["p", "q"], "period": "2026-05", "closed_lines": [101, 11]}
    )
    side = pd.DataFrame({"product_id": ["p", "q"], "ratings": [3, 2]})
    side["return_rate"] = [0.1, 0.5]
    made = outcomes.with_variances(side, months, reviews, period=Period.parse("2026Q3"))
    pooled = (2 * 4.0 + 0.0) / 3
    assert made["rating_variance"].tolist() == pytest.approx([pooled / 3, pooled / 2])
    assert made["return_rate_variance"].tolist() == pytest.approx([0.0009, 0.025])


def test_kendall_and_pearson_over_products_have_their_own_errors():
    rows = people(30, effect=1.0)
    for method, error in (("kendall", np.sqrt(0.437 / 26)), ("pearson", 27**-0.5)):
        found = outcomes.correlation_of_products(rows, PAIR, method=method)
        assert found.value == pytest.approx(
            THEIRS[method](rows["score"], rows["spent"]).statistic
        )
        half = stats.t.ppf(0.975, 28) * error
        assert np.arctanh(found.high) - np.arctanh(found.value) == pytest.approx(half)


def series(n: int, *, lag: int, seed: int = 4) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    score = rng.normal(size=n)
    later = -np.roll(score, lag) + rng.normal(0, 0.3, n)
    return pd.DataFrame({"score": score, "outcome": later})


def lags_of(months: pd.DataFrame, **words):
    rng = np.random.default_rng(6)
    return outcomes.lead_lags(months, ("score", "outcome"), rng=rng, **words)


def test_the_lag_is_found_where_it_is_and_the_placebo_tells_before_from_after():
    ahead, behind = lags_of(series(48, lag=2)), lags_of(series(48, lag=-2))
    assert min(ahead, key=lambda name: ahead[name].value) == "2 months later"
    assert min(behind, key=lambda name: behind[name].value) == "2 months earlier"
    assert "not with earlier" in outcomes.lead_lag_verdict(ahead)
    assert "earlier outcomes only" in outcomes.lead_lag_verdict(behind)
    assert lags_of(series(48, lag=2)) == ahead


def test_a_shared_trend_goes_with_all_lags_and_changes_take_it_out():
    months = series(60, lag=1) * 0.2
    months = months.add(np.arange(60) / 5, axis=0)
    level, change = lags_of(months), lags_of(months, form="change")
    assert "earlier outcomes as well" in outcomes.lead_lag_verdict(level)
    assert all(one.value > 0.9 for one in level.values())
    assert abs(change["4 months earlier"].value) < 0.5


def test_a_missing_month_is_no_neighbour():
    months = series(40, lag=0)
    months.loc[10:12, "outcome"] = np.nan
    found = lags_of(months, lags=[0])["same month"]
    kept = months.dropna()
    theirs = stats.spearmanr(kept["score"], kept["outcome"]).statistic
    assert found.value == pytest.approx(theirs)
    assert found.base == 37


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: lags_of(series(1, lag=0)), "have 1 months in common, and 12"),
        (lambda: lags_of(series(30, lag=0).assign(score=1.0)), "same in all"),
        (lambda: lags_of(series(30, lag=0), form="log"), "level or change"),
        (
            lambda: outcomes.correlations_of_products(products(6, error=0.1)),
            "takes 10 rows with both; there are 6",
        ),
        (
            lambda: outcomes.corrected_correlations(
                products(20, error=0.1).assign(return_rate=0.0)
            ),
            "return_rate is the same in all rows",
        ),
        (
            lambda: outcomes.reversals(
                Sample(people(50, effect=1).assign(segment="all")),
                by="segment",
                replicates=drawn_from(Sample(people(50, effect=1))),
            ),
            "single level",
        ),
        (
            lambda: outcomes.correlation(
                Sample(people(50, effect=1)),
                PAIR,
                replicates=drawn_from(Sample(people(40, effect=1))),
            ),
            "draw them from this sample",
        ),
        (
            lambda: outcomes.correlation(
                Sample(people(50, effect=1)),
                PAIR,
                replicates=drawn_from(Sample(people(50, effect=1))),
                method="eta",
            ),
            "not 'eta'",
        ),
    ],
)
def test_bad_input_is_said_in_plain_words(call, message):
    with pytest.raises(StudyError, match=message):
        call()


# --- products at equal prices -----------------------------------------------------


def priced(n: int, *, effect: float, seed: int) -> pd.DataFrame:
    """Dear products are rated lower and come back more, whatever the rating does."""
    rng = np.random.default_rng(seed)
    price = rng.normal(size=n)
    rating = rng.normal(size=n) - price
    back = rng.normal(size=n) + price - effect * (rating + price)
    return pd.DataFrame({"price": price, "rating": rating, "return_rate": back})


def test_prices_held_fixed_is_the_correlation_of_residual_ranks():
    rows = priced(40, effect=0.0, seed=1)
    ranks = rows.rank()
    left = [
        ranks[name]
        - np.polyval(np.polyfit(ranks["price"], ranks[name], 1), ranks["price"])
        for name in ("rating", "return_rate")
    ]
    ours = outcomes.partial_correlations_of_products(rows)["rating and return rate"]
    assert ours.value == pytest.approx(np.corrcoef(*left)[0, 1])


def test_a_link_that_is_only_price_is_gone_and_a_true_one_stays():
    name, alone, found = "rating and return rate", [], []
    for seed in range(60):
        rows = priced(25, effect=0.0, seed=seed)
        alone.append(outcomes.correlations_of_products(rows)["spearman"][name].high < 0)
        one = outcomes.partial_correlations_of_products(rows)[name]
        found.append(one.low <= 0 <= one.high)
    assert np.mean(alone) > 0.4
    assert np.mean(found) > 0.87
    true = priced(60, effect=1.0, seed=1)
    assert outcomes.partial_correlations_of_products(true)[name].high < 0
