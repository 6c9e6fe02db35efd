"""What a change is made of: known answers, exact sums and planted parts."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from analysis.metrics.behaviour import return_rate
from analysis.metrics.bridge import bridge, mix_contributions, within_contributions
from analysis.metrics.change import change
from analysis.metrics.decomposition import das_gupta
from analysis.metrics.scores import effort, net_promoter
from analysis.metrics.waves import segments_of
from analysis.settings import Scale
from analysis.study import StudyError
from analysis.survey import Sample, adjust

BOTH = ("2026Q3", "2026Q2")
EASE = replace(effort, scale=Scale(low=1, high=7))
HARD = replace(effort, scale=Scale(low=1, high=7, good="low"))
SEGMENTS = np.array(["loyal", "new", "regular"])


def made(seed=1, n=600):
    """Two waves in which the mix, the answers and who responds differ."""
    rng = np.random.default_rng(seed)
    mixes = [[0.5, 0.2, 0.3], [0.35, 0.4, 0.25]]
    waves = [
        pd.DataFrame(
            {
                "customer_id": rng.choice(2 * n, n, replace=False).astype(str),
                "segment": rng.choice(SEGMENTS, n, p=mix),
                "region": rng.choice(["north", "south"], n),
                "period": period,
            }
        )
        for mix, period in zip(mixes, BOTH[::-1], strict=True)
    ]
    frame = pd.concat(waves, ignore_index=True)
    level = frame["segment"].map({"loyal": 8.6, "new": 6.5, "regular": 7.8})
    drop = (frame["segment"] == "new") & (frame["period"] == BOTH[0])
    raw = level - drop + rng.normal(0, 2, len(frame))
    frame["recommend"] = raw.round().clip(0, 10)
    frame["effort"] = (raw * 0.6).round().clip(1, 7)
    return frame


def weighted(frame):
    margins = {}
    for name in ("segment", "region"):
        frame = frame.assign(**{f"cell_{name}": frame["period"] + " " + frame[name]})
        cells = sorted(set(frame[f"cell_{name}"]))
        sizes = np.linspace(1, 2, len(cells) // 2)
        sizes = np.tile(sizes / sizes.sum(), 2) * 1000
        margins[f"cell_{name}"] = dict(zip(cells, sizes, strict=True))
    return adjust(Sample(frame, clusters="customer_id"), margins, trim=4.0)


def parts(sample, metric=net_promoter, *, by="segment", number=50):
    rng = np.random.default_rng(7)
    return bridge(sample, metric, by=by, periods=BOTH, rng=rng, number=number)


def test_two_factors_give_kitagawa():
    """Awards Yes less No by school type, of apipop in the R package survey 4.1-1.

    Rows with api00, meals, ell and avg.ed; counts and sums of api00 by stype E, H, M.
    """
    counts = np.array([[1072, 466, 445], [3185, 287, 561]])
    sums = np.array([[668282, 284996, 273031], [2196484, 192104, 386887]])
    shares, means = counts / counts.sum(axis=1, keepdims=True), sums / counts
    mix, rate = das_gupta([shares[0], means[0]], [shares[1], means[1]])
    assert mix.sum() == pytest.approx(3.0492588406, abs=1e-9)
    assert rate.sum() == pytest.approx(66.7309205393, abs=1e-9)


def test_three_factors_follow_the_published_formula():
    """Das Gupta (1993), three factors: (bc+BC)/3 + (bC+Bc)/6 times A - a."""
    a, b, c, new_a, new_b, new_c = 2.0, 3.0, 5.0, 2.5, 3.5, 4.0
    expected = (b * c + new_b * new_c) / 3 + (b * new_c + new_b * c) / 6
    first = das_gupta([a, b, c], [new_a, new_b, new_c])[0]
    assert first == pytest.approx(expected * (new_a - a))


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 5), st.data())
def test_effects_add_up_and_do_not_depend_on_the_order(n, data):
    factors = arrays(float, (2, n, 3), elements=st.floats(-9, 9, width=32))
    before, now = data.draw(factors)
    effects = das_gupta(list(before), list(now))
    total = now.prod(axis=0) - before.prod(axis=0)
    assert np.sum(effects, axis=0) == pytest.approx(total, abs=1e-6)
    turned = das_gupta(list(before[::-1]), list(now[::-1]))[::-1]
    assert np.array(turned) == pytest.approx(np.array(effects), abs=1e-6)


@pytest.mark.parametrize("metric", [net_promoter, EASE], ids=["nps", "ces"])
def test_the_parts_add_up_to_the_published_change(metric):
    sample = weighted(made())
    found = parts(sample, metric)
    published = change(sample, metric, periods=BOTH)
    assert found["total"].value == published.value
    assert (found["total"].low, found["total"].high) == (published.low, published.high)
    value = {name: one.value for name, one in found.items()}
    assert value["mix"] + value["weighting"] == pytest.approx(
        value["customer mix"], abs=1e-9
    )
    assert value["customer mix"] + value["within"] == pytest.approx(
        published.value, abs=1e-9
    )
    words = {"by": "segment", "periods": BOTH, "number": 30}
    for name, function in (
        ("within", within_contributions),
        ("customer mix", mix_contributions),
    ):
        each = function(sample, metric, rng=np.random.default_rng(1), **words)
        total = sum(one.value for one in each.values())
        assert total == pytest.approx(value[name], abs=1e-9)


def test_the_error_within_is_near_that_of_the_change():
    found = parts(weighted(made()), number=400)
    within = found["within"].standard_error
    assert within == pytest.approx(found["total"].standard_error, rel=0.15)
    assert found["customer mix"].standard_error < found["mix"].standard_error


def test_where_the_zero_of_the_scale_lies_changes_no_part():
    frame = made()
    sample = weighted(frame)
    high, low = parts(sample, EASE), parts(sample, HARD)
    for name in high:
        assert high[name].value == pytest.approx(-low[name].value, abs=1e-9)


def test_nothing_but_response_moves_only_what_weighting_takes_back():
    """The same customers, the same answers; twice as many of the new ones answer."""
    before = pd.DataFrame({"segment": ["new", "old"] * 20, "recommend": [3, 10] * 20})
    more = before[before["segment"] == "new"]
    now = pd.concat([before, more]).assign(period=BOTH[0])
    frame = pd.concat([before.assign(period=BOTH[1]), now], ignore_index=True)
    frame["cell"] = frame["period"] + frame["segment"]
    margins = {"cell": {f"{p}{s}": 50.0 for p in BOTH for s in ("new", "old")}}
    found = parts(adjust(Sample(frame), margins))
    assert found["mix"].value < -10
    assert found["weighting"].value == pytest.approx(-found["mix"].value)
    for name in ("customer mix", "within", "total"):
        assert found[name].value == pytest.approx(0, abs=1e-9)


def test_a_segment_of_one_period_alone_is_mix():
    frame = made()
    frame = frame[(frame["segment"] != "new") | (frame["period"] == BOTH[0])]
    sample = Sample(frame, clusters="customer_id")
    words = {"by": "segment", "periods": BOTH, "number": 30}
    within = within_contributions(
        sample, net_promoter, rng=np.random.default_rng(1), **words
    )
    assert set(within) == {"loyal", "regular"}
    found = parts(sample)
    assert found["customer mix"].value + found["within"].value == pytest.approx(
        found["total"].value, abs=1e-9
    )
    assert list(found) == ["customer mix", "within", "total"]


def test_small_segments_are_put_together_and_missing_ones_named():
    frame = pd.DataFrame(
        {
            "recommend": 9,
            "period": list(BOTH) * 22,
            "segment": ["big"] * 20 + ["mid"] * 14 + ["few"] * 4 + [None] * 6,
        }
    )
    words = {"by": "segment", "periods": BOTH}
    found = segments_of(Sample(frame), net_promoter, **words)
    placed = dict(zip(found["level"], found["segment"], strict=True))
    others = "other segments"
    assert placed == {"big": "big", "mid": "mid", "few": others, "not known": others}
    assert found[["now", "before"]].to_numpy().sum() == len(frame)
    with pytest.raises(StudyError, match="no mix to tell"):
        segments_of(Sample(frame.iloc[34:]), net_promoter, **words)
    with pytest.raises(StudyError, match="No answers of 2030"):
        segments_of(
            Sample(frame), net_promoter, by="segment", periods=(BOTH[0], "2030")
        )


def test_a_rate_of_order_lines_is_divided_by_lines():
    rng = np.random.default_rng(4)
    frame = made()
    frame["closed_lines"] = rng.integers(0, 5, len(frame))
    chance = frame["segment"].map({"loyal": 0.05, "new": 0.3, "regular": 0.1})
    frame["returned_closed_lines"] = rng.binomial(frame["closed_lines"], chance)
    sample = Sample(frame, clusters="customer_id")
    found = parts(sample, return_rate, number=200)
    assert found["customer mix"].value + found["within"].value == pytest.approx(
        change(sample, return_rate, periods=BOTH).value, abs=1e-9
    )
    assert found["customer mix"].low > 0
    assert found["within"].unit == "share_difference"


def test_many_customers_are_drawn_in_groups_with_the_same_error():
    frame = made(n=3000)
    sample = Sample(frame.assign(person=np.arange(len(frame))), clusters="person")
    error = parts(sample, number=400)["within"].standard_error
    assert error == pytest.approx(
        change(sample, net_promoter, periods=BOTH).standard_error, rel=0.15
    )


def test_intervals_cover_the_planted_parts():
    """60 companies of known mix and answers, within the 99.9 % band of 95 %."""
    mixes = np.array([[0.5, 0.2, 0.3], [0.35, 0.4, 0.25]])
    chances = np.array([[0.6, 0.4, 0.3], [0.55, 0.3, 0.35]])
    means = 100 * (2 * chances - 1)
    customer_mix, within = das_gupta([mixes[0], means[0]], [mixes[1], means[1]])
    truth = {"customer mix": customer_mix.sum(), "within": within.sum()}
    rng, held = np.random.default_rng(11), []
    for _ in range(60):
        found = parts(_answers_of(mixes, chances, rng), number=60)
        held.append([found[n].low <= truth[n] <= found[n].high for n in truth])
    shares = np.mean(held, axis=0)
    assert np.all(shares > 0.85)


def _answers_of(mixes, chances, rng, n=150):
    codes = [rng.choice(3, n, p=mix) for mix in mixes]
    hits = [rng.random(n) < p[one] for p, one in zip(chances, codes, strict=True)]
    frame = pd.DataFrame(
        {
            "segment": SEGMENTS[np.concatenate(codes)],
            "recommend": np.where(np.concatenate(hits), 10, 0),
            "period": np.repeat(BOTH[::-1], n),
        }
    )
    return Sample(frame)


def test_a_metric_with_too_little_to_tell_has_parts_without_numbers():
    sample = Sample(made())
    shy = replace(net_promoter, least=10_000)
    found = parts(sample, shy)
    assert all(np.isnan(one.value) and one.p_value is None for one in found.values())
    each = within_contributions(
        sample, shy, by="segment", periods=BOTH, rng=np.random.default_rng(1), number=9
    )
    assert all(np.isnan(one.value) for one in each.values())
