"""Design-based estimates against R's survey package (R 4.2.2, survey 4.1-1).

`apistrat` is `svydesign(id=~1, strata=~stype, weights=~pw, fpc=~fpc)` and `apiclus1`
`svydesign(id=~dnum, weights=~pw, fpc=~fpc)`. Raking is to type of school and
sch.wide, post-stratification to the type, calibration to the type and the total of
api99. The net promoter score stands on api00 cut into 0 to 10.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis import survey
from analysis.survey import Sample

REFERENCE = Path(__file__).parent / "reference"
TYPES = {"E": 4421, "H": 755, "M": 1018}
MARGINS = {"stype": TYPES, "sch.wide": {"No": 1072, "Yes": 5122}}
CLOSE = {"rel": 1e-8}
ERROR = {"rel": 1e-6}


def points(scores: pd.Series) -> np.ndarray:
    score = (scores // 80).clip(0, 10)
    return np.select([score >= 9, score <= 6], [100.0, -100.0], 0.0)


def schools(name: str) -> pd.DataFrame:
    frame = pd.read_csv(REFERENCE / f"{name}.csv")
    return frame.assign(points=points(frame["api00"]))


@pytest.fixture(scope="module")
def designs() -> dict[str, Sample]:
    stratified = Sample(
        schools("apistrat"), weights="pw", strata="stype", population="fpc"
    )
    clustered = Sample(
        schools("apiclus1"), weights="pw", clusters="dnum", population="fpc"
    )
    return {
        "stratified": stratified,
        "clustered": clustered,
        "raked": survey.adjust(clustered, MARGINS),
        "post-stratified": survey.adjust(clustered, {"stype": TYPES}),
        "calibrated": survey.adjust(
            clustered,
            {"stype": TYPES},
            totals={"api99": 3914069},
            technique="calibration",
        ),
    }


@pytest.mark.parametrize(
    ("design", "column", "value", "error"),
    [
        ("stratified", "api00", 662.287363159, 9.40894080278),
        ("stratified", "points", 10.7838227704, 5.83871051613),
        ("clustered", "api00", 644.169398907, 23.5422406938),
        ("clustered", "points", -2.73224043716, 14.7004620917),
        ("raked", "api00", 641.230320827, 23.7036168879),
        ("raked", "points", -4.29823019898, 14.7156145380),
        ("post-stratified", "api00", 642.310788212, 23.9204864451),
        ("calibrated", "api00", 665.309071166, 3.44175311640),
    ],
)
def test_means(designs, design, column, value, error):
    found = survey.mean(designs[design], column)
    assert found.value == pytest.approx(value, **CLOSE)
    assert found.standard_error == pytest.approx(error, **ERROR)


@pytest.mark.parametrize(
    ("design", "values", "errors"),
    [
        (
            "stratified",
            [674.43, 625.82, 636.60],
            [12.3824797939, 14.9371291854, 16.2147073082],
        ),
        (
            "raked",
            [647.446579228, 621.291861055, 629.021538267],
            [22.8084121941, 36.7431448778, 29.9628809591],
        ),
        (
            "calibrated",
            [674.704045513, 630.514879576, 650.313425844],
            [6.47806591338, 32.70004654009, 17.60625815009],
        ),
    ],
)
def test_means_of_domains(designs, design, values, errors):
    found = survey.mean(designs[design], "api00", by="stype")
    assert list(found) == ["E", "H", "M"]
    assert [one.value for one in found.values()] == pytest.approx(values, **CLOSE)
    assert [one.standard_error for one in found.values()] == pytest.approx(
        errors, **ERROR
    )


@pytest.mark.parametrize(
    ("design", "value", "error"),
    [
        ("clustered", 3404940.13453, 932235.027041),
        ("raked", 3647280.14807, 400603.256862),
    ],
)
def test_totals(designs, design, value, error):
    found = survey.total(designs[design], "enroll")
    assert found.value == pytest.approx(value, **CLOSE)
    assert found.standard_error == pytest.approx(error, **ERROR)


def test_ratio(designs):
    found = survey.ratio(designs["stratified"], "api.stu", over="enroll")
    assert found.value == pytest.approx(0.836956886941, **CLOSE)
    assert found.standard_error == pytest.approx(0.00775710316664, **ERROR)


@pytest.mark.parametrize(
    ("design", "replacement", "effect"),
    [
        ("stratified", False, 1.20445726854),
        ("stratified", True, 1.16556617145),
        ("clustered", False, 9.34586945059),
    ],
)
def test_design_effects(designs, design, replacement, effect):
    found = survey.design_effect(designs[design], "api00", replacement=replacement)
    assert found.value == pytest.approx(effect, **CLOSE)


# R: svyquantile(~api00, design, c(.25, .5, .75)), type "math", interval "mean".
@pytest.mark.parametrize(
    ("probability", "value", "low", "high", "error"),
    [
        (0.25, 565, 535, 597, 15.7194511320),
        (0.5, 668, 642, 694, 13.1840557882),
        (0.75, 756, 726, 778, 13.1840557882),
    ],
)
def test_quantiles(designs, probability, value, low, high, error):
    found = survey.quantile(designs["stratified"], "api00", probability=probability)
    assert (found.value, found.low, found.high) == (value, low, high)
    assert found.standard_error == pytest.approx(error, **ERROR)


def test_medians_of_domains(designs):
    found = survey.quantile(designs["stratified"], "api00", by="stype")
    errors = [20.6630630623, 19.6558950718, 18.6606598783]
    assert [one.value for one in found.values()] == [671, 635, 648]
    assert [one.standard_error for one in found.values()] == pytest.approx(
        errors, **ERROR
    )


@pytest.mark.parametrize(
    ("interval", "low", "high"),
    [
        ("logit", 0.823798892379, 0.911900077021),
        ("beta", 0.823702210848, 0.914704492127),
    ],
)
def test_intervals_of_a_share(designs, interval, low, high):
    sample = designs["clustered"]
    wide = sample.with_columns(wide=sample.frame["sch.wide"] == "Yes")
    found = survey.share(wide, "wide", interval=interval)
    assert (found.low, found.high) == pytest.approx((low, high), **CLOSE)


def test_linear_regression(designs):
    found = survey.regression(
        designs["stratified"], "api00", ["ell", "meals", "mobility"]
    )
    values = [820.887315906, -0.480586612172, -3.14153530999, 0.225713210230]
    errors = [10.0777359499, 0.391973403223, 0.283946506417, 0.393218362023]
    assert list(found) == ["intercept", "ell", "meals", "mobility"]
    assert [one.value for one in found.values()] == pytest.approx(values, **CLOSE)
    assert [one.standard_error for one in found.values()] == pytest.approx(
        errors, **ERROR
    )


# R: svyglm(I(sch.wide == "Yes") ~ ell + meals + stype, dstrat, family=quasibinomial).
def test_logistic_regression(designs):
    sample = designs["stratified"]
    wide = sample.with_columns(wide=sample.frame["sch.wide"] == "Yes")
    found = survey.regression(wide, "wide", ["ell", "meals", "stype"], family="logit")
    logarithms = [
        2.88610161381847,
        -0.01130380774495,
        -0.00444939005201,
        -2.51522884395042,
        -1.59859479081278,
    ]
    errors = [0.64384356468732, 0.0148430811279, 0.00909675855811, 0.55120691464114]
    assert list(found)[3:] == ["stype = H", "stype = M"]
    assert [np.log(one.value) for one in found.values()] == pytest.approx(
        logarithms, rel=1e-7
    )
    ratios = [one.standard_error / one.value for one in found.values()]
    assert ratios[:4] == pytest.approx(errors, **ERROR)
    assert found["stype = M"].p_value == pytest.approx(0.00169691179963, rel=1e-5)


# R: svyglm(api00 ~ ell, rake(dclus1, ...)).
def test_regression_knows_of_raking(designs):
    slope = survey.regression(designs["raked"], "api00", ["ell"])["ell"]
    assert slope.value == pytest.approx(-3.62454031497, **CLOSE)
    assert slope.standard_error == pytest.approx(0.428444075421, **ERROR)
    assert slope.p_value == pytest.approx(1.2065340766e-06, **ERROR)


def test_raked_weights(designs):
    weights = designs["raked"].frame.groupby(["stype", "sch.wide"])["weight"].first()
    expected = {
        ("E", "Yes"): 29.8706754927,
        ("E", "No"): 39.8392362471,
        ("H", "Yes"): 50.3294011160,
        ("H", "No"): 67.1255292412,
        ("M", "Yes"): 36.7910248641,
        ("M", "No"): 49.0690721639,
    }
    assert weights.to_dict() == pytest.approx(expected, **CLOSE)


def test_kish_base_of_raked_weights(designs):
    row = survey.moments(designs["raked"], "api00").table.loc["all"]
    assert row["kish"] == pytest.approx(174.011158551, **CLOSE)
    assert row["base"] / row["kish"] == pytest.approx(1.0516566956, **CLOSE)


# R: as.svrepdesign(design, type = "JK1" or "JKn"), weighted again.
@pytest.mark.parametrize(
    ("design", "finite", "value", "error"),
    [
        ("clustered", False, 644.169398907, 26.5941613577),
        ("raked", False, 641.230320827, 27.1442585776),
        ("clustered", True, 644.169398907, 26.32936),
        ("calibrated", False, 665.309071166, 3.98251),
        ("calibrated", True, 665.309071166, 3.94285),
        ("stratified", True, 662.287363159, 9.40894080278),
    ],
)
def test_jackknife(designs, design, finite, value, error):
    sample = designs[design] if finite else replace(designs[design], population=None)
    found = survey.replicate_estimate(
        sample,
        lambda frame, weights: np.average(frame["api00"], weights=weights),
        replicates=survey.replicates(sample, kind="jackknife"),
    )
    printed = len(str(error)) < 10
    assert found.value == pytest.approx(value, **CLOSE)
    assert found.standard_error == pytest.approx(error, rel=2e-6 if printed else 1e-6)


# R: svycontrast of svyby(~points, ~wave, svydesign(id=..., strata=..., weights=~pw)).
@pytest.mark.parametrize(
    ("clusters", "strata", "error"),
    [
        ("dnum", None, 4.17851583424),
        ("snum", None, 5.32032642275),
        ("dnum", "wave", 26.6757838263),
    ],
    ids=["districts", "schools", "as if other schools"],
)
def test_change_of_the_same_schools(clusters, strata, error):
    frame = pd.read_csv(REFERENCE / "apiclus2.csv")
    waves = [
        frame.assign(wave=name, points=points(frame[name]))
        for name in ("api99", "api00")
    ]
    sample = Sample(pd.concat(waves), weights="pw", clusters=clusters, strata=strata)
    found = survey.difference(sample, "points", by="wave", levels=("api00", "api99"))
    assert found.value == pytest.approx(11.9557195572, **CLOSE)
    assert found.standard_error == pytest.approx(error, **ERROR)
