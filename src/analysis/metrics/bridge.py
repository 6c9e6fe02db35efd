"""What a change is made of: another mix of customers, or other answers."""

from __future__ import annotations

import math

import numpy as np

from analysis.estimate import Estimate, statistic, untold
from analysis.metrics.change import change
from analysis.metrics.metric import Metric
from analysis.metrics.waves import Waves, parts_of
from analysis.survey import Sample


@statistic
def bridge(
    sample: Sample,
    metric: Metric,
    *,
    by: str,
    periods: tuple[str, str],
    rng: np.random.Generator,
    number: int = 400,
) -> dict[str, Estimate]:
    r"""Divide a change into another mix of customers and other answers within each.

    Parameters
    ----------
    sample : Sample
        Respondents, or customers for what they do, with a column ``period``.
    metric : Metric
        What to compare.
    by : str
        Column of segments. A customer without a value is in the segment
        ``not known``.
    periods : tuple of str
        The period to look at, then the one to compare with.
    rng : Generator
        Source of the bootstrap's draws.
    number : int
        How many bootstrap replicates, 2 or more.

    Returns
    -------
    dict of str to Estimate
        ``mix`` (who answered), ``weighting``, ``customer mix`` (both together),
        ``within`` (other answers within segments) and ``total``, which is `change`.
        Where nothing is weighted, ``customer mix`` stands alone. Each with `p_value`
        of no change; the base is that of the smaller period. Without numbers where a
        period has too little to tell (`Metric.least`).

    Raises
    ------
    StudyError
        If a period has no answers, or fewer than two segments are left.

    Notes
    -----
    A period's figure is :math:`W = \sum_s r_s k_s y_s`: :math:`r` is the segment's
    share of respondents (of order lines and the like for a rate), :math:`k` the mean
    weight of the segment over the mean weight of all, :math:`y` the figure within it.
    So :math:`p = rk` is the segment's weighted share, of customers. With bars for the
    mean of both periods and :math:`c = \bar W`,

    .. math::
        \Delta W = \underbrace{\sum_s \Delta r_s \bar k_s (\bar y_s - c)}_{mix} +
        \underbrace{\sum_s \Delta k_s \bar r_s (\bar y_s - c)}_{weighting} +
        \underbrace{\sum_s \bar p_s \Delta y_s}_{within}.

    This is the decomposition of Das Gupta [1]_, first into :math:`p` and :math:`y`,
    then :math:`p` into :math:`r` and :math:`k`: so the customer mix and the part
    within do not depend on who happened to answer, and :math:`c` keeps ``mix`` and
    ``weighting`` free of where the scale has its zero. It is arithmetic: it says where
    a change is, not why.

    A segment with 1 to 4 answers in either period is put together with others; see
    `segments_of`. A segment that only one of the periods has counts wholly as mix:
    :math:`k` and :math:`y` of the other period stand for the missing ones.

    Errors are those of a bootstrap of customers over both periods, in which weights
    are raked again. Without raking and with more than 1,000 customers they are dealt
    at random into 1,000 groups, which are drawn.

    References
    ----------
    .. [1] Das Gupta, P. (1993). Standardization and decomposition of rates: a
       user's manual. U.S. Bureau of the Census, P23-186.

    Examples
    --------
    >>> import pandas as pd
    >>> from analysis.metrics.scores import net_promoter
    >>> answers = Sample(pd.DataFrame({"recommend": [9, 9, 0, 9, 0] * 8,
    ...     "segment": ["new"] * 10 + ["old"] * 15 + ["new"] * 5 + ["old"] * 10,
    ...     "period": ["a"] * 20 + ["b"] * 20}))
    >>> parts = bridge(answers, net_promoter, by="segment", periods=("b", "a"),
    ...     rng=np.random.default_rng(1), number=50)
    >>> list(parts)
    ['customer mix', 'within', 'total']
    """
    waves = Waves.of(sample, metric, by=by, periods=periods)
    total = change(sample, metric, periods=periods)
    drawn, design = waves.draw(rng, number)
    values, draws = parts_of(waves.totals()[..., None]), parts_of(drawn)
    base, kish = int(waves.bases.sum(axis=1).min()), float(waves.kish.min())
    names = ["mix", "weighting", "customer mix", "within"][0 if sample.weights else 2 :]
    made = {
        name: waves.estimate(
            values[name].sum(), draws[name].sum(axis=0), design, bases=(base, kish)
        )
        for name in names
    }
    if math.isnan(total.value):
        made = {name: untold(one) for name, one in made.items()}
    return made | {"total": total}


@statistic
def within_contributions(
    sample: Sample,
    metric: Metric,
    *,
    by: str,
    periods: tuple[str, str],
    rng: np.random.Generator,
    number: int = 400,
) -> dict[str, Estimate]:
    """What other answers within each segment add to a change.

    Parameters
    ----------
    sample, metric, by, periods, rng, number
        As for `bridge`.

    Returns
    -------
    dict of str to Estimate
        By segment; together they are ``within`` of `bridge`. The base is the
        segment's, in the period that has fewer. Segments that only one of the periods
        has are left out: they add nothing.

    Raises
    ------
    StudyError
        As for `bridge`.

    Notes
    -----
    The mean weighted share of the segment times the change within it. A large segment
    with a small change may add as much as a small one with a large change.

    Examples
    --------
    >>> import pandas as pd
    >>> from analysis.metrics.scores import net_promoter
    >>> answers = Sample(pd.DataFrame({"recommend": [9, 9, 0, 9, 0] * 8,
    ...     "segment": ["new", "old"] * 20, "period": ["a"] * 20 + ["b"] * 20}))
    >>> list(within_contributions(answers, net_promoter, by="segment",
    ...     periods=("b", "a"), rng=np.random.default_rng(1), number=50))
    ['new', 'old']
    """
    waves = Waves.of(sample, metric, by=by, periods=periods)
    return waves.contributions("within", rng, number, least=1)


@statistic
def mix_contributions(
    sample: Sample,
    metric: Metric,
    *,
    by: str,
    periods: tuple[str, str],
    rng: np.random.Generator,
    number: int = 400,
) -> dict[str, Estimate]:
    """What each segment's share of customers adds to a change.

    Parameters
    ----------
    sample, metric, by, periods, rng, number
        As for `bridge`.

    Returns
    -------
    dict of str to Estimate
        By segment; together they are ``customer mix`` of `bridge`. The base is that
        of the segment's fuller period.

    Raises
    ------
    StudyError
        As for `bridge`.

    Notes
    -----
    The change of the segment's weighted share times how far it lies above the whole:
    more of a segment that is above the mean adds, as does less of one below it.

    Examples
    --------
    >>> import pandas as pd
    >>> from analysis.metrics.scores import net_promoter
    >>> answers = Sample(pd.DataFrame({"recommend": [9, 9, 0, 9, 0] * 8,
    ...     "segment": ["new", "old"] * 20, "period": ["a"] * 20 + ["b"] * 20}))
    >>> list(mix_contributions(answers, net_promoter, by="segment",
    ...     periods=("b", "a"), rng=np.random.default_rng(1), number=50))
    ['new', 'old']
    """
    waves = Waves.of(sample, metric, by=by, periods=periods)
    return waves.contributions("customer mix", rng, number, least=0)
