"""Replicates agree with linearisation, and reproduce the weighting each time."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis import survey
from analysis.study import StudyError
from analysis.survey import Sample

MARGINS = {"segment": {"a": 3000, "b": 1000}, "region": {"n": 2500, "s": 1500}}


def mean_score(frame: pd.DataFrame, weights: np.ndarray) -> float:
    return float(np.average(frame["score"], weights=weights))


@pytest.fixture(scope="module")
def people() -> Sample:
    """Return 150 people in three strata with one to three answers each."""
    rng = np.random.default_rng(8)
    person = np.repeat(np.arange(150), rng.integers(1, 4, 150))
    segment = rng.choice(["a", "b"], 150, p=[0.6, 0.4])[person]
    frame = pd.DataFrame(
        {
            "person": person,
            "stratum": person % 3,
            "segment": segment,
            "region": rng.choice(["n", "s"], 150)[person],
            "start": rng.gamma(4, 0.25, 150)[person] + 0.1,
        }
    )
    noise = rng.normal(size=150)[person] + rng.normal(size=len(frame))
    frame["score"] = 5 + 3 * (segment == "a") + noise
    frame["people"] = 200
    return Sample(frame, weights="start", clusters="person", strata="stratum")


def made(people: Sample, how: str) -> Sample:
    if how == "raked":
        return survey.adjust(people, MARGINS)
    if how == "trimmed":
        return survey.adjust(people, MARGINS, trim=2.2)
    if how == "calibrated":
        return survey.adjust(people, MARGINS, technique="calibration")
    return replace(people, population="people") if how == "finite" else people


# Stated tolerance: the jackknife within 3 % of linearisation at 150 clusters, the
# bootstrap within 8 % with 1,500 draws.
@pytest.mark.parametrize("how", ["plain", "finite", "raked", "trimmed", "calibrated"])
def test_replicates_and_linearisation_agree(people, how):
    sample = made(people, how)
    linear = survey.mean(sample, "score")
    jackknife = survey.replicates(sample, kind="jackknife")
    bootstrap = survey.replicates(sample, rng=np.random.default_rng(1), number=1500)
    for drawn, tolerance in ((jackknife, 0.03), (bootstrap, 0.08)):
        found = survey.replicate_estimate(sample, mean_score, replicates=drawn)
        assert found.value == pytest.approx(linear.value)
        assert found.standard_error == pytest.approx(
            linear.standard_error, rel=tolerance
        )


@pytest.mark.parametrize("how", ["raked", "trimmed", "calibrated"])
@pytest.mark.parametrize("kind", ["jackknife", "bootstrap"])
def test_every_replicate_reproduces_the_margins(people, how, kind):
    sample = made(people, how)
    drawn = survey.replicates(
        sample, kind=kind, rng=np.random.default_rng(2), number=60
    )
    for name, totals in MARGINS.items():
        sums = pd.DataFrame(drawn.weights).groupby(sample.frame[name]).sum()
        wanted = np.array([totals[level] for level in sums.index])[:, None]
        assert np.allclose(sums.to_numpy(), wanted, rtol=1e-7)
    if how == "trimmed":
        most = 2.2 * sample.frame["weight"].mean()
        times = (
            survey.replicates(
                people, kind=kind, rng=np.random.default_rng(2), number=60
            ).weights
            / people.frame[["start"]].to_numpy()
        )
        assert sample.frame["weight"].max() == pytest.approx(most)
        kept = (drawn.weights <= most * times * (1 + 1e-5)).all(axis=0)
        assert kept.mean() > 0.9


def test_raking_gains_what_replicates_see(people):
    errors = [
        survey.replicate_estimate(
            sample, mean_score, replicates=survey.replicates(sample, kind="jackknife")
        ).standard_error
        for sample in (people, made(people, "raked"))
    ]
    assert errors[1] < 0.8 * errors[0]


def test_the_bootstrap_is_its_seed_and_no_more(people):
    shuffled = replace(people, frame=people.frame.sample(frac=1, random_state=3))
    first, second = (
        survey.replicate_estimate(
            one,
            mean_score,
            replicates=survey.replicates(one, rng=np.random.default_rng(7), number=50),
        )
        for one in (people, shuffled)
    )
    assert first.standard_error == pytest.approx(second.standard_error)


def test_rows_outside_the_weighting_keep_their_weight(people):
    frame = people.frame.assign(
        segment=people.frame["segment"].where(people.frame["person"] != 5),
        weight=people.frame["start"] * 2,
    )
    sample = replace(
        people,
        frame=frame,
        weights="weight",
        base_weights="start",
        margins=("segment", "region"),
    )
    drawn = survey.replicates(sample, kind="jackknife")
    found = survey.replicate_estimate(sample, mean_score, replicates=drawn)
    linear = survey.mean(sample, "score").standard_error
    assert found.standard_error == pytest.approx(linear, rel=0.03)


def test_several_statistics_come_as_a_mapping_with_tests_and_scales(people):
    def figures(frame: pd.DataFrame, weights: np.ndarray) -> dict[str, float]:
        covariance = np.cov(frame["score"], frame["person"], aweights=weights)
        spread = np.sqrt(np.diag(covariance))
        return {"r": covariance[0, 1] / spread.prod()}

    drawn = survey.replicates(people, rng=np.random.default_rng(4), number=200)
    found = survey.replicate_estimate(
        people,
        figures,
        replicates=drawn,
        unit="correlation",
        scale="fisher",
        against=0.0,
    )
    assert list(found) == ["r"]
    assert -1 < found["r"].low < found["r"].value < found["r"].high < 1
    assert 0 < found["r"].p_value < 1
    assert found["r"].source.endswith("replicate_estimate")


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda one: survey.replicates(one, kind="brr"), "bootstrap or jackknife"),
        (survey.replicates, "takes a generator"),
        (
            lambda one: survey.replicates(
                one, rng=np.random.default_rng(1), number=10**7
            ),
            "do not fit into memory",
        ),
        (
            lambda one: survey.replicate_estimate(
                one.only("segment", "a"),
                mean_score,
                replicates=survey.replicates(one, kind="jackknife"),
            ),
            "draw them from this sample",
        ),
        (
            lambda one: survey.replicate_estimate(
                one,
                lambda frame, weights: 1 / weights.min() if weights.min() else np.nan,
                replicates=survey.replicates(one, kind="jackknife"),
            ),
            "missing in 150 of 150 replicates",
        ),
    ],
)
def test_what_cannot_be_replicated_is_refused(people, ask, message):
    with pytest.raises(StudyError, match=message):
        ask(people)
