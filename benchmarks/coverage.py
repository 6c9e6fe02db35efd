"""How often the headline's interval holds the truth: python benchmarks/coverage.py.

The last wave of a made-up company is invited and answered again, many times, from the
same customers. Each draw is weighted and scored as notebooks 01 and 02 do it, and the
interval is held against the score that everyone's answers would have given.
"""

import argparse
import sys

import numpy as np
import pandas as pd

from analysis import example, metrics, sampling, survey
from analysis.estimate import Estimate
from analysis.example.people import eligible
from analysis.example.planted import WAVES
from analysis.study import Study

LAST = len(WAVES) - 1


def customers_of(company: example.Company) -> pd.DataFrame:
    """Return the customers of the last wave, by their row numbers as names."""
    people = company.customers[["segment", "region"]].assign(period=WAVES[LAST])
    people["customer_id"] = np.arange(len(people)).astype(str)
    return people[eligible(company.customers)[:, LAST]]


def score_again(
    company: example.Company, people: pd.DataFrame, rng: np.random.Generator
) -> Estimate:
    """Draw the survey again and estimate the score of its last wave."""
    drawn = example.survey_again(company, rng)
    asked, given = (one[one["wave"] == LAST] for one in drawn)
    invitations = pd.DataFrame({"customer_id": asked["customer"].astype("str")})
    answers = pd.DataFrame({"customer_id": given["customer"].astype("str")})
    recommend = company.answers["recommend"][given["customer"], LAST]
    answers = answers.assign(recommend=recommend.astype(float), period=WAVES[LAST])
    answers["response_id"] = [f"r{number}" for number in range(len(answers))]
    weighting = sampling.weigh(
        answers,
        people,
        study=Study.load("demo"),
        invitations=invitations.assign(period=WAVES[LAST]),
    )
    sample = survey.respondents(answers, weights=weighting.weights, customers=people)
    score = metrics.net_promoter(sample)
    assert isinstance(score, Estimate)  # without `by` there is one
    return score


def main() -> None:
    """Print coverage of the truth, coverage of the mean, bias and width."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=example.SEED)
    parser.add_argument("--draws", type=int, default=300)
    options = parser.parse_args()
    company = example.invent(np.random.default_rng(options.seed))
    truth = example.truths(company)["score"][WAVES[LAST]]["all"]
    rng, people = np.random.default_rng(options.seed + 1), customers_of(company)
    scores = [score_again(company, people, rng) for _ in range(options.draws)]
    mean = float(np.mean([one.value for one in scores]))
    for name, centre in (("the truth", truth), ("its own mean", mean)):
        share = np.mean([one.low <= centre <= one.high for one in scores])
        sys.stdout.write(f"covers {name}: {share:.3f}\n")
    width = np.mean([one.high - one.low for one in scores])
    sys.stdout.write(f"bias: {mean - truth:+.2f} points, width: {width:.1f} points\n")


if __name__ == "__main__":
    main()
