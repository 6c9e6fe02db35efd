"""What respondents do next: against R, its own jackknife and simulated companies.

R 4.2.2, survey 4.1-1; the schools stand for customers, their tested pupils for order
lines and `good` for lines that came back:

    library(survey)
    s <- read.csv("apistrat.csv"); c1 <- read.csv("apiclus1.csv")
    s$good <- round(s$api.stu*s$api00/1000); c1$good <- round(c1$api.stu*c1$api00/1000)
    d <- svydesign(id=~1, strata=~stype, weights=~pw, data=s)
    e <- svydesign(id=~dnum, weights=~pw, data=c1)
    fine <- list(epsilon=1e-14)
    svyglm(cbind(good, api.stu-good) ~ meals + ell, d, family=quasibinomial,
           control=fine)
    svyglm(enroll ~ meals + ell, d, family=quasipoisson, control=fine)
    svyglm(cbind(good, api.stu-good) ~ meals, e, family=quasibinomial, control=fine)
    svyglm(enroll ~ meals, e, family=Gamma(link="log"), control=fine)
    lines <- function(w, dat) { f <- glm(cbind(good, api.stu-good) ~ meals,
      family=quasibinomial, data=dat, weights=w, subset=w>0, control=fine)
      p <- plogis(cbind(1, dat$meals) %*% coef(f)); n <- dat$api.stu
      100*coef(f)[2]*sum(w*n*p*(1-p))/sum(w*n) }
    count <- function(w, dat) { f <- glm(enroll ~ meals, family=quasipoisson,
      data=dat, weights=w, subset=w>0, control=fine)
      m <- exp(cbind(1, dat$meals) %*% coef(f)); 100*coef(f)[2]*sum(w*m)/sum(w) }
    withReplicates(as.svrepdesign(e, type="JK1"), lines)    # and count
    withReplicates(as.svrepdesign(d, type="JKn"), lines)    # and count
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.special import expit

from analysis import contracts, outcomes, survey
from analysis.estimate import Estimate
from analysis.outcomes.afterwards import spend_effects
from analysis.outcomes.effects import rows_with
from analysis.study import StudyError
from analysis.survey import Sample

REFERENCE = Path(__file__).parent / "reference"
ERROR = {"rel": 1e-5}
FIGURES = {
    "returns": outcomes.returns_after,
    "purchases": outcomes.purchases_after,
    "leaving": outcomes.churn_after,
    "spend": lambda *args, **kw: outcomes.spend_after(*args, **kw)["all customers"],
    "buyers": lambda *args, **kw: outcomes.spend_after(*args, **kw)["spend of buyers"],
    "worth": lambda *args, **kw: outcomes.worth_of_a_point(*args, **kw)["net"],
}


def schools(name, **design):
    frame = pd.read_csv(REFERENCE / f"{name}.csv")
    good = (frame["api.stu"] * frame["api00"] / 1000).round()
    columns = {"lines_after": frame["api.stu"], "returned_lines_after": good}
    return Sample(frame.assign(**columns), weights="pw", **design)


@pytest.fixture(scope="module")
def designs():
    return {
        "stratified": schools("apistrat", strata="stype"),
        "clustered": schools("apiclus1", clusters="dnum"),
    }


def drawn(seed, *, n=600, base=-2.0, slope=-0.15, tail=0.0):
    """Answers of people, some of them twice; the loyal answer more often."""
    rng = np.random.default_rng(seed)
    people = int(n * 0.6)
    who = rng.integers(0, people, n)
    loyal = (rng.random(people) < 0.4)[who]
    score = 7.5 + 0.8 * loyal + rng.normal(0, 1, people)[who] + rng.normal(0, 1.3, n)
    score = score.round().clip(0, 10)
    rate = np.exp(
        0.05 * (score - 8) + 0.3 * loyal + 0.5 * rng.normal(0, 1, people)[who]
    )
    lines = rng.poisson(rate * rng.gamma(1.5, 1 / 1.5, n)).astype(float)
    habit = rng.normal(0, 0.6, people)[who]
    returned = rng.binomial(
        lines.astype(int), expit(base + slope * (score - 8) + habit)
    )
    purse = np.exp(tail * rng.normal(0, 1, people)[who] + 0.4 * rng.normal(0, 1, n))
    revenue = lines * 40 * purse
    refund = revenue * returned / np.maximum(lines, 1)
    frame = pd.DataFrame(
        {
            "recommend": score,
            "person": who,
            "segment": np.where(loyal, "loyal", "new"),
            "period": rng.choice(["2026Q1", "2026Q2"], n),
            "lines_after": lines,
            "returned_lines_after": returned.astype(float),
            "revenue_after": revenue,
            "net_after": revenue - refund,
            "left_after": (rng.random(n) < expit(-2 - 0.12 * (score - 8))).astype(
                float
            ),
        }
    )
    answers = rng.random(n) < expit(0.8 * loyal)
    return frame[answers].reset_index(drop=True)


def weighted(frame):
    margins = {"segment": {"new": 600.0, "loyal": 400.0}}
    return survey.adjust(Sample(frame, clusters="person"), margins)


def coefficients(sample, names, outcome, **model):
    """Coefficients with their errors, the question first among the names."""
    rows = rows_with(sample, names[0], [outcome], adjust=names[1:])
    trials = model.pop("trials", None)
    curve = rows.curve(
        sample.frame[outcome].to_numpy(float),
        trials=None if trials is None else sample.frame[trials].to_numpy(float),
        **model,
    )
    errors = [
        rows.effect(value, curve.influence[:, place])
        .estimate(sample, unit="score")
        .standard_error
        for place, value in enumerate(curve.coefficients)
    ]
    return curve.coefficients, errors


@pytest.mark.parametrize(
    ("design", "names", "outcome", "model", "values", "errors"),
    [
        (
            "stratified",
            ["meals", "ell"],
            "returned_lines_after",
            {"kind": "chance", "trials": "lines_after"},
            [1.28829205545335, -0.01361647670512, -0.00144705353876],
            [0.05098552580898, 0.00126190952252, 0.00169423847674],
        ),
        (
            "stratified",
            ["meals", "ell"],
            "enroll",
            {"kind": "count"},
            [6.43075829673388, -0.00167839920526, 0.00169179578478],
            [0.07701347325772, 0.00221564407042, 0.00262674373243],
        ),
        (
            "clustered",
            ["meals"],
            "returned_lines_after",
            {"kind": "chance", "trials": "lines_after"},
            [1.2277455656527, -0.0136355245774],
            [0.15017592362992, 0.00203734311392],
        ),
    ],
)
def test_chances_and_counts_are_those_of_r(
    designs, design, names, outcome, model, values, errors
):
    ours = coefficients(designs[design], names, outcome, **model)
    assert ours[0] == pytest.approx(values, rel=1e-8)
    assert ours[1] == pytest.approx(errors, **ERROR)


def test_money_has_the_mean_of_r_and_nearly_its_error(designs):
    """R takes the expected curvature for the error; we take the observed one."""
    values, errors = coefficients(
        designs["clustered"], ["meals"], "enroll", kind="money"
    )
    assert values == pytest.approx([6.47150269192436, -0.00327708675094], rel=1e-6)
    assert errors == pytest.approx([0.14443200740211, 0.00128588692596], rel=0.08)


@pytest.mark.parametrize(
    ("design", "lines", "count"),
    [
        ("clustered", (-0.3074085377, 0.03761), (-168.0928297, 85.20431)),
        ("stratified", (-0.3178459662, 0.01677), (-45.46979848, 90.61754)),
    ],
)
def test_differences_are_those_of_r_and_their_errors_near_its_jackknife(
    designs, design, lines, count
):
    sample = designs[design]
    found = outcomes.returns_after(sample, "meals")
    assert found.value == pytest.approx(lines[0], rel=1e-8)
    near = {"rel": 0.02 if design == "stratified" else 0.13}  # 15 clusters are few
    assert found.standard_error == pytest.approx(lines[1], **near)
    enrolled = sample.with_columns(lines_after=sample.frame["enroll"])
    found = outcomes.purchases_after(enrolled, "meals")
    assert found.value == pytest.approx(count[0], rel=1e-8)
    assert found.standard_error == pytest.approx(count[1], **near)


@pytest.mark.parametrize("figure", FIGURES)
def test_every_error_is_that_of_the_jackknife(figure):
    """Weights are raked anew in each replicate: the error knows the margins."""
    frame = drawn(1, n=3000)
    teams = np.random.default_rng(2).integers(0, 50, 10_000)
    sample = weighted(frame.assign(person=teams[frame["person"]]))
    left_out = survey.replicates(sample, kind="jackknife")

    def value(_frame, weights):
        used = weights > 0
        rows = sample.frame[used].assign(weight=weights[used])
        return FIGURES[figure](Sample(rows, weights="weight"), "recommend").value

    linear = FIGURES[figure](sample, "recommend")
    theirs = survey.replicate_estimate(sample, value, replicates=left_out)
    assert linear.value == pytest.approx(theirs.value)
    assert linear.standard_error == pytest.approx(theirs.standard_error, rel=0.06)


def test_the_two_parts_give_the_derivative_of_the_mean():
    """One hundredth of a point more, put into both curves by hand."""
    frame = drawn(3)
    sample, spent = Sample(frame), frame["revenue_after"].to_numpy()
    rows = rows_with(sample, "recommend", ["revenue_after"])
    buyers = spent > 0
    chance = rows.curve(buyers.astype(float), kind="chance")
    money = rows.within(buyers).curve(spent[buyers], kind="money")

    def mean(shift):
        moved = rows.matrix + np.array([0, shift])
        return (chance.at(moved)[0] * money.at(moved)[0]).mean()

    by_hand = (mean(0.01) - mean(-0.01)) / 0.02
    found = outcomes.spend_after(sample, "recommend")["all customers"]
    assert found.value == pytest.approx(by_hand, rel=1e-4)


@pytest.mark.parametrize("figure", FIGURES)
@settings(max_examples=8)
@given(factor=st.floats(0.01, 50), weight=st.floats(0.1, 30))
def test_units_of_question_and_weights_do_what_they_must(figure, factor, weight):
    frame = drawn(4, n=300).assign(weight=1.0)
    statistic = FIGURES[figure]
    whole = statistic(Sample(frame, clusters="person", weights="weight"), "recommend")
    other = frame.assign(
        scaled=frame["recommend"] * factor,
        turned=10 - frame["recommend"],
        weight=weight,
    )
    sample = Sample(other, clusters="person", weights="weight")
    scaled, turned = statistic(sample, "scaled"), statistic(sample, "turned")
    assert scaled.value * factor == pytest.approx(whole.value, rel=1e-6, abs=1e-9)
    assert scaled.high * factor == pytest.approx(whole.high, rel=1e-6, abs=1e-9)
    assert turned.value == pytest.approx(-whole.value, rel=1e-6, abs=1e-9)
    assert turned.low == pytest.approx(-whole.high, rel=1e-6, abs=1e-9)
    assert scaled.p_value == pytest.approx(whole.p_value, rel=1e-5)


def test_the_same_people_asked_twice_make_it_no_surer():
    frame = drawn(5)
    once = outcomes.returns_after(Sample(frame, clusters="person"), "recommend")
    twice = Sample(pd.concat([frame, frame]), clusters="person")
    again = outcomes.returns_after(twice, "recommend")
    assert again.standard_error == pytest.approx(once.standard_error)


def test_revenue_less_refunds_is_what_is_kept_and_knows_the_same_customers():
    found = outcomes.worth_of_a_point(weighted(drawn(6)), "recommend", days=90)
    kept = found["revenue"].value - found["refunds"].value
    assert kept == pytest.approx(found["net"].value)
    apart = np.hypot(found["revenue"].standard_error, found["net"].standard_error)
    assert found["refunds"].standard_error < 0.7 * apart


def test_comparing_within_segments_takes_their_part_out():
    """Loyal customers score higher and buy more; within them nothing follows."""
    rng = np.random.default_rng(7)
    loyal = rng.random(4000) < 0.5
    score = np.clip(np.round(6 + 3 * loyal + rng.normal(0, 1, 4000)), 0, 10)
    frame = pd.DataFrame({"recommend": score, "segment": np.where(loyal, "a", "b")})
    sample = Sample(frame.assign(lines_after=rng.poisson(1 + loyal).astype(float)))
    assert outcomes.purchases_after(sample, "recommend").low > 10
    within = outcomes.purchases_after(sample, "recommend", adjust=["segment"])
    assert within.low < 0 < within.high


def test_intervals_cover_at_their_level():
    """100 companies of about 330 answers; the larger run is in `methods.md`."""
    big = weighted(drawn(900, n=120_000))
    sizes = {"returns": 0, "purchases": 0}
    truth = {name: FIGURES[name](big, "recommend").value for name in sizes}
    for seed in range(100):
        sample = weighted(drawn(seed))
        for name in sizes:
            one = FIGURES[name](sample, "recommend")
            sizes[name] += one.low <= truth[name] <= one.high
    low, high = stats.binom.ppf([0.005, 0.995], 100, 0.95)
    assert all(low <= hits <= high for hits in sizes.values()), sizes


def test_a_difference_as_large_as_the_smallest_visible_is_found_in_four_of_five():
    rng = np.random.default_rng(8)
    limit = stats.norm.isf(0.0125)
    for error in (0.3, 7.0):
        one = Estimate(
            value=0, standard_error=error, low=-1, high=1, base=9, unit="per_hundred"
        )
        seen = outcomes.smallest_visible(one)
        drawn_z = rng.normal(seen.value / error, 1, 20_000)
        assert (np.abs(drawn_z) > limit).mean() == pytest.approx(0.8, abs=0.012)


def test_robustness_values_are_the_published_ones_of_darfur():
    """Cinelli and Hazlett (2020), table 1: t = 4.18 with 783 degrees of freedom."""
    assert outcomes.robustness_value(4.18, 783) == pytest.approx(0.139, abs=5e-4)
    at_level = outcomes.robustness_value(4.18, 783, level=0.05)
    assert at_level == pytest.approx(0.076, abs=5e-4)
    explained = 4.18**2 / (4.18**2 + 783)
    assert explained == pytest.approx(0.022, abs=5e-4)
    assert outcomes.robustness_value(0.5, 783, level=0.05) == 0


def test_robustness_of_equal_weights_is_that_of_the_linear_regression():
    frame = drawn(9)
    x, y = frame["recommend"], frame["lines_after"]
    line = stats.linregress(x, y)
    plain = outcomes.robustness_value(line.slope / line.stderr, len(frame) - 2)
    ours = outcomes.robustness(Sample(frame), "recommend", outcome="lines")
    assert ours.value == pytest.approx(plain)
    assert ours.low <= ours.value <= ours.high


def test_something_hidden_that_strong_takes_the_difference_away():
    """A hidden column that explains the robustness value of both, made to measure."""
    frame = drawn(9, n=2000)
    x, y = frame["recommend"], frame["lines_after"]
    value = outcomes.robustness(Sample(frame), "recommend", outcome="lines").value
    rng = np.random.default_rng(10)
    one = np.ones(len(x))

    def left(target, *by):
        by = np.column_stack([one, *by])
        return target - by @ np.linalg.lstsq(by, target, rcond=None)[0]

    rx = left(x)
    ry = left(y, x)
    noise = left(rng.normal(size=len(x)), x, y)
    # Explains `value` of the question, and `value` of the outcome given the question.
    part = np.sqrt(value) * rx / np.linalg.norm(rx)
    rest = np.sqrt(1 - value) * (
        np.sqrt(value) * ry / np.linalg.norm(ry)
        + np.sqrt(1 - value) * noise / np.linalg.norm(noise)
    )
    slope = stats.linregress(x, y).slope
    hidden = part + np.sign(slope) * rest
    both = np.column_stack([one, x, hidden])
    assert np.linalg.lstsq(both, y, rcond=None)[0][1] == pytest.approx(0, abs=1e-9)


def test_what_a_known_column_explains_is_its_partial_r_squared():
    frame = drawn(14)
    left_out = survey.replicates(Sample(frame), rng=np.random.default_rng(1), number=50)
    found = outcomes.known_strength(
        Sample(frame), "recommend", "segment", replicates=left_out, outcome="lines"
    )
    loyal = frame["segment"].eq("loyal").astype(float)
    score, lines = frame["recommend"], frame["lines_after"]
    plain = stats.pearsonr(score, loyal).statistic
    to_lines = stats.pearsonr(lines, loyal).statistic
    of_lines = stats.pearsonr(lines, score).statistic
    partial = (to_lines - plain * of_lines) ** 2 / (1 - plain**2) / (1 - of_lines**2)
    assert found["score"].value == pytest.approx(plain**2)
    assert found["outcome"].value == pytest.approx(partial)


def test_returns_by_score_and_the_curve_through_them_agree():
    sample = weighted(drawn(11, n=4000))
    observed = outcomes.returns_by_score(sample, "recommend")
    line = outcomes.expected_returns(sample, "recommend")
    assert list(observed) == list(line) == sorted(observed, key=float)
    bought = sample.frame[sample.frame["lines_after"] > 0]
    assert sum(one.base for one in observed.values()) == len(bought)
    lines = bought["weight"] * bought["lines_after"]
    by_score = lines.groupby(bought["recommend"].map("{:g}".format)).sum()
    sums = [
        sum(f[k].value * by_score[k] for k in by_score.index) for f in (observed, line)
    ]
    assert sums[0] == pytest.approx(sums[1])  # the score equation of the intercept


def changed(**columns):
    return Sample(drawn(12).assign(**columns))


@pytest.mark.parametrize(
    ("sample", "statistic", "message"),
    [
        (changed(lines_after=np.nan), "returns", "0 answers .* closed window"),
        (changed(returned_lines_after=0.0), "returns", "0 sent something back"),
        (
            changed(returned_lines_after=drawn(12)["lines_after"]),
            "returns",
            "0 kept something",
        ),
        (changed(recommend=9.0), "returns", "have recommend = 9: where it does not"),
        (changed(recommend="nine"), "returns", "recommend is no number"),
        (changed(net_after=-1.0), "worth", "The mean is -1"),
        (changed(lines_after=0.0), "purchases", "0 bought something"),
        (
            changed(left_after=(drawn(12)["recommend"] < 7).astype(float)),
            "leaving",
            "foretell without fail",
        ),
        (changed(net_after=np.nan), "worth", "0 answers .* closed window"),
        (changed(left_after=1.0), "leaving", "0 had not left"),
    ],
)
def test_what_cannot_be_told_says_why(sample, statistic, message):
    with pytest.raises(StudyError, match=message):
        FIGURES[statistic](sample, "recommend")


def test_what_cannot_be_adjusted_for_says_why():
    one_wave = changed(period="2026Q1", twice=drawn(12)["recommend"] * 2)
    with pytest.raises(StudyError, match="have period = 2026Q1"):
        outcomes.returns_after(one_wave, "recommend", adjust=["segment", "period"])
    with pytest.raises(StudyError, match="repeats the question"):
        outcomes.returns_after(one_wave, "recommend", adjust=["twice"])
    with pytest.raises(StudyError, match="after or before, not 'soon'"):
        outcomes.returns_after(one_wave, "recommend", when="soon")
    with pytest.raises(StudyError, match="no column lines_before"):
        outcomes.purchases_after(one_wave, "recommend", when="before")


def test_one_customer_who_decides_the_sum_is_not_spoken_of():
    frame = drawn(13)
    frame.loc[frame["lines_after"].idxmax(), "revenue_after"] = 1e6
    with pytest.raises(StudyError, match="One customer makes up"):
        spend_effects(Sample(frame), "recommend")


def test_only_closed_windows_count_and_the_placebo_has_the_same_people():
    answers = pd.DataFrame(
        {
            "response_id": list("abc"),
            "customer_id": list("xyz"),
            "responded_on": pd.Timestamp("2026-01-05 12:00"),
        }
    )
    around = pd.DataFrame(
        {
            "response_id": list("abc"),
            "closed": [True, True, False],
            "lines": [2, 0, 3],
            "returned_lines": [1, 0, 0],
            "revenue": [50.0, 0.0, 9.0],
            "refund": [20.0, 0.0, 0.0],
            "lines_before": [1, 4, 5],
            "returned_before": [0, 1, 1],
            "revenue_before": [7.0, 8.0, 9.0],
            "before_known": [True, False, True],
        }
    )
    left = pd.to_datetime(["2026-04-05", "2026-04-06", None])
    customers = pd.DataFrame({"customer_id": list("xyz"), "left_on": left})
    sample = outcomes.after_answers(Sample(answers), around, customers=customers)
    frame = sample.frame.set_index("response_id")
    assert frame["lines_after"].dropna().to_dict() == {"a": 2, "b": 0}
    assert frame["net_after"].dropna().to_dict() == {"a": 30, "b": 0}
    assert frame["returned_after"].dropna().to_dict() == {"a": 0.5}
    assert frame["lines_before"].dropna().to_dict() == {"a": 1}
    assert frame["left_after"].dropna().to_dict() == {"a": 1, "b": 0}


def test_the_planted_truths_of_the_demo_come_back(demo, monkeypatch):
    monkeypatch.setenv("ANALYSIS_HOME", str(demo.home))
    tables = contracts.Tables.open("demo", demo.period)
    sample = survey.respondents(tables.responses, weights=tables.weights)
    sample = outcomes.after_answers(sample, tables.response_outcomes)
    truths = json.loads((REFERENCE / "demo_truths.json").read_text("utf-8"))["returns"]
    after = outcomes.returns_after(sample, "recommend")
    before = outcomes.returns_after(sample, "recommend", when="before")
    assert after.standard_error == pytest.approx(0.305, rel=0.02)
    assert after.low < 100 * truths["slope_after"] < after.high < 0
    assert before.low < 100 * truths["slope_before"] < before.high
    assert outcomes.purchases_after(sample, "recommend").low > 0
    assert outcomes.worth_of_a_point(sample, "recommend")["net"].low > 0
