"""What customers write: true codes first, then words for them."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import pandas as pd
from numpy.random import Generator
from numpy.typing import NDArray

from analysis.example.planted import CODES

# Log-odds of each code: level, then points per standard deviation of quality,
# delivery, price and overall experience.
ODDS = {
    "delivery_late": (-2.6, 0.0, -1.75, 0.0, -0.1),
    "delivery_fast": (-1.95, 0.0, 1.0, 0.0, 0.1),
    "quality_poor": (-2.35, -1.3, 0.0, 0.0, -0.1),
    "quality_good": (-1.55, 1.0, 0.0, 0.0, 0.2),
    "size_fit": (-2.45, -0.4, 0.0, 0.0, 0.0),
    "price_high": (-2.2, 0.0, 0.0, -1.0, -0.1),
    "price_fair": (-2.5, 0.0, 0.0, 0.9, 0.1),
    "service_helpful": (-2.5, 0.0, 0.0, 0.0, 0.6),
    "service_slow": (-2.75, 0.0, 0.0, 0.0, -0.7),
    "website_confusing": (-2.6, 0.0, 0.0, 0.0, 0.0),
    "return_process": (-2.7, -0.2, 0.0, 0.0, -0.4),
    "packaging": (-2.5, 0.0, -0.2, 0.0, 0.0),
}
OPPOSITES = (
    ("delivery_late", "delivery_fast"),
    ("quality_poor", "quality_good"),
    ("price_high", "price_fair"),
    ("service_slow", "service_helpful"),
)
NOUNS = (
    "kettle",
    "toaster",
    "pepper mill",
    "pan",
    "espresso maker",
    "jacket",
    "jumper",
    "shirt",
    "pair of shoes",
    "pair of socks",
    "lamp",
    "duvet cover",
    "basket",
    "chair",
    "clock",
    "headset",
    "speaker",
    "desk lamp",
    "watch",
    "charger",
    "yoga mat",
    "stove",
    "backpack",
    "swim mask",
    "resistance band",
)
LANGUAGES = ("en", "de", "es", "fr")


@cache
def phrases() -> dict[str, Any]:
    """Read the book of phrases.

    Returns
    -------
    dict
        As in ``phrases.toml``: clauses by code and language, openers, closers.

    Examples
    --------
    >>> phrases()["codes"]["delivery_late"]["valence"]
    -1
    """
    text = files("analysis.example").joinpath("phrases.toml").read_text("utf-8")
    return tomllib.loads(text)


def draw_codes(
    rng: Generator, moods: pd.DataFrame, *, odds: float = 0.0
) -> NDArray[np.bool_]:
    """Decide what each document is about.

    Parameters
    ----------
    rng : Generator
        Source of randomness.
    moods : DataFrame
        Columns `quality`, `delivery`, `price`, `experience` in standard deviations.
    odds : float
        Added to the log-odds of the negative codes and taken from the positive
        ones: above 0 for complaints.

    Returns
    -------
    array of bool, shape (n_documents, n_codes)
        True codes in the order of `CODES`; of two opposites only one is kept.

    Examples
    --------
    >>> moods = pd.DataFrame(
    ...     {"quality": [0.0], "delivery": [0.0], "price": [0.0], "experience": [0.0]}
    ... )
    >>> draw_codes(np.random.default_rng(1), moods).shape
    (1, 12)
    """
    chances = _chances(moods, odds)
    codes = rng.random(chances.shape) < chances
    for first, second in OPPOSITES:
        both = codes[:, CODES.index(first)] & codes[:, CODES.index(second)]
        codes[both, CODES.index(second)] = False
    return codes


def code_chances(moods: pd.DataFrame) -> NDArray[np.float64]:
    """Chance of each code in a survey comment, opposites taken into account.

    Parameters
    ----------
    moods : DataFrame
        As for `draw_codes`.

    Returns
    -------
    array of float, shape (n_documents, n_codes)
        Between 0 and 1: what `draw_codes` gives on average.

    Examples
    --------
    >>> moods = pd.DataFrame(
    ...     {"quality": [0.0], "delivery": [-2.0], "price": [0.0], "experience": [0.0]}
    ... )
    >>> late, fast = code_chances(moods)[0, :2]
    >>> bool(late > 0.5 > 0.05 > fast)
    True
    """
    chances = _chances(moods, 0.0)
    for first, second in OPPOSITES:
        chances[:, CODES.index(second)] *= 1 - chances[:, CODES.index(first)]
    return chances


def valence(codes: NDArray[np.bool_], scores: NDArray[np.int64]) -> NDArray[np.int64]:
    """Tone of each document: the sign of its codes, or of its score without any.

    Parameters
    ----------
    codes : array of bool, shape (n_documents, n_codes)
        True codes.
    scores : array of int
        Recommendation, 0-10.

    Returns
    -------
    array of int
        -1, 0 or 1.

    Examples
    --------
    >>> late = np.array([[code == "delivery_late" for code in CODES], [False] * 12])
    >>> valence(late, np.array([9, 9]))
    array([-1,  1])
    """
    signs = np.array([phrases()["codes"][code]["valence"] for code in CODES])
    tone = np.sign(codes @ signs)
    silent = np.where(scores >= 9, 1, np.where(scores <= 6, -1, 0))
    return np.where(codes.any(axis=1), tone, silent).astype(int)


def write_text(
    rng: Generator,
    codes: NDArray[np.bool_],
    *,
    scores: NDArray[np.int64],
    tones: NDArray[np.int64],
    sources: NDArray[np.str_],
) -> tuple[list[str], list[str]]:
    """Put the codes into words.

    Parameters
    ----------
    rng : Generator
        Source of randomness.
    codes : array of bool, shape (n_documents, n_codes)
        True codes.
    scores : array of int
        Recommendation, 0-10: it decides the words of documents without a code.
    tones : array of int
        -1, 0 or 1: it decides the last words.
    sources : array of str
        survey, review, support, complaint or social: opening and closing words.

    Returns
    -------
    texts : list of str
        One text per document.
    languages : list of str
        en, de, es or fr.

    Examples
    --------
    >>> codes = np.array([[code == "packaging" for code in CODES]])
    >>> texts, languages = write_text(
    ...     np.random.default_rng(1),
    ...     codes,
    ...     scores=np.array([6]),
    ...     tones=np.array([-1]),
    ...     sources=np.array(["review"]),
    ... )
    >>> len(texts), languages
    (1, ['en'])
    """
    language = rng.choice(LANGUAGES, len(codes), p=[0.93, 0.03, 0.02, 0.02])
    picks = rng.random((len(codes), len(CODES) + 6))
    texts = []
    for row, present in enumerate(codes):
        tongue, pick = str(language[row]), picks[row]
        body = _body(np.flatnonzero(present), int(scores[row]), tongue, pick)
        if tongue == "en":
            body = _frame(body, str(sources[row]), int(tones[row]), pick)
        texts.append(_type(body, pick[-1], pick[-2]))
    return texts, language.tolist()


def _chances(moods: pd.DataFrame, odds: float) -> NDArray[np.float64]:
    """Chance of each code before one of two opposites is dropped."""
    signs = np.array([phrases()["codes"][code]["valence"] for code in CODES])
    table = np.array([ODDS[code] for code in CODES])
    features = moods[["quality", "delivery", "price", "experience"]].to_numpy()
    logits = table[:, 0] + features @ table[:, 1:].T - odds * signs
    return 1 / (1 + np.exp(-logits))


def _pick(options: list[str], at: float) -> str:
    return options[int(at * len(options))]


def _body(present: NDArray[np.int64], score: int, tongue: str, pick: Any) -> str:
    """The clauses of a document, joined."""
    if not len(present):
        mood = "promoter" if score >= 9 else "detractor" if score <= 6 else "passive"
        return _pick(phrases()["none"][mood][tongue], pick[0])
    order = sorted(present, key=lambda code: pick[code])
    body, last = "", 0
    for code in order:
        entry = phrases()["codes"][CODES[code]]
        spread = (pick[code] * 7919) % 1.0
        clause = _fill(_pick(entry[tongue], spread), pick[code])
        if tongue == "en":
            clause += _tail(entry["valence"], spread * 977 % 1.0)
        turns = tongue == "en" and last and entry["valence"] != last
        joins = phrases()["joins"]["turn" if turns else tongue]
        body += (_pick(joins, spread * 31 % 1.0) if body else "") + clause
        last = entry["valence"]
    return body


def _tail(tone: int, at: float) -> str:
    """A few words after a clause, every fourth time."""
    tails = phrases()["tails"]["positive" if tone > 0 else "negative"]
    return " " + _pick(tails, at * 4) if at < 0.25 else ""


def _fill(clause: str, at: float) -> str:
    """Fill in the product and the number of days."""
    noun, days = NOUNS[int(at * 104_729) % len(NOUNS)], 2 + int(at * 15_485_863) % 12
    return clause.replace("{product}", noun).replace("{days}", str(days))


def _frame(body: str, source: str, tone: int, pick: Any) -> str:
    """Add opening and closing words."""
    closers = phrases()["closers"]
    mood = {1: "positive", -1: "negative"}.get(tone, "neutral")
    closing = _pick(closers.get(source, closers[mood]), pick[-3])
    opening = _pick(phrases()["openers"][source], pick[-4])
    return f"{opening}{body}" + (f". {closing}" if closing else "")


def _type(text: str, habit: float, slip: float) -> str:
    """Type it as people do: capitals, full stops, typos, shouting."""
    if slip < 0.14 and len(text) > 12:
        text = _misspell(text, slip / 0.14)
    if habit < 0.25:
        return text.lower()
    if habit < 0.27:
        return text.upper() + "!!!"
    sentences = [one[:1].upper() + one[1:] for one in text.split(". ")]
    ending = "" if habit < 0.5 else "!" if habit > 0.94 else "."
    smile = " 👍" if habit > 0.985 else ""
    return ". ".join(sentences).rstrip(".") + ending + smile


def _misspell(text: str, at: float) -> str:
    """Swap two letters, drop one or double one."""
    place = 1 + int(at * (len(text) - 3))
    first, second = text[place], text[place + 1]
    if not (first.isalpha() and second.isalpha()):
        return text
    kind = int(at * 9_973) % 3
    middle = (second + first, first, first + first + second)[kind]
    return text[:place] + middle + text[place + 2 :]
