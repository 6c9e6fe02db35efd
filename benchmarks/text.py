"""What help with coding costs: python benchmarks/text.py REVIEWS.csv.

Takes the women's clothing reviews (columns "Review Text", "Recommended IND" and
"Department Name") through redaction, vectors, suggestions learned from 400 of them,
and candidate themes; then makes the vectors again from what was kept. Departments and
the recommendation stand in for codes that people gave.
"""

import argparse
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd

from analysis.coding.assistance.classifier import (
    Suggestions,
    learn_codes,
    tabulate_suggestions,
)
from analysis.coding.assistance.judging import ranking
from analysis.coding.assistance.themes import candidate_themes
from analysis.coding.assistance.vectors import SENTENCES, WORDS, vectorise
from analysis.coding.decisions import NONE, final
from analysis.privacy import redact_series

Made = TypeVar("Made")
SEED = 20260930
READ = 400
DEPARTMENTS = {"Dresses": "dresses", "Bottoms": "bottoms", "Jackets": "jackets"}


def timed(name: str, work: Callable[[], Made], *, documents: int) -> Made:
    """Do some work and print what it took; memory is the highest so far."""
    wall, processor = time.perf_counter(), time.process_time()
    made = work()
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{name:<28}{wall:8.1f} s wall {processor:8.1f} s processor "
        f"{documents / processor:9.0f} documents a processor second {peak:7.0f} MB",
        flush=True,
    )
    return made


def codings(reviews: pd.DataFrame, read: np.ndarray) -> pd.DataFrame:
    """Return what a coder would have written down for the documents read."""
    some = reviews.iloc[read]
    marks = {"unhappy": some["Recommended IND"] == 0}
    marks |= {code: some["Department Name"] == d for d, code in DEPARTMENTS.items()}
    parts = [some.loc[is_so, ["document_id"]].assign(code=c) for c, is_so in
             {**marks, NONE: pd.Series(True, index=some.index)}.items()]  # fmt: skip
    return pd.concat(parts).assign(coder="ann")


def judge(guess: Suggestions, reviews: pd.DataFrame) -> None:
    """Print how well guesses rank documents that nobody read, and what was said."""
    told = ranking(guess)
    everyone = codings(reviews, np.arange(len(reviews)))
    unread = guess.decided.isna().all(axis=1)
    for code, one in told.items():
        given = guess.probabilities.index.isin(
            everyone.loc[everyone["code"] == code, "document_id"]
        )
        odds = guess.probabilities[code][unread]
        ranks, marks = odds.rank().to_numpy(), given[unread.to_numpy()]
        n, m = marks.sum(), (~marks).sum()
        true = (ranks[marks].sum() - n * (n + 1) / 2) / (n * m)
        print(
            f"  {code:<12} ranking told {one.value:.3f} ({one.low:.3f} to "
            f"{one.high:.3f}), on the unread {true:.3f}; mean probability "
            f"{odds.mean():.3f}, true share {marks.mean():.3f}"
        )


def walk(reviews: pd.DataFrame, *, kind: str, folder: Path) -> None:
    """Take redacted reviews through vectors, suggestions and themes."""
    n = len(reviews)
    print(f"{kind}, {n:,} documents")
    timed("vectors", lambda: vectorise(reviews, kind=kind, folder=folder), documents=n)
    vectors = timed(
        "vectors, from what was kept",
        lambda: vectorise(reviews, kind=kind, folder=folder),
        documents=n,
    )
    read = np.random.default_rng(SEED).choice(n, READ, replace=False)
    decisions = final(codings(reviews, read), codes=["unhappy", *DEPARTMENTS.values()])
    guess = timed(
        "suggestions, four codes",
        lambda: learn_codes(decisions, reviews, vectors=vectors, seed=SEED),
        documents=n,
    )
    judge(guess, reviews)
    print(f"  {len(tabulate_suggestions(guess)):,} suggested")
    found = timed(
        "themes",
        lambda: candidate_themes(
            reviews, vectors=vectors, rng=np.random.default_rng(SEED)
        ),
        documents=n,
    )
    print(found.told)
    print(found.table[["documents", "stability", "words"]].to_string(index=False))
    size = sum(file.stat().st_size for file in folder.iterdir()) / 2**20
    print(f"kept on disk: {size:.0f} MB\n", flush=True)


def main() -> None:
    """Read the file named on the command line and print what each step took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("reviews", type=Path)
    parser.add_argument("--kinds", nargs="+", default=[WORDS, SENTENCES])
    parser.add_argument("--rows", type=int, default=None)
    parser.add_argument("--folder", type=Path, default=None)
    chosen = parser.parse_args()
    reviews = pd.read_csv(chosen.reviews, index_col=0, nrows=chosen.rows)
    reviews["document_id"] = reviews.index.astype("str")
    n = len(reviews)
    texts, counts = timed(
        "redaction", lambda: redact_series(reviews["Review Text"]), documents=n
    )
    print(f"  {int(counts.to_numpy().sum())} pieces replaced\n")
    for kind in chosen.kinds:
        with tempfile.TemporaryDirectory() as scratch:
            folder = (chosen.folder or Path(scratch)) / kind
            folder.mkdir(parents=True, exist_ok=True)
            walk(reviews.assign(text=texts), kind=kind, folder=folder)


if __name__ == "__main__":
    main()
