"""How often the intervals of correlations cover the truth.

Run with `python benchmarks/coverage_association.py people` (some 15 minutes),
`products` or `months`. Each is drawn 1,500 times, so a nominal 95 % should lie
between 93.4 and 96.4 %.

People: customers of three segments answer once to three times, with a habit of their
own; segments answer unequally often and are weighted back. Ratings pile up at the top,
behaviour at nought.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from itertools import product

import numpy as np
import pandas as pd

from analysis.outcomes.association import coefficients as by_hand
from analysis.outcomes.association.months import lead_lags
from analysis.outcomes.association.pairing import known_pairs, paired
from analysis.outcomes.association.partial import partial_correlation
from analysis.outcomes.association.products import correlation_of_products
from analysis.outcomes.association.reliability import corrected_correlation
from analysis.survey import Sample, replicates

DRAWS = 1500
REPLICATES = 200
SHARES, ANSWERING = (0.3, 0.45, 0.25), (0.2, 0.4, 0.9)
BEHAVIOUR = ("spent", "returned", "bought", "left")


def answers(rng: np.random.Generator, customers: int) -> pd.DataFrame:
    """All answers that so many customers would give."""
    segment = rng.choice(3, customers, p=SHARES)
    person = np.repeat(np.arange(customers), rng.choice([1, 2, 3], customers))
    habit, segment = rng.normal(size=customers)[person], segment[person]
    luck = rng.normal(size=len(person))
    score = np.clip(np.round(7.5 + segment / 2 + 1.3 * habit + 1.3 * luck), 0, 10)
    loyal = 0.3 * segment + 0.4 * habit
    lines = rng.poisson(np.exp(0.1 + loyal / 2 + 0.1 * luck))
    back = rng.binomial(lines, 1 / (1 + np.exp(2.0 + 0.5 * luck + 0.3 * habit)))
    each = np.exp(rng.normal(4, 0.8, len(person)))
    with np.errstate(invalid="ignore"):
        returned = back / np.where(lines > 0, lines, np.nan)
    return pd.DataFrame(
        {
            "person": person,
            "segment": np.array(["new", "regular", "loyal"])[segment],
            "score": score,
            "spent": np.round(lines * each, -1),
            "returned": returned,
            "bought": (lines > 0).astype(float),
            "left": rng.binomial(1, 0.25 / (1 + np.exp(loyal + 0.4 * luck))),
        }
    )


def asked(rng: np.random.Generator, n: int) -> Sample:
    """A sample of about so many answers, weighted back to the segments."""
    chance = np.array(SHARES) @ np.array(ANSWERING)
    everyone = answers(rng, round(n / 2 / chance))
    chances = dict(zip(("new", "regular", "loyal"), ANSWERING, strict=True))
    who = everyone.drop_duplicates("person").set_index("person")["segment"]
    answered = who[rng.random(len(who)) < who.map(chances)].index
    frame = everyone[everyone["person"].isin(answered)].reset_index(drop=True)
    frame["base"] = 1 / frame["segment"].map(chances)
    sums = frame.groupby("segment")["base"].transform("sum")
    wanted = dict(zip(("new", "regular", "loyal"), SHARES, strict=True))
    frame["weight"] = frame["base"] * frame["segment"].map(wanted) * n / sums
    return Sample(
        frame,
        weights="weight",
        base_weights="base",
        margins=("segment",),
        clusters="person",
    )


def truths() -> dict[str, float]:
    """Coefficients among very many customers."""
    whole = Sample(answers(np.random.default_rng(0), 400_000))
    drawn = replicates(whole, rng=np.random.default_rng(1), number=2)
    found = {}
    for name in BEHAVIOUR:
        both = paired(whole, ("score", name), replicates=drawn)
        values = by_hand.coefficients(both.x, both.y, both.weights[:, :1])
        found |= {f"{name} {key}": float(one[0]) for key, one in values.items()}
    found["spent partial"] = partial_correlation(
        whole, ("score", "spent"), replicates=drawn, given=["segment"]
    ).value
    return found


def people(n: int) -> None:
    """Print coverage, bias and width over people."""
    true, hits, values = truths(), defaultdict(list), defaultdict(list)
    errors = defaultdict(list)
    for seed in range(DRAWS):
        rng = np.random.default_rng([n, seed])
        sample = asked(rng, n)
        drawn = replicates(sample, rng=rng, number=REPLICATES)
        pairs, _ = known_pairs(
            Sample(
                sample.frame.rename(columns={"score": "recommend"}), clusters="person"
            ),
            later={name: name for name in BEHAVIOUR},
        )
        for name in (columns[1] for columns in pairs.values()):
            both = paired(sample, ("score", name), replicates=drawn)
            draws = by_hand.coefficients(both.x, both.y, both.weights)
            made = {f"{name} {key}": both.estimate(one) for key, one in draws.items()}
            if name == "spent":
                made["spent partial"] = partial_correlation(
                    sample, ("score", name), replicates=drawn, given=["segment"]
                )
            for key, one in made.items():
                hits[key].append(one.low <= true[key] <= one.high)
                values[key].append(one.value)
                errors[key].append(one.standard_error)
    print(f"\n{n} answers | truth | mean | covered | SE over spread")
    for key, truth in true.items():
        spread = np.mean(errors[key]) / np.std(values[key])
        share = np.mean(hits[key])
        print(
            f"{key:20} {truth:+.3f} {np.mean(values[key]):+.3f} "
            f"{100 * share:.1f} % {spread:.2f}",
            flush=True,
        )


def products(n: int) -> None:
    """Print coverage of corrected correlations over so many products."""
    print(f"\n{n} products | truth, reliable | withheld | covered | plain | width")
    for truth, reliable in product((0.0, -0.5, -0.85), ((0.9, 0.9), (0.7, 0.8))):
        hits, plain, widths = [], [], []
        for seed in range(DRAWS):
            rng = np.random.default_rng([n, seed])
            frame = shop(rng, n, truth, reliable)
            found = corrected_correlation(frame, ("rating", "returns"))
            if np.isnan(found.value):
                continue
            raw = correlation_of_products(
                frame, ("rating", "returns"), method="pearson"
            )
            hits.append(found.low <= truth <= found.high)
            plain.append(raw.low <= truth <= raw.high)
            widths.append(found.high - found.low)
        print(
            f"{truth:+.2f} {reliable} {100 - len(hits) / DRAWS * 100:.1f} % "
            f"{100 * np.mean(hits):.1f} % {100 * np.mean(plain):.1f} % "
            f"{np.mean(widths):.2f}",
            flush=True,
        )


def shop(
    rng: np.random.Generator, n: int, truth: float, reliable: tuple[float, float]
) -> pd.DataFrame:
    """Products whose bases are unequal."""
    true = rng.multivariate_normal([0, 0], [[1, truth], [truth, 1]], n)
    sizes = np.exp(rng.normal(0, 0.7, (n, 2)) - 0.245)
    variances = (1 / np.array(reliable) - 1) * sizes
    seen = true + rng.normal(size=(n, 2)) * np.sqrt(variances)
    columns = {"rating": seen[:, 0], "returns": seen[:, 1]}
    columns |= {"rating_variance": variances[:, 0], "returns_variance": variances[:, 1]}
    return pd.DataFrame(columns)


def months(n: int) -> None:
    """Print coverage over so many months, the more alike the harder."""
    print(f"\n{n} months | alike the next | truth | covered | width")
    for alike, truth in product((0.0, 0.5, 0.8), (0.0, 0.6)):
        target = 6 / np.pi * np.arcsin(truth / 2)
        hits, widths = [], []
        for seed in range(DRAWS):
            rng = np.random.default_rng([n, seed])
            noise = rng.multivariate_normal([0, 0], [[1, truth], [truth, 1]], n + 50)
            series = np.zeros((n + 50, 2))
            for time in range(1, n + 50):
                series[time] = alike * series[time - 1] + noise[time]
            frame = pd.DataFrame(series[50:], columns=["x", "y"])
            found = lead_lags(frame, ("x", "y"), rng=rng, lags=[0])["same month"]
            hits.append(found.low <= target <= found.high)
            widths.append(found.high - found.low)
        share, width = 100 * np.mean(hits), np.mean(widths)
        print(f"{alike} {truth} {share:.1f} % {width:.2f}", flush=True)


SIZES = {"people": (200, 2000), "products": (12, 25, 100), "months": (12, 24, 48)}
PARTS = {"people": people, "products": products, "months": months}


def main(what: str, sizes: list[int]) -> None:
    """Run one part."""
    for n in sizes or SIZES[what]:
        PARTS[what](n)


if __name__ == "__main__":
    main(sys.argv[1], [int(one) for one in sys.argv[2:]])
