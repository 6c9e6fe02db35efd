"""Whether intervals hold the truth, put together in tables."""

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pandas as pd
from scipy import stats

from analysis.estimate import Estimate

Row = dict[str, Any]


def held(
    found: Mapping[str, Estimate], truth: Mapping[str, float], *, of: str, base: str
) -> Iterator[Row]:
    """Yield, per figure, whether its interval holds the truth."""
    for name, one in found.items():
        yield {
            "of": of,
            "base": base,
            "metric": name,
            "told": not math.isnan(one.low),
            "held": one.low <= truth[name] <= one.high,
            "below": truth[name] < one.low,
            "width": one.high - one.low,
            "error": one.value - truth[name],
            "effective": one.effective_base,
            "truth": truth[name],
        }


def band(count: int, nominal: float = 0.95, level: float = 0.99) -> tuple[float, float]:
    """Return where an observed rate lies if the nominal one is true."""
    low, high = stats.binom.interval(level, count, nominal)
    return float(low / count), float(high / count)


def summary(rows: Iterable[Row]) -> pd.DataFrame:
    """Coverage, width and bias of each metric in each setting.

    The ideal interval knows how much the estimates vary over all draws: it is the
    known-good width. Draws of which no figure is told count as withheld and nowhere
    else; `doubt` marks rates outside the band of 95 %.
    """
    table, made = pd.DataFrame(rows), []
    for keys, part in table.groupby(["of", "metric", "base"], sort=False):
        told = part[part["told"]]
        low, high = band(len(told)) if len(told) else (0.0, 1.0)
        covered, spread = told["held"].mean(), told["error"].std()
        ideal = 2 * stats.norm.ppf(0.975) * spread
        mark = "low" if covered < low else "high" if covered > high else ""
        made.append(
            {
                **dict(zip(["of", "metric", "base"], keys, strict=True)),
                "covers": 100 * covered,
                "doubt": mark,
                "width / ideal": told["width"].mean() / ideal if ideal else math.nan,
                "bias": told["error"].mean(),
                "simulation error": spread / len(told) ** 0.5 if len(told) else 0,
                "effective base": told["effective"].median(),
                "withheld": 100 * (1 - part["told"].mean()),
                "draws": len(part),
            }
        )
    return pd.DataFrame(made)


def compact(table: pd.DataFrame) -> str:
    """One line per setting and metric, a column per base: coverage (width)."""
    cells = [
        "withheld"
        if row["withheld"] > 99
        else f"{row['covers']:.1f}{'*' if row['doubt'] else ''}"
        f" ({row['width / ideal']:.2f})"
        for _, row in table.iterrows()
    ]
    wide = table.assign(cell=cells).pivot_table(
        index=["of", "metric"], columns="base", values="cell", aggfunc="first"
    )
    order = list(dict.fromkeys(zip(table["of"], table["metric"], strict=True)))
    return markdown(wide.loc[order, list(dict.fromkeys(table["base"]))].reset_index())


def markdown(table: pd.DataFrame) -> str:
    """Return a table as documents hold it."""
    rows = [list(table.columns), ["---"] * table.shape[1], *table.to_numpy().tolist()]
    return "\n".join("| " + " | ".join(map(_cell, row)) + " |" for row in rows)


def _cell(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
