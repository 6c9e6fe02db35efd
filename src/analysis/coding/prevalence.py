"""How often a theme is spoken of, with the coding error inside the interval.

People read a random part of the documents, a machine scores all of them. Neither
machine labels are counted as facts, nor is what the machine knows thrown away: see
`analysis.coding.powered`. Where people saw the code too rarely they speak alone.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from analysis.coding.audited import Floors, domains
from analysis.coding.measured import Measured, share_of
from analysis.estimate import Estimate, statistic
from analysis.survey import Result, Sample

# Whom a share speaks of, unless the page says it more narrowly.
POPULATION = "those who write such documents, not these documents alone"


@statistic
def prevalence(
    coded: Sample, code: str, *, by: str | None = None, floors: Floors | None = None
) -> Result:
    r"""Share of documents that carry a code, by people and machine together.

    Parameters
    ----------
    coded : Sample
        One row per document, weights and the person as cluster. Columns: `code` (human,
        0 to 1, missing where people did not read), ``machine_`` + code (out of fold)
        and ``inclusion_probability``. See `analysis.coding.audited.with_machine`.
        Weights are those of the survey, without what the coding sample adds.
    code : str
        The code.
    by : str, optional
        Column of levels, such as the segment, source, product or score group.
    floors : Floors, optional
        Ten persons with the code, and ten without, for the machine to be asked; ten
        documents read for a figure to be told.

    Returns
    -------
    Estimate or dict of str to Estimate
        Unit `share`; without numbers where withheld. The base counts documents that
        people read, the effective base what they and the machine are worth together.
        `tabulate_methods` says who spoke.

    Raises
    ------
    StudyError
        If people read nothing, or codes or inclusion probabilities are out of range.

    Notes
    -----
    With survey weights :math:`w`, inclusion probabilities :math:`\pi`, human codes
    :math:`y` and out-of-fold machine codes :math:`f`

    .. math::
        \hat p = \frac{\sum_{read} y w/\pi}{\sum_{read} w/\pi} + \lambda\left(
        \frac{\sum_{all} w f}{\sum_{all} w} -
        \frac{\sum_{read} f w/\pi}{\sum_{read} w/\pi}\right)

    the prediction-powered estimate [1]_ with power tuning :math:`\lambda \ge 0` [2]_
    by cross-fitting [3]_. Its variance :math:`V` sums squared influence over persons,
    read or not. Wilson's interval stands on
    :math:`n^* = n_h V_h / V`: :math:`V_h` is the variance of people alone and
    :math:`n_h = s^2/V_h` their effective base, at most Kish's, shrunk for few persons
    [4]_. A constant machine leaves :math:`n_h`, and without weights or several
    documents per person that is the number of documents read.

    The share speaks of the process that makes such documents, so there is no finite
    population correction. Human codes are the reference: what all readers overlook is
    not inside. Not for a machine that learned from the documents that it is corrected
    on: such intervals are far too narrow.

    References
    ----------
    .. [1] Angelopoulos, A. N. et al. (2023). Prediction-powered inference. Science
       382, 669-674.
    .. [2] Angelopoulos, A. N., Duchi, J. C. and Zrnic, T. (2023). PPI++: Efficient
       prediction-powered inference. arXiv 2311.01453.
    .. [3] Zrnic, T. and Candes, E. J. (2024). Cross-prediction-powered inference.
       PNAS 121(15). arXiv 2309.16598.
    .. [4] Korn, E. L. and Graubard, B. I. (1998). Confidence intervals for
       proportions with small expected number of positive counts. Survey
       Methodology 24(2), 193-201.

    Examples
    --------
    People read 200 of 1,000 documents; a machine that says nothing adds nothing:

    >>> texts = pd.DataFrame({"late": [1.0] * 10 + [0.0] * 190 + [None] * 800,
    ...     "machine_late": 0.05})
    >>> late = prevalence(Sample(texts), "late")
    >>> round(late.low, 5), round(late.high, 5), late.base
    (0.02738, 0.08958, 200)
    """
    found = domains(coded, code, by=by, floors=floors)
    made = {
        level: share_of(Measured.of(one), confidence=coded.confidence)
        for level, one in found.items()
    }
    return made if by else made["all"]


@statistic
def prevalences(
    coded: Sample, *, codes: Sequence[str], floors: Floors | None = None
) -> dict[str, Estimate]:
    """Share of documents that carry each code, by people and machine together.

    Parameters
    ----------
    coded : Sample
        As for `prevalence`.
    codes : sequence of str
        Codes that may be counted, see `analysis.coding.gate.countable`.
    floors : Floors, optional
        As for `prevalence`.

    Returns
    -------
    dict of str to Estimate
        In the order of the codes. Documents may carry several.

    Notes
    -----
    As `prevalence`.

    Examples
    --------
    >>> texts = Sample(pd.DataFrame({"late": [1.0, 0.0] * 10, "price": 0.0}))
    >>> [one.value for one in prevalences(texts, codes=["late", "price"]).values()]
    [0.5, 0.0]
    """
    found = {}
    for code in codes:
        one = prevalence(coded, code, floors=floors)
        assert isinstance(one, Estimate)  # without `by` there is one
        found[code] = one
    return found


def tabulate_methods(
    coded: Sample,
    *,
    codes: Sequence[str],
    by: str | None = None,
    population: str = POPULATION,
    floors: Floors | None = None,
) -> pd.DataFrame:
    """Who spoke of each share, and what the machine was worth.

    Parameters
    ----------
    coded : Sample
        As for `prevalence`.
    codes : sequence of str
        Codes.
    by : str, optional
        Column of levels.
    population : str
        Whom the shares speak of, in words.
    floors : Floors, optional
        As for `prevalence`.

    Returns
    -------
    DataFrame
        One row per code and level: code, level, method (``people and machine``,
        ``people alone`` or ``withheld``), reason, documents (all), read (by people),
        positives (among these), tuning (trust in the machine), gain (effective base
        over that of people alone) and population.

    Examples
    --------
    >>> texts = Sample(pd.DataFrame({"late": [1.0, 0.0] * 10}))
    >>> tabulate_methods(texts, codes=["late"])[["method", "reason"]].values.tolist()
    [['people alone', 'no machine']]
    """
    rows = [
        {"code": code, "level": level, **Measured.of(one).described()}
        for code in codes
        for level, one in domains(coded, code, by=by, floors=floors).items()
    ]
    return pd.DataFrame(rows).assign(population=population)
