"""Ids for the codes of an exchange file, as our tables name them."""

from __future__ import annotations

import re
import unicodedata

from analysis.qda.links import Links
from analysis.qda.project import Project

OWN_ID = re.compile(r"^Id: ([a-z][a-z0-9_]{0,39})$", re.M)
RESERVED = ("document_id", "text", "valence", "memo", "coder", "round")


def code_ids(project: Project, links: Links) -> dict[str, str]:
    """Give each code the id it states, else one made of its name.

    Parameters
    ----------
    project : Project
        The file.
    links : Links
        What it names.

    Returns
    -------
    dict of str to str
        The id of each code by its identifier; no id occurs twice.
    """
    stated = {
        guid: found[1]
        for guid, code in links.codes.items()
        if (found := OWN_ID.search(code.findtext(project.tag("Description")) or ""))
    }
    taken = set(stated.values())
    ids = {}
    for guid, code in links.codes.items():
        ids[guid] = stated.get(guid) or _free(slug(code.get("name", "")), taken)
        taken.add(ids[guid])
    return ids


def slug(name: str) -> str:
    """Make the id of a code of its name.

    Examples
    --------
    >>> slug("Late delivery"), slug("Größe & Paßform"), slug("1st"), slug("Text")
    ('late_delivery', 'groe_paform', 'c_1st', 'text_code')
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    made = re.sub(r"[^a-z0-9]+", "_", plain.lower()).strip("_")[:32]
    made = made if made[:1].isalpha() else f"c_{made}".rstrip("_")
    return f"{made}_code" if made in RESERVED else made


def _free(wanted: str, taken: set[str]) -> str:
    made, number = wanted, 2
    while made in taken:
        made, number = f"{wanted}_{number}", number + 1
    return made
