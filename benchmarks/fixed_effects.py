"""What two-way fixed effects cost, and how often few clusters cry wolf.

`python benchmarks/fixed_effects.py` fits 1,600,000 made customer-quarters (200,000
customers, eight quarters) by weighted least squares and by Poisson regression, with
this repository and beside it, in one run and each in a process of its own on the same
file:

- linearmodels (`PanelOLS`, two-way effects, clustered by customer);
- pyfixest through its formulas (`feols`, `fepois`);
- statsmodels with a dummy for each customer and quarter, which cannot hold the large
  panel: it gets 200 and 400 customers, and the growth is shown.

linearmodels is no dependency. Give the Python of an environment that has linearmodels,
statsmodels, pyfixest and pandas as the first argument; what it lacks is skipped.

`python benchmarks/fixed_effects.py errors` counts how often panels of 10 and 25
products over 24 months show an effect where none is: of one regressor by the error that
is used, and of each lag as the page fits them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

CUSTOMERS, QUARTERS = 200_000, 8
SMALL = (200, 400)
DRAWS = 600
LAG_DRAWS = 200
PRODUCTS, MONTHS = (10, 25), 24
EFFECT = 0.3

RIVALS = {
    "linearmodels": """
from linearmodels import PanelOLS
panel = frame.set_index(["unit", "period"])
begun = time.perf_counter()
model = PanelOLS(panel["y"], panel[["x"]], weights=panel["w"], entity_effects=True,
    time_effects=True, singletons=False)
value = model.fit(cov_type="clustered", cluster_entity=True).params["x"]
""",
    "pyfixest": """
import pyfixest
pyfixest.feols, pyfixest.fepois
begun = time.perf_counter()
value = pyfixest.feols("y ~ x | unit + period", data=frame, weights="w",
    vcov={"CRV1": "unit"}).coef()["x"]
""",
    "pyfixest Poisson": """
import pyfixest
pyfixest.feols, pyfixest.fepois
begun = time.perf_counter()
value = pyfixest.fepois("n ~ x | unit + period", data=frame,
    vcov={"CRV1": "unit"}).coef()["x"]
""",
    "statsmodels": """
import statsmodels.formula.api as smf
begun = time.perf_counter()
value = smf.wls("y ~ x + C(unit) + C(period)", frame, weights=frame["w"]).fit(
    cov_type="cluster", cov_kwds={"groups": frame["unit"]}).params["x"]
""",
    "statsmodels Poisson": """
import statsmodels.api as sm
import statsmodels.formula.api as smf
begun = time.perf_counter()
value = smf.glm("n ~ x + C(unit) + C(period)", frame, family=sm.families.Poisson()
    ).fit(cov_type="cluster", cov_kwds={"groups": frame["unit"]}).params["x"]
""",
    "ours": """
from analysis.outcomes.panels.fit import least_squares
begun = time.perf_counter()
value = least_squares(frame, "y", on=["x"], weights="w", error="sandwich").slopes[0]
""",
    "ours Poisson": """
from analysis.outcomes.panels.fit import poisson
begun = time.perf_counter()
value = poisson(frame, "n", on=["x"], error="sandwich").slopes[0]
""",
}
BEFORE = """
import json, resource, sys, time, warnings
import numpy as np, pandas as pd
warnings.simplefilter("ignore")
frame = pd.DataFrame(dict(np.load(sys.argv[1])))
"""
AFTER = """
seconds = time.perf_counter() - begun
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
print(json.dumps({"seconds": seconds, "value": float(value), "peak": peak}))
"""


def make_panel(rng: np.random.Generator, customers: int, quarters: int) -> pd.DataFrame:
    """Invent customers whose level goes with x."""
    unit, period = np.divmod(np.arange(customers * quarters), quarters)
    level = rng.normal(size=customers)[unit]
    x = level + rng.normal(size=len(unit))
    y = EFFECT * x + 2 * level + 0.1 * period + rng.normal(size=len(unit))
    count = rng.poisson(np.exp(EFFECT * x + 0.5 * level + 0.05 * period))
    return pd.DataFrame(
        {"unit": unit, "period": period, "x": x, "y": y, "n": count.astype(float)}
    ).assign(w=rng.integers(1, 6, len(unit)).astype(float))


def run(name: str, python: str, path: Path) -> dict[str, float] | None:
    """Run one program in a process of its own; nothing if it is absent."""
    code = BEFORE + RIVALS[name] + AFTER
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        [python, "-c", code, str(path)],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or ["it ended without a word"]
        print(f"{name} is left out: {last[0]}")
        return None
    return json.loads(done.stdout.splitlines()[-1])


def compare(python: str, customers: int, names: list[str]) -> None:
    """Time programs on one panel, ours first, and print ratios."""
    frame = make_panel(np.random.default_rng(1), customers, QUARTERS)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "panel.npz"
        np.savez(path, **{name: frame[name].to_numpy() for name in frame})
        for kind in ("", " Poisson"):
            base = run(f"ours{kind}", sys.executable, path)
            assert base is not None
            print(f"{len(frame):>9,} rows, {kind.strip() or 'least squares'}")
            for name in ["ours", *names]:
                found = base if name == "ours" else _rival(name + kind, python, path)
                if found:
                    ratio = found["seconds"] / base["seconds"]
                    print(
                        f"  {name:14s} {found['seconds']:8.2f} s  {ratio:7.2f} of ours"
                        f"  {found['peak']:5.2f} GB  slope {found['value']:.6f}"
                    )


def _rival(name: str, python: str, path: Path) -> dict[str, float] | None:
    return run(name, python, path) if name in RIVALS else None


def errors() -> None:
    """Count false alarms of products by month, by the error that is used."""
    from analysis.outcomes.panels.fit import least_squares  # noqa: PLC0415

    print(f"{DRAWS} draws each, {MONTHS} months, no effect, level .05; band of the")
    print(f"simulation .029 to .075; {LAG_DRAWS} draws of the page's lags")
    for products in PRODUCTS:
        for kind in ("alike", "unequal"):
            rates = dict.fromkeys(("sandwich", "normal", "jackknife"), 0)
            for draw in range(DRAWS):
                frame = _null(np.random.default_rng([draw, products]), products, kind)
                one = least_squares(
                    frame, "y", on=["x"], weights="w", error="sandwich"
                ).estimate()
                two = least_squares(frame, "y", on=["x"], weights="w").estimate()
                rates["sandwich"] += float(one.p_value or 0) < 0.05
                rates["normal"] += abs(one.value) > 1.96 * one.standard_error
                rates["jackknife"] += float(two.p_value or 0) < 0.05
            shown = ", ".join(f"{k} {n / DRAWS:.3f}" for k, n in rates.items())
            print(f"  {products} products, {kind}: {shown}", flush=True)
        lags(products)


def lags(products: int) -> None:
    """Count false alarms of lags and leads, as the page fits them."""
    from analysis.outcomes.panels import Panel, lag_profile  # noqa: PLC0415

    counts: dict[str, list[float]] = {}
    for draw in range(LAG_DRAWS):
        rng = np.random.default_rng([draw, products, 7])
        frame = _null(rng, products, "unequal")
        units = rng.poisson(np.maximum(frame["w"], 5) * np.exp(0.2 * frame["y"]))
        score = (4 + 0.3 * frame["x"]).where(rng.random(len(frame)) < 0.85)
        panel = frame.assign(
            units=units.astype(float),
            score=score,
            closed_lines=units.astype(float),
            return_share=rng.binomial(units, 0.1) / np.maximum(units, 1),
        )
        known = Panel(panel, [str(month) for month in range(MONTHS)])
        for outcome in ("returns", "units"):
            for lag, one in lag_profile(known, outcome).items():
                p_value = float(one.p_value or 0)
                counts.setdefault(f"{outcome} {lag}", []).append(p_value < 0.05)
    for outcome in ("returns", "units"):
        rates = [np.mean(v) for name, v in counts.items() if name.startswith(outcome)]
        print(
            f"  {products} products, {outcome}, the page's lags: "
            f"{min(rates):.3f} to {max(rates):.3f}, mean {np.mean(rates):.3f}",
            flush=True,
        )


def _null(rng: np.random.Generator, products: int, kind: str) -> pd.DataFrame:
    """Invent months that hang together; `unequal` products differ in size."""
    size = np.ones(products)
    if kind == "unequal":
        size = rng.lognormal(0, 0.8, products)
    drawn = rng.normal(size=(2, products, MONTHS))
    for month in range(1, MONTHS):
        drawn[:, :, month] += 0.6 * drawn[:, :, month - 1]
    unit, period = np.divmod(np.arange(products * MONTHS), MONTHS)
    x, y = (one.ravel() for one in drawn)
    return pd.DataFrame(
        {"unit": unit, "period": period, "x": x, "y": y, "w": 60 * size[unit]}
    )


def main() -> None:
    """Run what was asked for."""
    if sys.argv[1:] == ["errors"]:
        errors()
        return
    python = sys.argv[1] if len(sys.argv) > 1 else sys.executable
    compare(python, CUSTOMERS, ["linearmodels", "pyfixest"])
    for customers in SMALL:
        compare(python, customers, ["linearmodels", "pyfixest", "statsmodels"])


if __name__ == "__main__":
    main()
