"""One survey wave in the way that Qualtrics exports it."""

import csv
import json
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.example.company import Company
from analysis.example.planted import WAVES, moments
from analysis.example.responses import PREFER_NOT_TO_SAY, REWORDED_WAVE

RECOMMEND = (
    "How likely is it that you would recommend Nordlicht to a friend or colleague?"
)
RECOMMEND_REWORDED = "How likely are you to recommend Nordlicht to friends or family?"
MATRIX = "How satisfied are you with the following? - "
# Column, question text, import id. The first eleven are the tool's own.
HEADER = (
    ("StartDate", "Start Date", "startDate"),
    ("EndDate", "End Date", "endDate"),
    ("Status", "Response Type", "status"),
    ("IPAddress", "IP Address", "ipAddress"),
    ("Progress", "Progress", "progress"),
    ("Duration (in seconds)", "Duration (in seconds)", "duration"),
    ("Finished", "Finished", "finished"),
    ("RecordedDate", "Recorded Date", "recordedDate"),
    ("ResponseId", "Response ID", "_recordId"),
    ("ExternalReference", "External Data Reference", "externalDataReference"),
    ("DistributionChannel", "Distribution Channel", "distributionChannel"),
    ("UserLanguage", "User Language", "userLanguage"),
    ("Q1_NPS_GROUP", RECOMMEND + " - Group", "QID1_NPS_GROUP"),
    ("Q1", RECOMMEND, "QID1"),
    ("Q2", "Overall, how satisfied are you with Nordlicht?", "QID2"),
    (
        "Q3",
        "To what extent do you agree: Nordlicht makes it easy to handle an issue.",
        "QID3",
    ),
    ("Q4_1", MATRIX + "Delivery", "QID4_1"),
    ("Q4_2", MATRIX + "Quality of the products", "QID4_2"),
    ("Q4_3", MATRIX + "Prices", "QID4_3"),
    ("Q4_4", MATRIX + "Customer service", "QID4_4"),
    ("Q4_5", MATRIX + "Website and app", "QID4_5"),
    ("Q9", "What is the main reason for your answer?", "QID9_TEXT"),
)
QUESTIONS = {
    "Q1": "recommend",
    "Q2": "satisfaction",
    "Q3": "effort",
    "Q4_1": "rating_delivery",
    "Q4_2": "rating_quality",
    "Q4_3": "rating_price",
    "Q4_4": "rating_service",
    "Q4_5": "rating_website",
}


def write_wave(company: Company, wave: int, path: Path) -> None:
    """Write one wave under three header rows.

    Parameters
    ----------
    company : Company
        Its answers with their flaws, and its comments.
    wave : int
        Number of the wave, from 0.
    path : Path
        The file to write.

    Examples
    --------
    >>> from analysis.example.company import invent
    >>> company = invent(np.random.default_rng(1), scale=0.02)
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "survey.csv"
    ...     write_wave(company, 0, path)
    ...     path.read_text(encoding="utf-8-sig")[:17]
    'StartDate,EndDate'
    """
    rows = company.raw_responses[company.raw_responses["wave"] == wave]
    table = _columns(company, rows)
    reworded = WAVES[wave] == REWORDED_WAVE
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerows(_header(reworded))
        writer.writerows(zip(*[table[name] for name, _, _ in HEADER], strict=True))


def _header(reworded: bool) -> list[list[str]]:
    wording = RECOMMEND_REWORDED if reworded else RECOMMEND
    names = [name for name, _, _ in HEADER]
    texts = [text.replace(RECOMMEND, wording) for _, text, _ in HEADER]
    marks = [
        json.dumps(
            {"ImportId": mark}
            | ({"timeZone": "Europe/Berlin"} if mark.endswith("Date") else {}),
            separators=(",", ":"),
        )
        for _, _, mark in HEADER
    ]
    return [names, texts, marks]


def _columns(company: Company, rows: pd.DataFrame) -> dict[str, list]:
    """All columns of the export, as text."""
    count = len(rows)
    answered, seconds = rows["answered"].to_numpy(), rows["duration"].to_numpy()
    comments = company.comments.set_index("document_id")
    ids = rows["response_id"]
    # Addresses of 203.0.113.0/24 are kept free for documentation.
    hosts = rows["customer"].to_numpy() % 254 + 1
    score = rows["recommend"].to_numpy()
    known = score < PREFER_NOT_TO_SAY
    group = np.where(
        score >= 9, "Promoter", np.where(score <= 6, "Detractor", "Passive")
    )
    return {
        "StartDate": _stamp(answered - seconds / 86_400),
        "EndDate": _stamp(answered),
        "Status": ["IP Address"] * count,
        "IPAddress": [f"203.0.113.{host}" for host in hosts],
        "Progress": [100] * count,
        "Duration (in seconds)": seconds.tolist(),
        "Finished": ["True"] * count,
        "RecordedDate": _stamp(answered + 1 / 86_400),
        "ResponseId": ids.tolist(),
        "ExternalReference": company.customers["customer_id"]
        .to_numpy()[rows["customer"]]
        .tolist(),
        "DistributionChannel": ["email"] * count,
        "UserLanguage": _upper(comments["language"].reindex(ids)),
        "Q1_NPS_GROUP": np.where(known, group, "").tolist(),
        "Q9": comments["text"].reindex(ids).fillna("").tolist(),
    } | {theirs: _whole(rows[ours]) for theirs, ours in QUESTIONS.items()}


def _stamp(days: np.ndarray) -> list[str]:
    return [str(moment).replace("T", " ") for moment in moments(days)]


def _whole(numbers: pd.Series) -> list[str]:
    """Whole numbers as text, nothing where the question was skipped."""
    return ["" if np.isnan(one) else str(int(one)) for one in numbers]


def _upper(languages: pd.Series) -> list[str]:
    return languages.fillna("en").str.upper().tolist()
