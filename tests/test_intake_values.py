import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.intake.values import dates, flags, is_among, numbers

MOMENTS = st.datetimes(
    min_value=pd.Timestamp("1900-01-01").to_pydatetime(),
    max_value=pd.Timestamp("2199-12-31").to_pydatetime(),
)
WRITTEN = {
    "iso": ["%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%SZ", "%Y/%m/%d %I:%M:%S %p CET"],
    "day_first": ["%d/%m/%Y %H:%M:%S", "%d.%m.%Y %H:%M:%S", "%Y-%m-%d %H:%M:%S"],
    "month_first": ["%m/%d/%Y %H:%M:%S", "%m/%d/%Y %I:%M:%S %p"],
    "%d %b %Y, %H:%M:%S": ["%d %b %Y, %H:%M:%S"],
}


@pytest.mark.parametrize("order", WRITTEN)
@given(moment=MOMENTS)
def test_a_moment_is_read_back_as_it_was_written(order, moment):
    texts = pd.Series([moment.strftime(form) for form in WRITTEN[order]])
    values, bad = dates(texts, order=order)
    assert not bad.any()
    assert (values == moment.replace(microsecond=0)).all()


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("30/09/2026", "iso"),
        ("30/09/2026", "month_first"),
        ("09/30/2026", "day_first"),
        ("2026-02-30", "iso"),
        ("2026-09-30 25:00", "iso"),
        ("2026-09-30 13:00 PM", "iso"),
        ("30/09/26", "day_first"),
        ("2026-09/30", "iso"),
        ("0001-01-01", "iso"),
        ("9999-12-31", "iso"),
        ("yesterday", "iso"),
        ("2026-09-30 x", "iso"),
        ("2026-09-30", "%d.%m.%Y"),
    ],
)
def test_what_is_no_such_date_is_not_guessed(text, order):
    values, bad = dates(pd.Series([text, None]), order=order)
    assert values.isna().all()
    assert bad.tolist() == [True, False]


def test_the_clock_of_the_customer_counts():
    values, _ = dates(pd.Series(["2026-09-30T23:30:00-05:00"]))
    assert values[0] == pd.Timestamp("2026-09-30 23:30")


@given(value=st.floats(allow_nan=False, allow_infinity=False, width=32))
def test_a_number_is_read_back_as_it_was_written(value):
    values, bad = numbers(pd.Series([repr(value)]))
    assert values[0] == value
    assert not bad[0]


@pytest.mark.parametrize("text", ["9,5", "nan", "inf", "1_000", "0x10", "ten", "9 9"])
def test_what_is_no_number_is_not_guessed(text):
    values, bad = numbers(pd.Series([text]))
    assert values.isna()[0]
    assert bad[0]


@given(value=st.floats(allow_nan=False, allow_infinity=False, width=32))
def test_a_number_with_a_comma_is_read_back_as_it_was_written(value):
    texts = [repr(value).replace(".", ",")]
    if 1e-4 < abs(value) < 1e15:
        swap = str.maketrans(",.", ".,")
        texts.append(f"{value:,.9f}".translate(swap))  # 1.246,780000000
    values, bad = numbers(pd.Series(texts), decimal=",")
    assert not bad.any()
    assert values.tolist() == pytest.approx([value] * len(texts), rel=1e-4)


@pytest.mark.parametrize("text", ["9.5", "1.24,5", "0.123", "1,2,3", "1.2345", ","])
def test_a_point_only_parts_off_thousands_where_a_comma_is_decimal(text):
    assert numbers(pd.Series([text]), decimal=",")[1][0]


def test_flags_and_codes():
    values, bad = flags(pd.Series(["TRUE", "no", "2", None]))
    assert values.tolist() == [True, False, pd.NA, pd.NA]
    assert bad.tolist() == [False, False, True, False]
    cells = pd.Series(["11", "11.0", "prefer not to say", "1"])
    assert is_among(cells, [11, "prefer not to say"]).tolist() == [True] * 3 + [False]
