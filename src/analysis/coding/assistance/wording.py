"""Texts as machines read them: no placeholders, and no endless ones."""

from __future__ import annotations

import hashlib
import re

import pandas as pd

from analysis import privacy

LONGEST = 20_000
_PLACEHOLDER = re.compile(r"\[(?:" + "|".join(privacy.KINDS) + r")\]")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")


def readable(texts: pd.Series) -> pd.Series:
    r"""Return texts without placeholders and surplus blanks.

    Parameters
    ----------
    texts : Series of str
        Redacted texts. Missing ones become empty.

    Returns
    -------
    Series of str
        At most 20,000 characters each, on the same index.

    Examples
    --------
    >>> readable(pd.Series(["Call  [name] \n please", None])).tolist()
    ['Call please', '']
    """
    plain = [_readable(text) for text in texts.fillna("").astype("str")]
    return pd.Series(plain, index=texts.index, dtype="str")


def words(text: str) -> list[str]:
    """Return the words of a text in small letters, without digits.

    Examples
    --------
    >>> words("It's <b>late</b>, 6 days!")
    ["it's", 'b', 'late', 'b', 'days']
    """
    return [word.replace("’", "'") for word in _WORD.findall(text.casefold())]


def fingerprint(text: str) -> str:
    """Return what tells two texts apart without holding either.

    Examples
    --------
    >>> fingerprint("late") == fingerprint("late"), len(fingerprint("late"))
    (True, 32)
    """
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _readable(text: str) -> str:
    return " ".join(_PLACEHOLDER.sub(" ", text[:LONGEST]).split())
