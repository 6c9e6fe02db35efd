"""What a study file may state, and what is said of what it may not."""

import re

import pytest
import small_study

from analysis.study import StudyError

TABLE = '[tables.responses]\nfiles = ["survey.csv"]\n'


def refused(monkeypatch, tmp_path, settings):
    with pytest.raises(StudyError) as refusal:
        small_study.make(monkeypatch, tmp_path, settings, {})
    return str(refusal.value)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (TABLE + 'encoding = "utf9"\n', "no encoding; expected \"utf-8\".*'utf9'"),
        (
            TABLE + 'dates = "dd.mm.yyyy"\n',
            r"expected iso, day_first, month_first or .*%d\.%m\.%Y.*'dd\.mm\.yyyy'",
        ),
        (
            TABLE + 'columns = { effort = "Q1", recommend = "Q1" }\n',
            "'Q1' is named by effort and recommend",
        ),
        (TABLE + 'decimal = ";"\n', "tables.responses.decimal: .*found ';'"),
        (
            '[tables.response]\nfiles = ["survey.csv"]\n'
            '[tables.responses.columns]\nrecommend = "Q1"\n',
            "mending:\n  tables: 'response' is no table. Did you mean 'responses'",
        ),
        ('currency = "€"\n' + TABLE, "three capital letters such as EUR, found '€'"),
        ("currency = EUR\n" + TABLE, r"line 3.*text stands in quotes"),
        ('[tables.customers]\nfiles = ["c.csv"]\n', "tables.responses: the one table"),
    ],
)
def test_a_wrong_setting_is_refused_with_what_to_write(
    monkeypatch, tmp_path, settings, said
):
    message = refused(monkeypatch, tmp_path, settings)
    assert re.search(said, message, re.DOTALL), message


def test_usual_settings_are_taken(monkeypatch, tmp_path):
    settings = TABLE + 'encoding = "cp1252"\ndates = "%d.%m.%y"\ndecimal = ","\n'
    source = small_study.make(monkeypatch, tmp_path, settings, {}).tables["responses"]
    assert (source.encoding, source.dates, source.decimal) == (
        "cp1252",
        "%d.%m.%y",
        ",",
    )
