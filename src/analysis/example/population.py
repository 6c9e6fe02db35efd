"""What is true of a drawn company: the answers that an analysis should find."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.example.coders import CODED_WAVES
from analysis.example.comments import code_chances
from analysis.example.company import Company
from analysis.example.documents import moods
from analysis.example.people import eligible, segment_codes
from analysis.example.planted import CODES, RATINGS, REGIONS, SEGMENTS, WAVES

Bools = NDArray[np.bool_]


def truths(company: Company) -> dict[str, Any]:
    """Compute the population values of a company.

    Parameters
    ----------
    company : Company
        As drawn.

    Returns
    -------
    dict
        Ready for JSON. `sizes`; `score` (what the recommendation score would be if
        every customer of the wave had answered, in points, by wave, with segments,
        shares of segments, and what the respondents alone would say); `bridge`
        (the last change, split into mix and within); `returns` and `purchases`
        (slopes on the answer, after and before it); `drivers`; `codes`
        (prevalences); `transactions` (what the buyers of all lines would say after a
        purchase, by product and by whether the line came back, with the level of each
        product and its chance to come back); `flaws`; `canaries`.

    Notes
    -----
    Slopes of returns use the chance of each line, not the drawn return, and the
    answers of all customers, asked or not: they carry no sampling error but that
    of having drawn this company.

    Examples
    --------
    >>> from analysis.example.company import invent
    >>> company = invent(np.random.default_rng(1), scale=0.02)
    >>> sorted(truths(company)["bridge"])
    ['change', 'mix', 'within']
    """
    return {
        "sizes": _sizes(company),
        "score": {wave: _score(company, at) for at, wave in enumerate(WAVES)},
        "means": {wave: _means(company, at) for at, wave in enumerate(WAVES)},
        "bridge": bridge(company),
        "returns": _returns(company),
        "purchases": _purchases(company),
        "drivers": _drivers(company),
        "codes": _codes(company),
        "transactions": _transactions(company),
        "flaws": company.flaws,
        "canaries": canaries(company),
    }


def canaries(company: Company) -> list[dict[str, str]]:
    """List the planted strings.

    Parameters
    ----------
    company : Company
        As drawn.

    Returns
    -------
    list of dict
        `document_id`, `kind` (name, email, phone, card, address or hostile) and
        `planted`. Personal data must not appear in any output; hostile text may
        appear, but never run.

    Examples
    --------
    >>> from analysis.example.company import invent
    >>> company = invent(np.random.default_rng(1), scale=0.02)
    >>> sorted(canaries(company)[0])
    ['document_id', 'kind', 'planted']
    """
    names = [str(name) for name in company.canaries]
    rows = company.canaries.itertuples(index=False)
    return [dict(zip(names, row, strict=True)) for row in rows]


def promoter_score(answers: NDArray[np.int64]) -> float:
    """Promoters minus detractors in points, without uncertainty.

    Parameters
    ----------
    answers : array of int
        Recommendations, 0-10, of everyone.

    Returns
    -------
    float
        -100 to 100. For a sample use `analysis.metrics`: this is a known value of
        a population, not an estimate.

    Examples
    --------
    >>> promoter_score(np.array([10, 9, 8, 3]))
    25.0
    """
    return float(100 * ((answers >= 9).mean() - (answers <= 6).mean()))


def bridge(company: Company) -> dict[str, float]:
    """Split the change of the score in the last wave into mix and within.

    Parameters
    ----------
    company : Company
        As drawn.

    Returns
    -------
    dict
        `change`, `mix` and `within` in points, over segments; mix and within add
        up to the change.

    References
    ----------
    .. [1] Kitagawa, E. M. (1955). Components of a difference between two rates.
       Journal of the American Statistical Association 50(272), 1168-1194.

    Examples
    --------
    >>> from analysis.example.company import invent
    >>> company = invent(np.random.default_rng(1), scale=0.02)
    >>> parts = bridge(company)
    >>> bool(np.isclose(parts["mix"] + parts["within"], parts["change"]))
    True
    """
    before, after = (_score(company, at) for at in (len(WAVES) - 2, len(WAVES) - 1))
    shares = [np.array([one["shares"][s] for s in SEGMENTS]) for one in (before, after)]
    scores = [
        np.array([one["segments"][s] for s in SEGMENTS]) for one in (before, after)
    ]
    mix = float(((shares[1] - shares[0]) * (scores[0] + scores[1])).sum() / 2)
    within = float(((scores[1] - scores[0]) * (shares[0] + shares[1])).sum() / 2)
    return {"change": after["all"] - before["all"], "mix": mix, "within": within}


def _sizes(company: Company) -> dict[str, int]:
    return {
        "customers": len(company.customers),
        "order_lines": len(company.orders),
        "returns": len(company.returns),
        "invitations": len(company.invitations),
        "responses": len(company.responses),
        "comments": len(company.comments),
        "documents": len(company.documents),
        "transactions": len(company.transactions),
    }


def _score(company: Company, wave: int) -> dict[str, Any]:
    """The score of one wave if everyone had answered, and of those who did."""
    present = eligible(company.customers)[:, wave]
    answers, codes = (
        company.answers["recommend"][:, wave],
        segment_codes(company.customers),
    )
    region = company.customers["region"].to_numpy()
    asked = company.responses.loc[company.responses["wave"] == wave, "customer"]
    inside = {s: present & (codes == at) for at, s in enumerate(SEGMENTS)}
    return {
        "all": promoter_score(answers[present]),
        "respondents": promoter_score(answers[asked.to_numpy()]),
        "customers": int(present.sum()),
        "segments": {s: promoter_score(answers[rows]) for s, rows in inside.items()},
        "regions": {
            r: promoter_score(answers[present & (region == r)]) for r in REGIONS
        },
        "shares": {s: float(rows[present].mean()) for s, rows in inside.items()},
    }


def _means(company: Company, wave: int) -> dict[str, float]:
    """Means over everyone, and the share of the two best satisfactions."""
    present = eligible(company.customers)[:, wave]
    drawn = {name: table[present, wave] for name, table in company.answers.items()}
    means = {name: float(values.mean()) for name, values in drawn.items()}
    return means | {"satisfied": float((drawn["satisfaction"] >= 4).mean())}


def _returns(company: Company) -> dict[str, float]:
    """Returned lines per line, and their slope on the answer."""
    lines = _lines_around(company)
    promoted = company.orders["promotion"].to_numpy()
    return {
        "rate": float(company.chance.mean()),
        "rate_in_promotion": float(company.chance[promoted].mean()),
        "rate_outside_promotion": float(company.chance[~promoted].mean()),
        "slope_after": _slope(lines["after"]),
        "slope_before": _slope(lines["before"]),
        "respondents_lines_after": int(lines["after"]["responded"].sum()),
        "respondents_lines_before": int(lines["before"]["responded"].sum()),
    }


def _lines_around(company: Company) -> dict[str, pd.DataFrame]:
    """Lines of the 90 days around each answer of a closed wave, answered or not."""
    orders, closed = company.orders, len(WAVES) - 1
    responded = np.zeros(company.feelings.answered.shape, dtype=bool)
    people, waves = company.responses["customer"], company.responses["wave"]
    responded[people.to_numpy(), waves.to_numpy()] = True
    parts: dict[str, list[pd.DataFrame]] = {"after": [], "before": []}
    for wave in range(closed):
        customer = orders["customer"].to_numpy()
        gap = orders["ordered"].to_numpy() - company.feelings.answered[customer, wave]
        table = pd.DataFrame(
            {
                "recommend": company.answers["recommend"][customer, wave],
                "chance": company.chance,
                "responded": responded[customer, wave],
            }
        )
        parts["after"].append(table[(gap > 0) & (gap <= 90)])
        parts["before"].append(table[(gap <= 0) & (gap > -90)])
    return {name: pd.concat(tables) for name, tables in parts.items()}


def _slope(lines: pd.DataFrame) -> float:
    """Least-squares slope of the chance of a return on the answer."""
    score = lines["recommend"] - lines["recommend"].mean()
    return float((score * lines["chance"]).sum() / (score**2).sum())


def _purchases(company: Company) -> dict[str, float]:
    """Lines per customer in the 90 days after each answer, by what they answered."""
    orders, answered = company.orders, company.feelings.answered
    totals = np.zeros((2, 3))
    for wave in range(len(WAVES) - 1):
        present = eligible(company.customers)[:, wave]
        customer = orders["customer"].to_numpy()
        gap = orders["ordered"].to_numpy() - answered[customer, wave]
        lines = np.bincount(customer[(gap > 0) & (gap <= 90)], minlength=len(present))
        score = company.answers["recommend"][:, wave]
        group = np.where(score >= 9, 2, np.where(score <= 6, 0, 1))[present]
        totals[0] += np.bincount(group, lines[present], minlength=3)
        totals[1] += np.bincount(group, minlength=3)
    names = ("detractors", "passives", "promoters")
    return dict(zip(names, (totals[0] / totals[1]).tolist(), strict=True))


def _drivers(company: Company) -> dict[str, dict[str, float]]:
    """Correlation of each rating with the answer, and its slope beside the others."""
    present = eligible(company.customers)
    answer = company.answers["recommend"][present].astype(float)
    ratings = np.column_stack(
        [company.answers[f"rating_{name}"][present] for name in RATINGS]
    )
    ratings = (ratings - ratings.mean(axis=0)) / ratings.std(axis=0)
    slopes = np.linalg.lstsq(ratings, answer - answer.mean(), rcond=None)[0]
    return {
        f"rating_{name}": {
            "correlation": float(np.corrcoef(ratings[:, at], answer)[0, 1]),
            "slope": float(slopes[at]),
        }
        for at, name in enumerate(RATINGS)
    }


def _codes(company: Company) -> dict[str, Any]:
    """Share of texts with each code.

    Of the comments written, by wave and by answer; as marked by the coders; and as it
    would be if every customer had written one.
    """
    comments, codes = company.comments, company.codes
    wave = comments["wave"].to_numpy()
    rows = company.responses.iloc[comments["response"].to_numpy()]
    score = rows["recommend"].to_numpy()
    groups: dict[str, Bools] = {label: wave == at for at, label in enumerate(WAVES)}
    groups |= {"promoters": score >= 9, "detractors": score <= 6}
    table = {name: _shares(codes[inside]) for name, inside in groups.items()}
    coded = company.codings[company.codings["round"] == CODED_WAVES[-1]]
    marked = {code: float(coded[code].mean()) for code in CODES}
    everyone = {label: _chances(company, at) for at, label in enumerate(WAVES)}
    return {
        "all": _shares(codes),
        **table,
        "marked_in_last_wave": marked,
        "everyone": everyone,
    }


def _transactions(company: Company) -> dict[str, Any]:
    """Satisfaction with purchases if the buyer of every line had answered."""
    due = company.verdicts["due"].to_numpy()
    lines, verdicts = company.orders[due], company.verdicts[due]
    said, people = verdicts["satisfaction"], lines["customer"].to_numpy()
    mood = company.feelings.experience[people, lines["span"].to_numpy()]
    back = said.groupby(verdicts["sent_back"]).mean()
    product = lines["product"].to_numpy()
    chance = pd.Series(company.chance[due]).groupby(product).mean()
    means = said.groupby(product).mean()
    return {
        "satisfaction": float(said.mean()),
        "kept": float(back[False]),
        "sent_back": float(back[True]),
        "slope_on_experience": float(np.polyfit(mood, said, 1)[0]),
        "products": {
            str(name): {
                "level": float(company.levels[at]),
                "satisfaction": float(means[at]),
                "return_rate": float(chance[at]),
            }
            for at, name in enumerate(company.products["product_id"])
            if at in means
        },
    }


def _chances(company: Company, wave: int) -> dict[str, float]:
    """Share of each code if every customer of the wave had commented."""
    people = np.flatnonzero(eligible(company.customers)[:, wave])
    spans = np.full(len(people), wave + 1)
    return _shares(code_chances(moods(company.feelings, people, spans)))


def _shares(codes: NDArray[Any]) -> dict[str, float]:
    return dict(zip(CODES, codes.mean(axis=0).tolist(), strict=True))
