"""The language of each text, guessed from its letters."""

from __future__ import annotations

import functools
from typing import Any

import pandas as pd

from analysis.coding.assistance.wording import readable, words

UNKNOWN = "unknown"
ENGLISH = "en"
FEWEST_WORDS = 3
SURE = 0.6
LANGUAGES = ("cs", "da", "de", "en", "es", "fi", "fr", "hu", "it", "nl", "no", "pl",
             "pt", "ro", "sv", "tr", "el", "ru", "uk", "ar", "he", "hi", "ja", "ko",
             "zh")  # fmt: skip


def guess_languages(texts: pd.Series) -> pd.Series:
    """Guess the language of each text.

    Parameters
    ----------
    texts : Series of str
        Redacted texts; missing ones are unknown.

    Returns
    -------
    Series of str
        Two letters as in ISO 639-1, or ``unknown``: under three words, or less than
        0.6 sure. The language of most words counts in a mixed text.

    Notes
    -----
    A naive Bayes model of byte sequences [1]_ that its package brings along, among
    25 languages of shops. Not for single words, for names, or for telling Norwegian
    from Danish in a short text.

    References
    ----------
    .. [1] Lui, M. and Baldwin, T. (2012). langid.py. ACL system demonstrations.

    Examples
    --------
    >>> guess_languages(pd.Series(["The parcel came a week late.",
    ...     "Die Lieferung kam eine Woche zu spät.", "ok"])).tolist()
    ['en', 'de', 'unknown']
    """
    known = {text: _guess(text) for text in readable(texts).unique()}
    return readable(texts).map(known).astype("str").rename("language")


def tabulate_languages(languages: pd.Series) -> pd.DataFrame:
    """Documents by language, the commonest first.

    Examples
    --------
    >>> tabulate_languages(pd.Series(["en", "de", "en"])).to_numpy().tolist()
    [['en', 2], ['de', 1]]
    """
    counts = languages.value_counts().sort_index(kind="stable")
    counts = counts.sort_values(ascending=False, kind="stable")
    return counts.rename_axis("language").rename("documents").reset_index()


def _guess(text: str) -> str:
    # Scripts without blanks between words have letters enough.
    if len(words(text)) < FEWEST_WORDS and len(text.encode()) < 20:
        return UNKNOWN
    if not any(map(str.isalpha, text)):
        return UNKNOWN
    language, sure = _identifier().classify(text)
    return str(language) if sure >= SURE else UNKNOWN


@functools.cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415

    found = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    found.set_languages(list(LANGUAGES))
    return found
