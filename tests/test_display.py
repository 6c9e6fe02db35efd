"""Numbers as words, tables for every reader, and charts that can be read."""

import itertools
import re
import sys

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from analysis import display
from analysis.display.drivers import VERDICTS
from analysis.display.formats import UNITS, is_missing
from analysis.display.palette import THEME
from analysis.display.show import render_svg
from analysis.estimate import UNITS as ESTIMATED

NAN = float("nan")
MONTHS = ["2026-01", "2026-02", "2026-03", "2026-05"]
LEVELS = ["new customers", "loyal customers who buy in every month", "lapsed", "trade"]


def made_rows(values, *, unit="points", half=4.0, levels=None, **more):
    values = pd.Series(values, dtype=float)
    levels = levels or LEVELS[: len(values)]
    columns = {
        "key": [f"nps_segment/{level}" for level in levels],
        "metric": "nps",
        "level": levels,
        "period": "2026Q3",
        "value": values,
        "low": values - half,
        "high": values + half,
        "base": 1204.0,
        "unit": unit,
        "withheld": values.isna(),
    }
    return pd.DataFrame(columns | more)


def made_trend():
    periods = [f"2025-{month:02d}" for month in range(1, 13)]
    lines = [
        made_rows(np.linspace(low, low + 5, 12), levels=periods, period=periods)
        for low in (10, 30, 31)
    ]
    return pd.concat(
        [line.assign(level=level) for line, level in zip(lines, LEVELS, strict=False)]
    )


STAGES = ["awareness", "purchase", "delivery", "use", "support", "return"]
TONES = [
    [0.1, 0.5, -0.6, NAN, -0.9, -0.2],
    [0.2, 0.6, -0.3, 0.5, 0.0, 0.1],
    [0.0, 0.4, -0.5, 0.3, -0.7, -0.4],
    [0.3, 0.7, -0.2, 0.9, -0.1, 0.0],
]
GROUPS = ["0", "1", "2", "3+"]
GRADES = ["2", "8", "9", "10"]
SHARES = made_rows([0.2, 0.5, 0.2, 0.1], unit="share", half=0.02)
SCALE = made_rows([0.1] * 11, unit="share", half=0.02, levels=list(range(11)))


def made_products(products=60):
    rng = np.random.default_rng(1)
    base = np.geomspace(12, 3000, products).round()
    rows = made_rows(
        rng.binomial(base.astype(int), 0.1) / base,
        unit="share",
        half=0.02,
        levels=[f"p{i}" for i in range(products)],
    ).assign(base=base)
    rows.loc[rows.index[-4:], "value"] = [0.3, 0.31, 0.32, 0.6]
    return rows


def made_limits(level, half):
    base = np.geomspace(12, 3000, 30)
    spread = half + half * np.sqrt(12 / base)
    ends = {"low": np.maximum(0.1 - spread, 0), "high": 0.1 + spread}
    return pd.DataFrame({"level": level, "base": base, "centre": 0.1, **ends})


def made_curves():
    day = np.arange(0, 181)
    lines = [
        pd.DataFrame({"level": level, "day": day, "value": 1 - drop * (1 - 0.95**day)})
        for level, drop in (("all", 0.1), ("p1", 0.11), ("p2", 0.3))
    ]
    curves = pd.concat(lines)
    return curves.assign(low=curves["value"] - 0.02, high=curves["value"] + 0.02)


PRODUCTS = {f"p{i}": f"Lamp {i} of <b>$9 or $19 with shade" for i in range(60)}
CHARTS = {
    "intervals": lambda: display.draw_intervals(
        made_rows([12, 41, -8, NAN]),
        title="Loyal customers would recommend us most, lapsed customers would not",
        reference=24.0,
        reference_label="all",
    ),
    "amounts": lambda: display.draw_intervals(
        made_rows([1048.2, 39.1], unit="amount"), title="Revenue", currency="USD"
    ),
    "difference": lambda: display.draw_difference(
        made_rows([-0.1, 0.2, 0.01], unit="share_difference", half=0.05),
        title="Themes of promoters",
    ),
    "lifts": lambda: display.draw_lifts(
        made_rows([2.0, 0.5, 0.0], unit="ratio", half=0.4), title="Codes together"
    ),
    "lags": lambda: display.draw_lags(
        made_rows(
            [-0.3, 0.2, -1.0, -1.1, NAN, 0.2, 0.1],
            unit="per_hundred",
            half=0.8,
            levels=[
                *("2 before", "1 before", "same period"),
                *(f"{n} after" for n in range(1, 5)),
            ],
        ),
        title="Returns per point of the score, by quarters before and after the answer",
        name="returns per 100 lines",
        period="quarter",
    ),
    "saturation": lambda: display.draw_saturation(
        pd.DataFrame(
            {
                "documents": [2, 20, 200],
                "codes": [1, 8, 12],
                "unit": "share",
                "value": [0.5, 0.8, 1.0],
                "low": [0.1, 0.7, 0.9],
                "high": [0.9, 0.9, 1.0],
            }
        ),
        title="What the codes cover",
    ),
    "agreement": lambda: display.draw_agreement(
        made_rows([0.9, 0.7, 0.3], unit="correlation", half=0.1), title="Agreement"
    ),
    "trend": lambda: display.draw_trend(
        made_trend(), title="Trend", breaks=["2025-06"], limits={"centre": 20.0}
    ),
    "journey": lambda: display.draw_journey(
        pd.concat(
            made_rows(values, unit="score", half=0.2, levels=STAGES, by=group)
            for group, values in zip(LEVELS, TONES, strict=True)
        ),
        title="How customers feel on their way",
        stages=STAGES,
    ),
    "shares": lambda: display.draw_shares_compared(
        SHARES, SHARES, SHARES, title="Segments"
    ),
    "groups": lambda: display.draw_score_groups(
        *[
            made_rows([share, 1 / 3, 1 / 3, NAN], unit="share")
            for share in (0.2, 0.3, 0.5)
        ],
        title="Who would recommend us",
    ),
    "scale": lambda: display.draw_scale_distribution(SCALE, title="Answers"),
    "weights": lambda: display.draw_weights(
        pd.Series(np.linspace(0.2, 3, 400)), title="Weights", trimmed_at=2.0
    ),
    "holdout": lambda: display.draw_holdout(
        made_rows([0.2, 0.5, 1.0, 2.2], unit="ratio", half=0.1, levels=GROUPS),
        made_rows([0.3, 0.8, NAN, 2.1], unit="ratio", half=0.1, levels=GROUPS),
        title="What the model predicted and what customers then did",
    ),
    "alive": lambda: display.draw_alive(
        pd.Series(np.linspace(0, 1, 400)), title="Who would still buy"
    ),
    "bridge": lambda: display.draw_bridge(
        made_rows([-3, -9, 1], levels=["customer mix", "within", "total"]),
        ends=made_rows([36, 24], levels=["a", "b"], period=["2026Q2", "2026Q3"]),
        title="What the fall of the score is made of",
    ),
    "control chart": lambda: display.draw_control_chart(
        made_rows([30, 31, 29, 44], levels=MONTHS, period=MONTHS),
        limits=made_rows([30, 26, 34], levels=["centre", "low_limit", "high_limit"]),
        signals=pd.DataFrame(
            [("outside", "2026-05", "2026-05"), ("run", "2026-01", "2026-03")],
            columns=["rule", "start", "end"],
        ),
        title="Score by month",
        since="2026-05",
    ),
    "goals": lambda: display.draw_goals(
        made_rows([12, 41], goal=["nps", "nps, segment: new"], target=20.0).assign(
            baseline=[8.0, NAN], status=["off track", "reached"]
        ),
        title="Where the goals stand",
    ),
    "benchmarks": lambda: display.draw_benchmarks(
        made_rows(
            [12, 41], benchmark=["nps, Retail", "nps, Shops"], outside=20.0
        ).assign(
            outside_low=[15.0, NAN], outside_high=30.0, verdict=["below", "above it"]
        ),
        title="Our figures beside those of others",
    ),
    "funnel": lambda: display.draw_funnel(
        made_products(),
        pd.concat([made_limits(0.95, 0.04), made_limits(0.998, 0.07)]),
        title="Which products come back more often than products ordinarily do",
        names=PRODUCTS,
        outside=["p56", "p57", "p58", "p59"],
    ),
    "shrinkage": lambda: display.draw_shrinkage(
        made_products(12), made_products(12), title="Returns", names=PRODUCTS
    ),
    "dose": lambda: display.draw_dose(
        made_rows([NAN, 0.2, 0.12, 0.1], unit="share", half=0.06, levels=GRADES),
        made_rows([0.2, 0.17, 0.13, 0.1], unit="share", half=0.02, levels=GRADES),
        title="Who scores higher sends back less",
    ),
    "before and after": lambda: display.draw_before_after(
        made_rows([-1.4, 5.1, 0.2], unit="per_hundred", half=0.6),
        made_rows([0.2, -0.3], unit="per_hundred", half=0.6),
        title="What goes with one point more, after the answer and before it",
    ),
    "lead lag": lambda: display.draw_lead_lag(
        made_rows(
            [0.1, -0.2, -0.6],
            unit="correlation",
            half=0.3,
            levels=["1 month earlier", "same month", "1 month later"],
        ),
        title="The score of a month and returns of months before and after it",
    ),
    "kept": lambda: display.draw_kept(
        made_curves(), title="How many are kept", names={**PRODUCTS, "all": "all"}
    ),
    "drivers": lambda: display.draw_drivers(
        made_rows([0.4, 0.3, 0.2, NAN], unit="share", half=0.05),
        title="What goes with recommending us",
        verdicts=pd.DataFrame({"level": LEVELS, "verdict": list(VERDICTS)}),
        reference=0.25,
        reference_label="equal share",
    ),
    "map": lambda: display.draw_importance_performance(
        made_rows([0.4, 0.41, 0.2, 0.21], unit="share", half=0.05),
        made_rows([3.4, 3.41, 4.0, 4.02], unit="score", half=0.1),
        title="Where drivers stand by importance and performance",
        verdicts=pd.DataFrame({"level": LEVELS, "verdict": list(VERDICTS)}),
    ),
}


@pytest.fixture(params=CHARTS)
def figure(request):
    return CHARTS[request.param]()


def test_every_unit_of_an_estimate_can_be_written():
    assert set(UNITS) == set(ESTIMATED)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.24349, "share", "24.3 %"),
        (0.0004, "share", "0.04 %"),
        (0.0, "share", "0.0 %"),
        (31.24, "points", "+31.2"),
        (-0.04, "points", "0.0"),
        (-12.0, "points", "−12.0"),
        (4.1266, "score", "4.13"),
        (1234567, "count", "1,234,567"),
        (-0.314, "correlation", "−0.31"),
        (48.2, "amount", "€ 48.20"),
        (-1234.5, "amount", "−€ 1,234"),
        (12.34, "days", "12.3 days"),
        (3.21, "per_hundred", "3.2 per 100"),
        (3.21, "amount_difference", "+€ 3.21"),
        (-1.2, "per_thousand_difference", "−1.2 per 1,000"),
        (float("inf"), "ratio", "∞"),
        (NAN, "share", "–"),
        (None, "count", "–"),
        (pd.NA, "count", "–"),
    ],
)
def test_values_are_written_as_readers_expect(value, unit, text):
    assert display.format_value(value, unit) == text


def test_a_currency_without_a_sign_is_named():
    assert display.format_value(5, "amount", "CHF") == "CHF 5.00"


def test_an_unknown_unit_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="known units are: points, share"):
        display.format_value(1.0, "furlongs")


@given(
    st.floats(allow_nan=True, allow_infinity=True),
    st.sampled_from(UNITS),
    st.sampled_from([None, True, False]),
)
def test_no_number_is_written_with_a_hyphen_or_as_minus_zero(value, unit, signed):
    text = display.format_value(value, unit, signed=signed)
    assert not re.search(r"-.*\d", text)
    assert not re.fullmatch(r"[−+]\D*0(\.0+)?\D*", text)
    assert is_missing(value) == (text == "–")


@given(st.lists(st.text(min_size=1), min_size=2, max_size=2, unique=True))
def test_different_keys_have_different_safe_anchors(keys):
    first, second = map(display.anchor, keys)
    assert first != second
    assert re.fullmatch(r"[A-Za-z0-9_-]+", first)


@pytest.mark.parametrize("wrong", [-0.1, 1.1])
def test_a_p_value_outside_its_range_is_refused(wrong):
    with pytest.raises(ValueError, match="between 0 and 1"):
        display.format_p(wrong)


def test_every_number_of_a_table_links_to_its_figure():
    rows = made_rows([12.0, 41.0], p_value=[0.01, NAN], grade=["D", None])
    columns = ["level", "value", "interval", "base", "p_value", "grade"]
    table = display.tabulate_figures(rows, caption="By segment", columns=columns)
    markup = table._repr_html_()
    numbers = re.findall(r'<td class="number">(.*?)</td>', markup)
    assert len(numbers) == 8
    assert all(
        number.startswith('<a class="figure" href="#figure-') for number in numbers
    )
    assert markup.count(f'data-figure="{display.anchor(rows["key"][0])}"') == 4
    assert markup.count('<th scope="row">') == 2


def test_what_customers_typed_is_escaped_in_tables():
    hostile = "<script>alert('x')</script>\""
    frame = pd.DataFrame({hostile: [hostile]})
    rows = made_rows([12.0, 41.0], levels=[hostile, "b"])
    for table in (
        display.tabulate(frame, caption=hostile),
        display.tabulate_figures(rows, caption=hostile),
    ):
        assert "<script" not in table._repr_html_()
        assert "&lt;script&gt;" in table._repr_html_()
        assert '"key' not in table._repr_html_()


def test_withheld_figures_say_so_and_show_nothing():
    rows = made_rows([12.0, NAN]).assign(base=[50.0, NAN])
    text = repr(display.tabulate_figures(rows, caption="By segment"))
    assert text.splitlines()[-1].split()[-3:] == ["withheld", "–", "–"]
    assert "withheld" in display.describe(rows)


def test_a_description_names_level_and_period_where_both_differ():
    words = display.describe(made_trend())
    assert words.startswith("new customers 2025-01: +10.0 (+6.0 to +14.0); ")


def test_periods_can_run_across():
    parts = [
        made_rows([12.0, 41.0]).assign(period=period) for period in ("2026Q2", "2026Q3")
    ]
    table = display.tabulate_figures(
        pd.concat([parts[0], parts[1].head(1)]), caption="Scores", across="period"
    )
    assert table.headers == ("Group", "2026Q2", "2026Q3")
    assert [cell.text for cell in table.rows[1]] == [
        LEVELS[1],
        "+41.0 (+37.0 to +45.0)",
        "–",
    ]


def test_one_table_shows_one_number_of_decimals():
    rows = made_rows([0.3, 0.0004], unit="share")
    texts = [row[1].text for row in display.tabulate_figures(rows, caption="x").rows]
    assert texts == ["30.00 %", "0.04 %"]


def test_an_unknown_column_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match=r"no column 'mean'; they have key, metric"):
        display.tabulate_figures(made_rows([1.0]), caption="x", columns=["mean"])


def test_data_rows_show_what_they_hold():
    frame = pd.DataFrame(
        {
            "is_kept": [True, False],
            "n": pd.array([1200, None], dtype="Int64"),
            "on": [pd.Timestamp("2026-09-30"), pd.NaT],
        }
    )
    table = display.tabulate(frame, caption="Rows")
    assert [cell.text for cell in table.rows[0]] == ["yes", "1,200", "2026-09-30"]
    assert [cell.text for cell in table.rows[1]] == ["no", "–", "–"]


def test_a_chart_gives_the_same_small_bytes_each_time(figure, request):
    svg = render_svg(figure)
    again = CHARTS[request.node.callspec.params["figure"]]()
    assert render_svg(again) == svg
    assert len(svg) < 60_000
    assert "<text" in svg
    assert not re.search(r"<metadata|<!--|\d{4}-\d\d-\d\dT", svg)


def drawn_texts(figure):
    """Every text that is in the image, with its box in pixels."""
    svg = render_svg(figure)
    with mpl.rc_context(THEME):
        FigureCanvasAgg(figure).draw()
    texts = figure.findobj(lambda artist: isinstance(artist, Text))
    shown = [t for t in texts if t.get_text() and f">{first_line(t)}<" in svg]
    return {(t.get_text(), id(t)): t.get_window_extent() for t in shown}


def first_line(text):
    return text.get_text().splitlines()[0]


def test_the_text_of_a_chart_stays_on_the_sheet_and_apart(figure):
    boxes, sheet = drawn_texts(figure), figure.bbox
    assert len(boxes) > 4
    for name, box in boxes.items():
        assert sheet.x0 - 1 <= box.x0 <= box.x1 <= sheet.x1 + 1, name
        assert sheet.y0 - 1 <= box.y0 <= box.y1 <= sheet.y1 + 1, name
    for (one, first), (two, second) in itertools.combinations(boxes.items(), 2):
        wide = min(first.x1, second.x1) - max(first.x0, second.x0)
        high = min(first.y1, second.y1) - max(first.y0, second.y0)
        assert wide < 1 or high < 2, (one, two)


def test_a_chart_says_what_it_shows_and_in_which_unit(figure):
    [axes] = figure.axes
    assert figure.get_suptitle()
    assert axes.get_xlabel() or axes.get_ylabel()


def test_charts_refuse_what_they_cannot_draw():
    rows = made_rows([1.0, 2.0])
    with pytest.raises(ValueError, match="at least one row"):
        display.draw_intervals(rows.head(0), title="x")
    with pytest.raises(ValueError, match="lacks low"):
        display.draw_intervals(rows.drop(columns="low"), title="x")
    with pytest.raises(ValueError, match="one unit"):
        display.draw_intervals(rows.assign(unit=["share", "points"]), title="x")
    with pytest.raises(ValueError, match="same levels"):
        display.draw_shares_compared(SHARES.head(2), SHARES, SHARES, title="x")
    with pytest.raises(ValueError, match="a verdict is one of"):
        display.draw_drivers(rows, title="x", verdicts=rows.assign(verdict="fine"))
    with pytest.raises(ValueError, match="above zero"):
        display.draw_weights(pd.Series([1.0, 0.0]), title="x")


def test_showing_gives_the_image_and_its_words(monkeypatch):
    rows = made_rows([12.0, 41.0])
    figure = display.draw_intervals(rows, title="Score")
    shown = []
    monkeypatch.setattr(
        sys.modules["analysis.display.show"],
        "display",
        lambda data, metadata, raw: shown.append((data, metadata, raw)),
    )
    display.show(figure, caption="By segment", alt=display.describe(rows))
    [(data, metadata, raw)] = shown
    assert raw
    assert data["image/svg+xml"].startswith("<svg")
    assert metadata == {"caption": "By segment", "alt": display.describe(rows)}
    assert data["text/plain"].startswith("Figure: By segment\nnew customers: +12")


@pytest.mark.parametrize(
    "words", [{"caption": " ", "alt": "x"}, {"caption": "x", "alt": ""}]
)
def test_a_figure_without_words_is_refused(words):
    with pytest.raises(ValueError, match="a figure needs"):
        display.show(Figure(), **words)


class Verdict:
    def __init__(self, direction):
        self.direction = direction

    def __repr__(self):
        return "It moved."

    def markup(self):
        return "It moved."


def test_the_headline_says_what_is_real_and_escapes_names():
    rows = made_rows([12.0, NAN]).assign(metric=["nps", "<b>mine</b>"])
    verdicts = {"nps": Verdict("falling"), "<b>mine</b>": Verdict("unclear")}
    cards = display.headline(rows, verdicts=verdicts)
    markup = cards._repr_html_()
    assert "<b>" not in markup
    assert markup.count("<li>") == 2
    assert "More than chance" in markup.split("</li>")[0]
    assert "May be chance" in markup.split("</li>")[1]
    assert "More than chance: It moved." in repr(cards)
    with pytest.raises(ValueError, match="at least one figure"):
        display.headline(rows.iloc[:0], verdicts={})
