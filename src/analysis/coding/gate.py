"""Which codes agree well enough to be counted."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from analysis.estimate import Estimate
from analysis.settings import Coding

COUNT, QUOTE, UNCLEAR = "count", "quote only", "too few to tell"


def judge_codes(
    alphas: Mapping[str, Estimate], *, positives: pd.Series, settings: Coding
) -> pd.DataFrame:
    """Say of each code whether it may be counted, and why not.

    Parameters
    ----------
    alphas : mapping of code to Estimate
        Krippendorff's alpha, see `analysis.coding.alpha.krippendorff_alpha`.
    positives : Series of float, indexed by code
        Documents with the code, see `analysis.coding.decisions.Decisions.positives`.
    settings : Coding
        The least alpha, its least lower bound and the fewest positives.

    Returns
    -------
    DataFrame
        One row per code: code, alpha, low, high, base, positives, verdict (one of
        ``count``, ``quote only``, ``too few to tell``) and reason.

    Notes
    -----
    Krippendorff advises to rely on nothing under an alpha of .667 [1]_. A code may
    be quoted all the same: a quote shows what was said, a share says how often.
    With few positives the interval of alpha means little, so they are judged first.

    References
    ----------
    .. [1] Krippendorff, K. (2004). Reliability in content analysis. Human
       Communication Research 30(3), 411-433.

    Examples
    --------
    >>> alpha = Estimate(value=0.8, standard_error=0.05, low=0.7, high=0.9, base=200,
    ...     unit="correlation")
    >>> judge_codes({"late": alpha, "rude": alpha}, positives=pd.Series(
    ...     {"late": 30.0, "rude": 4.0}), settings=Coding())["verdict"].tolist()
    ['count', 'too few to tell']
    """
    rows = [
        (code, one.value, one.low, one.high, one.base, float(positives[code]),
         *_judge(one, float(positives[code]), settings))
        for code, one in alphas.items()
    ]  # fmt: skip
    names = ["code", "alpha", "low", "high", "base", "positives", "verdict", "reason"]
    return pd.DataFrame(rows, columns=names)


def countable(verdicts: pd.DataFrame) -> list[str]:
    """Return the codes that may be counted, in their order.

    Parameters
    ----------
    verdicts : DataFrame
        See `judge_codes`.

    Returns
    -------
    list of str
        Codes with the verdict ``count``.

    Examples
    --------
    >>> verdicts = ["count", "quote only"]
    >>> countable(pd.DataFrame({"code": ["a", "b"], "verdict": verdicts}))
    ['a']
    """
    return verdicts.loc[verdicts["verdict"] == COUNT, "code"].tolist()


def _judge(alpha: Estimate, positives: float, settings: Coding) -> tuple[str, str]:
    if positives < settings.minimum_positives:
        return UNCLEAR, (
            f"about {positives:.0f} documents carry it; agreement cannot be judged "
            f"under {settings.minimum_positives}"
        )
    if not alpha.value >= settings.alpha:
        return QUOTE, f"alpha {alpha.value:.2f} is under {settings.alpha:g}"
    if not alpha.low >= settings.alpha_low:
        return QUOTE, (
            f"alpha could be as low as {alpha.low:.2f}, under {settings.alpha_low:g}"
        )
    return COUNT, ""
