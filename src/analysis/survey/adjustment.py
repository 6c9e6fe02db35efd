"""A sample adjusted to the population, with the record of how."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from analysis.study import StudyError
from analysis.survey.calibration import calibrate
from analysis.survey.margins import Margins
from analysis.survey.raking import rake
from analysis.survey.sample import Sample, weights_of


def adjust(
    sample: Sample,
    margins: Margins,
    *,
    totals: Mapping[str, float] | None = None,
    technique: str = "raking",
    trim: float | None = None,
) -> Sample:
    """Adjust a sample to the population and keep on record how.

    Parameters
    ----------
    sample : Sample
        The answers, with the weights they start from.
    margins : mapping of column to mapping of level to population count
        One margin makes raking post-stratification.
    totals : mapping of column to population total, optional
        For ``calibration`` alone.
    technique : str
        ``raking`` or ``calibration``.
    trim : float, optional
        Largest weight allowed, as a multiple of the mean; for ``raking`` alone.

    Returns
    -------
    Sample
        With the columns `base_weight` and `weight`; later estimates know from the
        record what the margins have taken out of the error.

    Raises
    ------
    StudyError
        As for `rake` and `calibrate`, and if an option belongs to the other technique.

    Examples
    --------
    >>> import pandas as pd
    >>> answers = Sample(pd.DataFrame({"segment": ["new", "new", "old"]}))
    >>> adjust(answers, {"segment": {"new": 30, "old": 70}}).frame["weight"].tolist()
    [15.0, 15.0, 70.0]
    """
    base = sample.frame.assign(base_weight=weights_of(sample.frame, sample.weights))
    if technique == "calibration" and trim is None:
        made = calibrate(base, margins, base_weights="base_weight", totals=totals)
    elif technique == "raking" and not totals:
        made = rake(base, margins, base_weights="base_weight", trim=trim)
    else:
        raise StudyError(
            "Totals belong to calibration and trimming to raking; the technique is "
            f"{technique!r}."
        )
    return replace(
        sample,
        frame=base.assign(weight=made),
        weights="weight",
        base_weights="base_weight",
        margins=tuple(margins),
        auxiliaries=tuple(totals or ()),
        technique=technique,
        trim=trim,
    )
