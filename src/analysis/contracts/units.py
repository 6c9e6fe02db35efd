"""The keys of units that long talks are cut into."""

import pandas as pd

UNIT = r"#\d{4,}$"


def document_of(ids: pd.Series) -> pd.Series:
    """Return the document that a unit was cut from; other ids stay as they are.

    Examples
    --------
    >>> document_of(pd.Series(["i1#0002", "r#7"])).tolist()
    ['i1', 'r#7']
    """
    return ids.astype("str").str.replace(UNIT, "", regex=True)
