"""How often theme shares hold the truth, with people, machine, both, or wrongly.

Run `python benchmarks/coverage_coding.py --draws 1500 --seed 20270501`, which prints
the tables of docs/coverage_coding.md; `--part` runs one. Each draw is a new set of
2,000 documents with a text in 40 numbers (200 for the machine that must fail), of which
people read a random part. The truth is that of the process which makes such documents.
The machine is a ridge regression on what people read.
"""

import argparse
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from coverage_tables import Row, band, markdown
from numpy.random import Generator
from scipy import stats

from analysis.coding.audited import ALONE, INCLUSION, MACHINE, domains
from analysis.coding.impact import theme_impact
from analysis.coding.measured import Measured, share_of
from analysis.coding.prevalence_contrasts import prevalence_differences
from analysis.estimate import Estimate, wilson_interval
from analysis.survey import Sample

SHARES = (0.03, 0.05, 0.10, 0.20, 0.30)
CODES = tuple(f"{share:.0%}" for share in SHARES)
SIZES = (100, 200, 400)
DOCUMENTS, FOLDS = 2000, 5
ALIKE = 0.3  # correlation of what one person's documents are about
WEIGHTS = np.array([1.0, 2.0])  # mean weight of documents outside and inside the group
GROUP = 0.4  # part of the documents that lie inside
# Promoters, passives and detractors without a theme, then with it.
SCORES = np.array([[0.5, 0.3, 0.2], [0.15, 0.25, 0.6]])
POINTS = np.array([100.0, 0.0, -100.0])
SIDES = np.array(["promoter", "passive", "detractor"])


@dataclass(frozen=True, kw_only=True)
class Shop:
    """Where documents come from.

    Parameters
    ----------
    several : bool
        Whether people write several documents, alike to one another.
    weighted : bool
        Whether documents have survey weights and unequal chances to be read.
    lift : float
        How much more often the group speaks of each theme than the others.
    words : int
        Numbers that a text consists of.
    """

    several: bool = False
    weighted: bool = False
    lift: float = 1.5
    words: int = 40

    def rates(self) -> np.ndarray:
        """Shares of each code outside and inside the group, (2, n_codes)."""
        part = np.array([1 - GROUP, GROUP]) * (WEIGHTS if self.weighted else 1.0)
        part /= part.sum()
        tilt = np.array([1.0, self.lift])
        return np.outer(tilt / (part @ tilt), SHARES)

    def documents(self, rng: Generator) -> "Drawn":
        """Draw documents, their codes and texts."""
        people = np.arange(DOCUMENTS)
        if self.several:
            counts = 1 + rng.poisson(1.0, DOCUMENTS)
            people = np.repeat(np.arange(DOCUMENTS), counts)[:DOCUMENTS]
        persons = int(people.max()) + 1
        group = (rng.random(persons) < GROUP).astype(int)[people]
        shared = rng.standard_normal((persons, len(SHARES)))[people]
        own = rng.standard_normal((DOCUMENTS, len(SHARES)))
        depth = np.sqrt(ALIKE) * shared + np.sqrt(1 - ALIKE) * own
        codes = (depth > stats.norm.isf(self.rates())[group]).astype(float)
        signs = np.sign(np.sin(np.arange(len(SHARES) * self.words) * 12.9898))
        tongue = signs.reshape(len(SHARES), self.words) * np.sqrt(6.4 / self.words)
        texts = codes @ tongue + rng.standard_normal((DOCUMENTS, self.words))
        return Drawn(self, people, group, codes, texts)


@dataclass(frozen=True, eq=False)
class Drawn:
    """Documents of one draw."""

    shop: Shop
    people: np.ndarray
    group: np.ndarray
    codes: np.ndarray
    texts: np.ndarray

    def frame(self, rng: Generator, read: int) -> pd.DataFrame:
        """Return the table of documents, `read` of them by people."""
        frame = pd.DataFrame({"person": self.people, "group": SIDES[self.group]})
        frame["weight"], odds = 1.0, np.ones(len(frame))
        if self.shop.weighted:
            spread = np.exp(0.4 * rng.standard_normal(len(frame)) - 0.08)
            frame["weight"], odds = WEIGHTS[self.group] * spread, 1.0 + self.group
        frame[INCLUSION] = read * odds / odds.sum()
        chosen = _systematic(rng, frame[INCLUSION].to_numpy())
        told = np.where(chosen[:, None], self.codes, np.nan)
        return frame.assign(**dict(zip(CODES, told.T, strict=True)))


def _systematic(rng: Generator, chances: np.ndarray) -> np.ndarray:
    """Draw a fixed number with unequal chances, in random order."""
    order = rng.permutation(len(chances))
    steps = np.floor(np.cumsum(chances[order]) + rng.random())
    chosen = np.zeros(len(chances), dtype=bool)
    chosen[order] = np.diff(
        steps, prepend=np.floor(steps[0] - chances[order[0]] + 1e-9)
    )
    return chosen


def scores(
    frame: pd.DataFrame, texts: np.ndarray, *, penalty: float = 10.0
) -> tuple[np.ndarray, np.ndarray]:
    """Machine codes out of fold, and those of a machine that saw what it scores.

    Folds hold whole people. A document that people did not read gets the mean of the
    models; each model learns from the other folds.
    """
    is_read = frame[CODES[0]].notna().to_numpy()
    human, known = frame.loc[is_read, list(CODES)].to_numpy(), texts[is_read]
    folds = (frame["person"].to_numpy() * 2654435761 % 2**32) % FOLDS
    told, honest = folds[is_read], np.zeros((len(frame), len(CODES)))
    for fold in range(FOLDS):
        learned = told != fold
        made = _ridge(texts, known[learned], human[learned], penalty)
        honest += np.where(
            is_read[:, None], (folds == fold)[:, None] * made, made / FOLDS
        )
    return honest.clip(0, 1), _ridge(texts, known, human, penalty).clip(0, 1)


def _ridge(
    texts: np.ndarray, known: np.ndarray, human: np.ndarray, penalty: float
) -> np.ndarray:
    level = human.mean(axis=0)
    square = known.T @ known + penalty * np.eye(texts.shape[1])
    return level + texts @ np.linalg.solve(square, known.T @ (human - level))


def constant(frame: pd.DataFrame, rng: Generator) -> np.ndarray:
    """Scores of a machine that learned nothing but how common a code is."""
    is_read = frame[CODES[0]].notna().to_numpy()
    folds = (frame["person"].to_numpy() * 2654435761 % 2**32) % FOLDS
    human = frame[list(CODES)].to_numpy()
    levels = np.array(
        [human[is_read & (folds != k)].mean(axis=0) for k in range(FOLDS)]
    )
    made = np.where(is_read[:, None], levels[folds], levels.mean(axis=0))
    return (made + 1e-3 * rng.standard_normal(made.shape)).clip(0, 1)


def sample(shop: Shop, frame: pd.DataFrame, machine: np.ndarray | None) -> Sample:
    """Return the documents as the page has them, with or without a machine."""
    if machine is not None:
        beside = {MACHINE + one: machine[:, n] for n, one in enumerate(CODES)}
        frame = frame.assign(**beside)
    return Sample(
        frame,
        weights="weight" if shop.weighted else None,
        clusters="person" if shop.several else None,
    )


def shares(draws: int, rng: Generator) -> Iterator[Row]:
    """Ours and people alone, by kind of documents and machine."""
    kinds = {
        "one document a person": Shop(),
        "several documents a person": Shop(several=True),
        "weights": Shop(weighted=True),
        "several, and weights": Shop(several=True, weighted=True),
    }
    for name, shop in kinds.items():
        for size in SIZES:
            for _ in range(draws):
                drawn = shop.documents(rng)
                frame = drawn.frame(rng, size)
                honest, _ = scores(frame, drawn.texts)
                yield from _told(shop, frame, honest, of=name, size=size)


def machines(draws: int, rng: Generator) -> Iterator[Row]:
    """Ours with a machine that knows nothing."""
    shop = Shop(several=True)
    for size in SIZES:
        for _ in range(draws):
            frame = shop.documents(rng).frame(rng, size)
            noise = rng.random((DOCUMENTS, len(CODES)))
            yield from _told(shop, frame, noise, of="noise", size=size)
            flat = constant(frame, rng)
            yield from _told(shop, frame, flat, of="near-constant", size=size)


def wrong(draws: int, rng: Generator) -> Iterator[Row]:
    """The two ways that must fail, beside the same machine cross-fitted."""
    shop = Shop(words=200)
    for size in SIZES:
        for _ in range(draws):
            drawn = shop.documents(rng)
            frame = drawn.frame(rng, size)
            honest, seen = scores(frame, drawn.texts)
            yield from _told(shop, frame, honest, of="cross-fitted", size=size)
            yield from _told(shop, frame, seen, of="no cross-fitting", size=size)
            labels = (seen > 0.5).mean(axis=0)
            for row, label in zip(
                _told(shop, frame, seen, of="labels counted", size=size),
                labels,
                strict=True,
            ):
                low, high = wilson_interval(float(label), DOCUMENTS)
                truth = SHARES[CODES.index(row["code"])]
                held = {"held": low <= truth <= high, "width": high - low}
                yield row | held | {"error": float(label) - truth}


def gaps(draws: int, rng: Generator) -> Iterator[Row]:
    """Differences between the group and the others, where there is one or none."""
    for name, shop in {
        "difference, none": Shop(several=True, lift=1.0),
        "difference, threefold": Shop(several=True, lift=3.0),
        "difference, weights": Shop(several=True, weighted=True, lift=2.0),
    }.items():
        truth = np.diff(shop.rates(), axis=0)[0]
        for size in SIZES:
            for _ in range(draws):
                drawn = shop.documents(rng)
                frame = drawn.frame(rng, size)
                honest, _ = scores(frame, drawn.texts)
                found = [
                    prevalence_differences(
                        sample(shop, frame, machine),
                        codes=CODES,
                        by="group",
                        levels=("passive", "promoter"),
                    )
                    for machine in (honest, None)
                ]
                for n, code in enumerate(CODES):
                    both = (one[code] for one in found)
                    yield _row(*both, truth[n], of=name, read=size, code=code)


def impacts(draws: int, rng: Generator) -> Iterator[Row]:
    """What the score would be without those who speak of a theme."""
    for name, shop in {
        "impact": Shop(several=True),
        "impact, weights": Shop(several=True, weighted=True),
    }.items():
        for size in SIZES:
            for _ in range(draws):
                drawn = shop.documents(rng)
                frame = drawn.frame(rng, size)
                honest, _ = scores(frame, drawn.texts)
                for n, code in enumerate(CODES):
                    with_theme = drawn.codes[:, n].astype(int)
                    steps = SCORES.cumsum(axis=1)[with_theme]
                    which = (rng.random((DOCUMENTS, 1)) > steps).sum(axis=1).clip(0, 2)
                    scored = frame.assign(group=SIDES[which])
                    found = [
                        theme_impact(sample(shop, scored, machine), code, by="group")
                        for machine in (honest, None)
                    ]
                    gap = float((SCORES[1] - SCORES[0]) @ POINTS)
                    truth = SHARES[n] * gap
                    yield _row(*found, truth, of=name, read=size, code=code)


def _told(
    shop: Shop, frame: pd.DataFrame, machine: np.ndarray, *, of: str, size: int
) -> Iterator[Row]:
    coded = sample(shop, frame, machine)
    for truth, code in zip(SHARES, CODES, strict=True):
        domain = domains(coded, code)["all"]
        kinds = (domain, replace(domain, method=ALONE))
        both, alone = (share_of(Measured.of(one)) for one in kinds)
        yield _row(both, alone, truth, of=of, read=size, code=code)


def _row(ours: Estimate, alone: Estimate, truth: float, **label: object) -> Row:
    return {
        **label,
        "told": not np.isnan(ours.value),
        "held": ours.low <= truth <= ours.high,
        "alone": alone.low <= truth <= alone.high,
        "width": ours.high - ours.low,
        "width alone": alone.high - alone.low,
        "asked": abs(ours.value - alone.value) > 1e-12,
        "found": ours.p_value is not None and ours.p_value < 0.05,
        "error": ours.value - truth,
    }


def summary(rows: Iterator[Row]) -> pd.DataFrame:
    """Coverage of ours and of people alone, and the width of ours over theirs."""
    table, made = pd.DataFrame(rows), []
    for (of, read, code), part in table.groupby(["of", "read", "code"], sort=False):
        told = part[part["told"]]
        if told.empty:
            continue
        made.append(
            {
                "of": of,
                "read": read,
                "code": code,
                "ours": 100 * told["held"].mean(),
                "alone": 100 * told["alone"].mean(),
                "width": told["width"].mean() / told["width alone"].mean(),
                "asked": 100 * told["asked"].mean(),
                "found": 100 * told["found"].mean(),
                "bias": told["error"].mean(),
                "draws": len(told),
            }
        )
    return pd.DataFrame(made)


def compact(table: pd.DataFrame) -> str:
    """One line per setting and number read, a column per code."""
    cells = [
        f"{_marked(row['ours'], row['draws'])} | {_marked(row['alone'], row['draws'])}"
        f" | {row['width']:.2f}"
        for _, row in table.iterrows()
    ]
    cells = [cell.replace(" | ", " / ") for cell in cells]
    wide = table.assign(cell=cells).pivot_table(
        index=["of", "read"], columns="code", values="cell", aggfunc="first"
    )
    order = list(dict.fromkeys(zip(table["of"], table["read"], strict=True)))
    return markdown(wide.loc[order, list(CODES)].fillna("withheld").reset_index())


def _marked(rate: float, draws: int) -> str:
    low, high = band(int(draws))
    return f"{rate:.1f}" + ("" if 100 * low <= rate <= 100 * high else "*")


PARTS: Mapping[str, Callable[[int, Generator], Iterator[Row]]] = {
    "shares": shares,
    "machines": machines,
    "wrong": wrong,
    "gaps": gaps,
    "impacts": impacts,
}


def main() -> None:
    """Print the tables, and how long each took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", choices=[*PARTS], action="append")
    parser.add_argument("--draws", type=int, default=1500)
    parser.add_argument("--seed", type=int, default=20270501)
    given = parser.parse_args()
    for name in given.part or PARTS:
        rng, start = np.random.default_rng([given.seed, *name.encode()]), time.time()
        table = summary(PARTS[name](given.draws, rng))
        print(f"\n## {name}, {given.draws} draws, {time.time() - start:.0f} s\n")
        print(compact(table), "\n")
        print(markdown(table), flush=True)


if __name__ == "__main__":
    main()
