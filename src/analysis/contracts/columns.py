"""The vocabulary in which contracts are written: columns, units and rules."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
import pandas as pd
import pandera.pandas as pa

Text = Annotated[pd.StringDtype, "pyarrow", np.nan]
Date = pa.DateTime
Yes = pd.BooleanDtype

# What each check of pandera is called in rejected.csv, and what was expected.
RULES = {
    "greater_than_or_equal_to": ("below the range", "{min_value} or more"),
    "greater_than": ("below the range", "more than {min_value}"),
    "less_than_or_equal_to": ("above the range", "{max_value} or less"),
    "isin": ("not a known value", "one of {allowed_values}"),
}


class Contract(pa.DataFrameModel):
    """The base of all contracts: types are coerced, further columns are allowed."""

    class Config:
        """Settings of pandera."""

        coerce = True
        strict = False


def column(description: str, *, unit: str = "", **checks: Any) -> Any:
    """Describe one column of a contract.

    Parameters
    ----------
    description : str
        One sentence for the data dictionary.
    unit : str
        The unit of the values, such as ``days``; empty for names and keys.
    **checks
        Checks of ``pandera.Field``, such as ``ge=0``; ``nullable`` and ``unique``.

    Returns
    -------
    Any
        A field of pandera.

    Examples
    --------
    >>> column("Days until the return.", unit="days", ge=0).properties["description"]
    'Days until the return.'
    """
    return pa.Field(description=description, metadata={"unit": unit}, **checks)


def rule_of(check: pa.Check) -> tuple[str, str]:
    """Say in words what a check refuses and what it expects.

    Examples
    --------
    >>> rule_of(pa.Check.ge(0))
    ('below the range', '0 or more')
    """
    rule, expected = RULES.get(str(check.name), (str(check.name), "{sentence}"))
    said = {name: _listed(value) for name, value in (check.statistics or {}).items()}
    sentence = check.description or rule
    return rule.replace("_", " "), expected.format(sentence=sentence, **said)


def _listed(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
