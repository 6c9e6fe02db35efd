"""What should be nought: the time before the answer, and what it cannot touch."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.estimate import Estimate, statistic
from analysis.outcomes.panels.frames import Panel
from analysis.outcomes.panels.lags import AFTER, BEFORE, OUTCOMES, lag_total

CONTROLS = {"returns": "returns by price class", "units": "price", "net sales": "price"}
EFFECT, LEAD, CONTROL = "after", "before (placebo)", "negative control"


@statistic
def panel_checks(
    panel: Panel,
    outcome: str,
    *,
    of: str = "score",
    model: str = "level",
    lags: Sequence[int] = AFTER,
    leads: Sequence[int] = BEFORE,
) -> dict[str, Estimate]:
    r"""What goes with one point more, beside two figures that should be nought.

    Parameters
    ----------
    panel : Panel
        Made by `customer_panel` or `product_panel`.
    outcome, of, model
        As in `lag_profile`.
    lags, leads : sequence of int
        Periods after and before the answer; as many of each are comparable.

    Returns
    -------
    dict of str to Estimate
        Unit `per_hundred`: ``after``; ``before (placebo)``, the outcome before the
        answer; and for returns, units and net sales ``negative control``.

    Raises
    ------
    StudyError
        As `lag_total`.

    Notes
    -----
    Each figure is a `lag_total` of the same rows and answers. The negative control of
    returns is the share of lines that *others* sent back of the same price class: it
    moves only with what was bought, and is in returns per 100 lines as well. That of
    sales is the price paid, in per cent: promotions move both, ratings of one month
    do not set the price of the next. A small figure does not prove that nothing lies
    behind both; a large one shows that something may [1]_.

    References
    ----------
    .. [1] Lipsitch, M., Tchetgen Tchetgen, E. and Cohen, T. (2010). Negative controls:
       a tool for detecting confounding and bias. Epidemiology 21(3), 383-388.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> rng = np.random.default_rng(1)
    >>> frame = pd.DataFrame({"unit": np.repeat(range(30), 20),
    ...     "period": np.tile(range(20), 30), "score": rng.normal(7, 1, 600),
    ...     "lines": rng.poisson(3, 600)})
    >>> panel = Panel(frame, [str(n) for n in range(20)])
    >>> list(panel_checks(panel, "lines"))
    ['after', 'before (placebo)']
    """
    how = {"of": of, "model": model}
    found = {
        EFFECT: lag_total(panel, outcome, lags=lags, **how),
        LEAD: lag_total(panel, outcome, lags=leads, **how),
    }
    control = CONTROLS.get(outcome)
    if control and OUTCOMES[control].column in panel.frame:
        found[CONTROL] = lag_total(panel, control, lags=lags, **how)
    return found
