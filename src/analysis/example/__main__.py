"""Command line: ``python -m analysis.example --seed 7 --scale 0.2 --to FOLDER``."""

import argparse
import json
import sys
from pathlib import Path

from analysis.example.exports import draw
from analysis.example.planted import SEED
from analysis.example.population import truths
from analysis.study import raw_root


def main(arguments: list[str] | None = None) -> int:
    """Draw a company and say where it is.

    Parameters
    ----------
    arguments : list of str, optional
        Words of the command line; those of the process by default.

    Returns
    -------
    int
        Exit status.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     main(["--scale", "0.02", "--to", folder])  # doctest: +ELLIPSIS
    241 customers, ... order lines, ... answers in ...
    0
    """
    parser = argparse.ArgumentParser("analysis.example", description=__doc__)
    parser.add_argument("--seed", type=int, default=SEED, help="default: %(default)s")
    parser.add_argument("--scale", type=float, default=1.0, help="1 = 12,000 customers")
    parser.add_argument("--to", type=Path, default=None, help="default: the demo study")
    parser.add_argument("--truths", type=Path, help="a file for the truths, as JSON")
    options = parser.parse_args(arguments)
    folder = options.to or raw_root() / "demo"
    company = draw(folder, seed=options.seed, scale=options.scale)
    if options.truths:
        text = json.dumps(truths(company), indent=1, ensure_ascii=False)
        options.truths.write_text(text + "\n", encoding="utf-8")
    sys.stdout.write(
        f"{len(company.customers):,} customers, {len(company.orders):,} order lines, "
        f"{len(company.responses):,} answers in {folder}\n"
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
