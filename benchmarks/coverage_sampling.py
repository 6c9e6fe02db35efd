"""How often weighted intervals hold the truth: python benchmarks/coverage_sampling.py.

Made-up companies of 6,000 customers each with its own truth, some 1,200 invitations
and about 300 answers, from seeds that nobody chose. In the first kind only segment and
region decide who answers, and the weights know both; in the second satisfaction
itself decides too. Prints the tables of docs/coverage_sampling.md.
"""

import argparse
from collections.abc import Iterator
from statistics import fmean

import numpy as np
import pandas as pd
from numpy.random import Generator
from scipy import stats

from analysis.estimate import Estimate
from analysis.metrics import net_promoter, return_rate
from analysis.sampling import (
    shop_remainders,
    tipping_gaps,
    weigh,
)
from analysis.study import Study
from analysis.survey import Sample, mean, respondents

CUSTOMERS, INVITED = 6_000, 400
SEGMENTS, REGIONS = ("new", "regular", "loyal"), ("North", "East", "South", "West")
METRICS = ("NPS", "CSAT mean", "return rate")
KINDS = {"margins explain": 0.0, "margins do not explain": 0.5}
WAVE = "2026Q3"
SEED = 20_261_001


def study(method: str = "rake") -> Study:
    """Return the settings that all companies share."""
    settings = {
        "id": "company",
        "name": "Company",
        "seed": 1,
        "tables": {"responses": {"files": ["a.csv"]}},
        "sampling": {"strata": "segment"},
        "weighting": {"margins": ["segment", "region"], "method": method},
    }
    return Study.model_validate(settings)


def company(rng: Generator) -> pd.DataFrame:
    """Invent customers: what they would answer, and what they buy and return."""
    segment = rng.choice(3, CUSTOMERS, p=rng.dirichlet([6, 10, 4]))
    region = rng.choice(4, CUSTOMERS, p=rng.dirichlet([6, 6, 6, 4]))
    level = np.array([6.8, 7.9, 9.0])[segment] + np.array([0, 0.2, -0.9, 0.1])[region]
    latent = level + rng.normal(0, 2.0, CUSTOMERS)
    lines = rng.poisson(2.5, CUSTOMERS)
    chance = 1 / (1 + np.exp(1.2 + 0.3 * (latent - 7.8)))
    return pd.DataFrame(
        {
            "customer_id": [f"c{number}" for number in range(CUSTOMERS)],
            "segment": np.array(SEGMENTS)[segment],
            "region": np.array(REGIONS)[region],
            "latent": (latent - latent.mean()) / latent.std(),
            "recommend": np.clip(np.rint(latent), 0, 10),
            "satisfaction": np.clip(
                np.rint(latent / 2 + rng.normal(0, 0.4, CUSTOMERS)), 1, 5
            ),
            "closed_lines": lines.astype(float),
            "returned_closed_lines": rng.binomial(lines, chance).astype(float),
        }
    )


def survey(
    rng: Generator, people: pd.DataFrame, *, hidden: float
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Invite within segments and let some answer: invitations, then answers."""
    shuffled = people.iloc[rng.permutation(len(people))]
    asked = shuffled.groupby("segment").head(INVITED)
    odds = (
        asked["segment"].map({"new": -1.9, "regular": -1.2, "loyal": -0.3})
        + asked["region"].map({"North": 0.2, "East": 0.1, "South": -0.7, "West": 0.2})
        + hidden * asked["latent"]
    )
    chosen = asked[rng.random(len(asked)) < 1 / (1 + np.exp(-odds))]
    answers = chosen[["customer_id", "recommend", "satisfaction"]].assign(
        response_id="r" + chosen["customer_id"], period=WAVE
    )
    return asked[["customer_id"]].assign(period=WAVE), answers


def measured(sample: Sample) -> dict[str, Estimate]:
    """Return the three metrics of a sample."""
    return {
        "NPS": net_promoter(sample),
        "CSAT mean": mean(sample, "satisfaction"),
        "return rate": return_rate(sample),
    }


def truths(people: pd.DataFrame) -> dict[str, float]:
    """Return the metrics of all customers, counted."""
    points = np.select(
        [people["recommend"] >= 9, people["recommend"] > 6], [100, 0], -100
    )
    returned = people["returned_closed_lines"].sum() / people["closed_lines"].sum()
    return {
        "NPS": float(points.mean()),
        "CSAT mean": float(people["satisfaction"].mean()),
        "return rate": float(returned),
    }


def trials(count: int, *, hidden: float, method: str = "rake") -> Iterator[dict]:
    """Yield, per company and metric, whether intervals hold the truth."""
    settings = study(method)
    for seed in np.random.SeedSequence(SEED).spawn(count):
        rng = np.random.default_rng(seed)
        people = company(rng)
        asked, answers = survey(rng, people, hidden=hidden)
        yield from _one(people, asked, answers, settings)


def _one(
    people: pd.DataFrame, asked: pd.DataFrame, answers: pd.DataFrame, settings: Study
) -> Iterator[dict]:
    customers = people.drop(columns=["latent", "recommend", "satisfaction"])
    weights = weigh(answers, customers, study=settings, invitations=asked).weights
    plain = respondents(answers, customers=customers)
    weighted = respondents(answers, customers=customers, weights=weights)
    found, naive, truth = measured(weighted), measured(plain), truths(people)
    record = people.assign(
        closed=people["closed_lines"], returned=people["returned_closed_lines"]
    )
    shop = weighted.with_columns(
        closed=weighted.frame["closed_lines"],
        returned=weighted.frame["returned_closed_lines"],
    )
    left = shop_remainders(shop, record)["lines returned"]
    rate = _exact(len(answers) / len(asked))
    for metric in METRICS:
        one, other = found[metric], naive[metric]
        gap = tipping_gaps(one, rate)["its own margin"].value
        yield {
            "metric": metric,
            "weighted": one.low <= truth[metric] <= one.high,
            "unweighted": other.low <= truth[metric] <= other.high,
            "width": one.high - one.low,
            "error": one.value - truth[metric],
            "warned": left.p_value < 0.05,
            "gap": gap,
            "answers": one.base,
        }


def _exact(value: float) -> Estimate:
    return Estimate(
        value=value, standard_error=0.0, low=value, high=value, base=1, unit="share"
    )


def band(count: int, nominal: float = 0.95, level: float = 0.99) -> tuple[float, float]:
    """Return where an observed rate lies if the nominal one is true."""
    low, high = stats.binom.interval(level, count, nominal)
    return float(low / count), float(high / count)


def summary(rows: list[dict]) -> pd.DataFrame:
    """Return one row per metric: coverages, bias, and the width against the ideal.

    The ideal interval knows the true spread of the estimates over all companies and
    is as wide as 95 % of them need; it is the known-good width.
    """
    table = pd.DataFrame(rows)
    found = []
    for metric, part in table.groupby("metric", sort=False):
        ideal = 2 * stats.norm.ppf(0.975) * part["error"].std()
        found.append(
            {
                "metric": metric,
                "weighted": part["weighted"].mean(),
                "unweighted": part["unweighted"].mean(),
                "bias": part["error"].mean(),
                "width": part["width"].mean(),
                "width / ideal": part["width"].mean() / ideal,
                "warned by the shop": part["warned"].mean(),
            }
        )
    return pd.DataFrame(found)


def main() -> None:
    """Print the table, one block per kind of company."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--companies", type=int, default=1_500)
    parser.add_argument("--method", default="rake")
    parser.add_argument("--kind", choices=list(KINDS), action="append")
    options = parser.parse_args()
    low, high = band(options.companies)
    print(
        f"{options.companies} companies: 95 % is in doubt outside {low:.3f}-{high:.3f}"
    )
    for name in options.kind or KINDS:
        rows = list(
            trials(options.companies, hidden=KINDS[name], method=options.method)
        )
        answers = fmean(row["answers"] for row in rows)
        print(f"\n{name} ({options.method}, {answers:.0f} answers on average)")
        print(
            summary(rows).to_string(index=False, float_format="{:.3f}".format),
            flush=True,
        )


if __name__ == "__main__":
    main()
