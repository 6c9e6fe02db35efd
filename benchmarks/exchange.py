"""What exchange files cost: python benchmarks/exchange.py [texts] [codings].

Texts and codings with passages are made up, written as REFI-QDA project, read back
and written again. Printed are processor seconds each way, how many of those that go
out are redaction's last check, the size of the file, and whether the second file is
the first, byte for byte. Then the ratio for ten times as many codings.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from analysis import qda
from analysis.coding import exchange
from analysis.coding.codebook import Code, Codebook
from analysis.privacy import redact_series

SIZES = (2_000, 5_000)
WORDS = "late parcel price fits well colour café 👍🏽 returned size again"


def make(n_texts: int, n_codings: int) -> tuple[pd.DataFrame, pd.DataFrame, Codebook]:
    """Invent texts of about 25 words, codings of passages in them, and a book."""
    rng = np.random.default_rng(1)
    texts = [
        " ".join(rng.choice(WORDS.split(" "), 5 + int(rng.integers(0, 40))))
        for _ in range(n_texts)
    ]
    documents = pd.DataFrame(
        {"document_id": [f"R_{n:06d}" for n in range(n_texts)], "text": texts}
    )
    codes = [f"code_{n:02d}" for n in range(20)]
    row = rng.integers(0, n_texts, n_codings)
    start = [int(rng.integers(0, len(texts[n]) // 2)) for n in row]
    codings = pd.DataFrame(
        {
            "document_id": documents["document_id"].to_numpy()[row],
            "coder": rng.choice(["ann", "bob", "eve"], n_codings),
            "code": rng.choice(codes, n_codings),
            "valence": rng.choice([-1.0, 0.0, 1.0], n_codings),
            "start": start,
            "end": [at + 5 for at in start],
            "round": "2026Q3",
        }
    )
    book = Codebook(version="1", codes=tuple(Code(id=one, name=one) for one in codes))
    return documents, codings, book


def measure(n_texts: int, n_codings: int) -> tuple[float, float]:
    """Print what one size takes each way, and return the two times."""
    documents, codings, book = make(n_texts, n_codings)
    with tempfile.TemporaryDirectory() as folder:
        path, again = Path(folder, "a.qdpx"), Path(folder, "b.qdpx")
        began = time.process_time()
        made = exchange.make_project(
            documents, codings=codings, codebook=book, study="bench"
        )
        qda.write_file(made, path)
        out = time.process_time() - began

        began = time.process_time()
        project = qda.read_project(path)
        back = exchange.read_codings(project, documents=documents, codebook=book)
        into = time.process_time() - began

        began = time.process_time()
        redact_series(documents["text"])
        check = time.process_time() - began

        words = qda.texts(project)
        qda.write_file(
            exchange.make_project(words, codings=back, codebook=book, study="bench"),
            again,
        )
        same = path.read_bytes() == again.read_bytes()
        size = path.stat().st_size / 1e6
    print(
        f"{n_texts:>7,} texts {n_codings:>8,} codings: out {out:.2f} s (of which "
        f"redaction's check {check:.2f}), in {into:.2f} s, {size:.1f} MB, "
        f"out-in-out {'byte-identical' if same else 'DIFFERS'}"
    )
    return out, into


def main() -> None:
    """Measure the usual size and ten times the codings."""
    given = [int(one) for one in sys.argv[1:]]
    n_texts, n_codings = given if len(given) == 2 else SIZES
    measure(10, 10)  # imports and first calls are no part of it
    out, into = measure(n_texts, n_codings)
    more_out, more_in = measure(n_texts, 10 * n_codings)
    print(
        f"ten times the codings: out {more_out / out:.1f} times, in "
        f"{more_in / into:.1f} times"
    )


if __name__ == "__main__":
    main()
