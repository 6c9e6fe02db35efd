"""Forecasts of each wave from the waves before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.outcomes.prediction.history import HISTORY
from analysis.outcomes.prediction.models import (
    Columns,
    Rows,
    deviance,
    linear_predictors,
    mean_of,
)
from analysis.study import StudyError
from analysis.survey import Sample

QUESTIONS = ("recommend", "satisfaction", "effort")
FEWEST = 100
FEWEST_EVENTS = 20
TENTH = 0.1


@dataclass(frozen=True, slots=True)
class Target:
    """What is forecast: a column, its chances if it is a share, and its words."""

    column: str
    kind: str
    chances: str = ""
    event: str = ""


TARGETS = {
    "returns": Target(
        "returned_lines_after", "chance", "lines_after", "sent something back"
    ),
    "lines": Target("lines_after", "count", event="bought something"),
    "spend": Target("revenue_after", "count", event="bought something"),
    "churn": Target("left_after", "chance", event="left"),
}


@dataclass(frozen=True, eq=False)
class Forecast:
    """Forecasts of one target, made forward in time, without and with the answers.

    Parameters
    ----------
    target : str
        A key of `TARGETS`.
    sample : Sample
        All answers. New columns, missing where nothing was forecast: `flat_loss`,
        `plain_loss` and `loss`, the deviance of one rate for all, of history and of
        history with the answers; `drawn`, what the answers
        move the forecast by towards what happened; `happened`; `plain_tenth` and
        `tenth`, whether the answer is in the tenth with the highest forecast (of all
        answers, or of lines bought for returns).
    waves : tuple of str
        The waves that were forecast.
    """

    target: str
    sample: Sample
    waves: tuple[str, ...]


def targets(sample: Sample) -> list[str]:
    """Return the targets that the sample has the columns of.

    Parameters
    ----------
    sample : Sample
        As for `forecast`.

    Returns
    -------
    list of str
        Keys of `TARGETS`.

    Examples
    --------
    >>> targets(Sample(pd.DataFrame({"lines_after": [1.0, 0.0]})))
    ['lines']
    """
    return [
        name
        for name, what in TARGETS.items()
        if not {what.column, what.chances} - {"", *sample.known(sample.frame.columns)}
    ]


def forecast(
    sample: Sample,
    target: str,
    *,
    answers: Sequence[str] = QUESTIONS,
    history: Sequence[str] = HISTORY,
) -> Forecast:
    """Forecast each wave from the waves before it, without and with the answers.

    Parameters
    ----------
    sample : Sample
        Answers of all waves, with what followed them (see `after_answers`), what
        was before (`buying_history`) and `period`.
    target : str
        ``returns`` among order lines, ``lines``, ``spend`` or ``churn``, each within
        the window after the answer.
    answers : sequence of str
        Questions, ratings or theme flags whose worth is asked for. Columns that the
        sample lacks are left out.
    history : sequence of str
        What is known without asking; columns that the sample lacks are left out.

    Returns
    -------
    Forecast
        Of every wave with enough before it.

    Raises
    ------
    StudyError
        If the target is unknown or not there, there is no history or no question, only
        one wave has closed, or no wave has 100 answers and 20 events before it.

    Notes
    -----
    Both models are ridge regressions whose penalties are chosen within the training
    waves by folds of people. They see the same answers: those with a closed window
    and all columns. Nobody who is tested is trained on, so that no window, and no
    habit, of theirs is on both sides. The windows of the last wave before may still
    be open when the next is asked; a forecast of that day would know a little less.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(1)
    >>> score = rng.integers(0, 11, 600)
    >>> made = pd.DataFrame({"period": ["2026Q1", "2026Q2"] * 300, "recommend": score,
    ...     "lines_before": rng.poisson(2, 600), "lines_after": rng.poisson(score / 5)})
    >>> forecast(Sample(made), "lines").waves
    ('2026Q2',)
    """
    asked, known = _columns(sample, target, answers, history)
    used = _usable(sample, target, [*asked, *known])
    frame, what = sample.frame[used], TARGETS[target]
    rows = _rows(sample, used, what)
    waves = sorted(frame["period"].unique())
    _refuse_one_wave(waves, target)
    found = _empty(len(sample.frame))
    at, tested = np.flatnonzero(used), []
    for wave in waves[1:]:
        is_new = frame["period"].eq(wave).to_numpy()
        is_tested = np.isin(rows.people, rows.people[is_new])
        train = frame["period"].lt(wave).to_numpy() & ~is_tested
        if _is_enough(rows.where(train), what) and is_new.any():
            parts = (frame[train], frame[is_new])
            matrices = _matrices(*parts, known=known, asked=asked)
            learned = rows.where(train)
            etas = linear_predictors(what.kind, learned, *matrices)
            flat = _flat(what.kind, learned, int(is_new.sum()))
            scored = _scored(what.kind, rows.where(is_new), (flat, *etas))
            for name, one in scored.items():
                found[name][at[is_new]] = one
            tested.append(str(wave))
    if not tested:
        raise StudyError(_too_few(target, what))
    return Forecast(target, sample.with_columns(**found), tuple(tested))


def _columns(
    sample: Sample, target: str, answers: Sequence[str], history: Sequence[str]
) -> tuple[list[str], list[str]]:
    if target not in TARGETS:
        raise StudyError(f"A forecast is of {', '.join(TARGETS)}, not of {target!r}.")
    what = TARGETS[target]
    for name in filter(None, (what.column, what.chances, "period")):
        if name not in sample.frame:
            raise StudyError(f"{target} cannot be forecast: there is no column {name}.")
    asked, known = sample.known(answers), sample.known(history)
    if not asked or not known:
        lacks = "answers" if not asked else "buying history"
        wanted = ", ".join(history if asked else answers)
        raise StudyError(f"{target}: there are no {lacks} to forecast from ({wanted}).")
    return asked, known


def _usable(sample: Sample, target: str, columns: list[str]) -> np.ndarray:
    what, frame = TARGETS[target], sample.frame
    needed = list(filter(None, (what.column, what.chances, "period")))
    used = frame[[*needed, *columns]].notna().all(axis=1)
    if what.chances:
        used &= frame[what.chances].gt(0)
    return np.asarray(used.to_numpy(dtype=bool))


def _rows(sample: Sample, used: np.ndarray, what: Target) -> Rows:
    frame = sample.frame[used]
    happened = frame[what.column].to_numpy(dtype=float)
    chances = np.ones(len(frame))
    if what.chances:
        chances = frame[what.chances].to_numpy(dtype=float)
    weights = np.ones(len(frame))
    if sample.weights:
        weights = frame[sample.weights].to_numpy(dtype=float)
    return Rows(np.clip(happened, 0, None), chances, weights, _people(frame, sample))


def _people(frame: pd.DataFrame, sample: Sample) -> np.ndarray:
    if not sample.clusters:
        return np.arange(len(frame))
    codes, names = pd.factorize(frame[sample.clusters], sort=True)
    alone = codes < 0  # a missing name is a person of its own
    codes[alone] = len(names) + np.arange(alone.sum())
    return np.asarray(codes)


def _is_enough(rows: Rows, what: Target) -> bool:
    hits = int((rows.happened > 0).sum())
    rest = int((rows.happened < rows.chances).sum()) if what.kind == "chance" else hits
    return len(rows.people) >= FEWEST and min(hits, rest) >= FEWEST_EVENTS


Matrices = tuple[np.ndarray, np.ndarray]


def _matrices(
    train: pd.DataFrame, new: pd.DataFrame, *, known: list[str], asked: list[str]
) -> tuple[Matrices, Matrices]:
    """History and answers, of the rows to train on and of new ones."""
    history, answers = Columns(train, known, has_tails=True), Columns(train, asked)
    return (history(train), answers(train)), (history(new), answers(new))


def _empty(size: int) -> dict[str, np.ndarray]:
    losses = ("flat_loss", "plain_loss", "loss", "drawn")
    names = (*losses, "happened", "plain_tenth", "tenth")
    return {name: np.full(size, np.nan) for name in names}


def _flat(kind: str, rows: Rows, size: int) -> np.ndarray:
    """One rate for all: that of the training waves."""
    rate = float(rows.weights @ rows.happened / (rows.weights @ rows.chances))
    eta = np.log(rate / (1 - rate)) if kind == "chance" else np.log(rate)
    return np.full(size, eta)


def _scored(
    kind: str, rows: Rows, etas: tuple[np.ndarray, np.ndarray, np.ndarray]
) -> dict[str, np.ndarray]:
    """Set linear predictors of a rate, history and answers beside what happened."""
    flat, plain, full = etas
    surprise = rows.happened - rows.chances * mean_of(kind, plain)
    mass = rows.weights * rows.chances
    return {
        "flat_loss": deviance(kind, rows, flat),
        "plain_loss": deviance(kind, rows, plain),
        "loss": deviance(kind, rows, full),
        "drawn": 2 * surprise * (full - plain),
        "happened": rows.happened,
        "plain_tenth": _highest(plain, mass),
        "tenth": _highest(full, mass),
    }


def _highest(eta: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Say how much of each answer belongs to the tenth with the highest forecast."""
    order = np.argsort(-eta, kind="stable")
    room = TENTH * weights.sum() - (np.cumsum(weights[order]) - weights[order])
    made = np.empty(len(eta))
    made[order] = np.clip(room / weights[order], 0, 1)
    return made


def _refuse_one_wave(waves: list[str], target: str) -> None:
    if len(waves) < 2:
        seen = f"only {waves[0]}" if waves else "no wave"
        raise StudyError(
            f"{target}: a forecast learns from one wave and is tried on the next, and "
            f"{seen} has answers whose window has closed. It takes two."
        )


def _too_few(target: str, what: Target) -> str:
    return (
        f"{target}: no wave has {FEWEST} answers with a closed window before it, of "
        f"whom {FEWEST_EVENTS} {what.event} and as many did not. Wait for a wave more."
    )
