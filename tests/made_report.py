"""A small report for tests: two notebooks that ran, one that stopped, one not run."""

from pathlib import Path

import nbformat
import pandas as pd
from nbformat.v4 import (
    new_code_cell,
    new_markdown_cell,
    new_notebook,
    new_output,
)

from analysis import display
from analysis.display.show import render_svg
from analysis.estimate import Estimate
from analysis.ledger import Ledger, bind
from analysis.settings import TableSource
from analysis.study import Study

PERIOD = "2026Q3"
SOURCE = "analysis.estimate.count"
HOSTILE = (
    "<script>window.ran = 1</script><img src=x onerror='window.ran = 2'>"
    "<a href='javascript:window.ran = 3'>refund</a>"
    "<svg onload='window.ran = 4'><script>window.ran = 5</script></svg>"
    "<iframe src='https://example.invalid/'></iframe>"
    '<div style="background: url(https://example.invalid/a.png)">late</div>'
    "<style>@import 'https://example.invalid/b.css';</style>"
)


def made_study() -> Study:
    return Study(
        id="acme",
        name="Acme <shop>",
        seed=1,
        tables={"responses": TableSource(files=["survey.csv"])},
    )


def made_estimate(value, *, base=500, unit="points", p_value=None):
    return Estimate(
        value=value,
        standard_error=2.0,
        low=value - 4.0,
        high=value + 4.0,
        base=base,
        effective_base=base,
        unit=unit,
        p_value=p_value,
        source=SOURCE,
    )


def shown(result, *, kind="execute_result"):
    data = {"text/plain": repr(result), "text/html": result._repr_html_()}
    count = {"execution_count": 1} if kind == "execute_result" else {}
    return new_output(kind, data=data, **count)


def ran(source, *outputs):
    return new_code_cell(source, outputs=list(outputs), execution_count=1)


def drawn(rows):
    figure = display.draw_intervals(rows, title="Score by segment")
    words = {"caption": "The score by segment.", "alt": display.describe(rows)}
    data = {"image/svg+xml": render_svg(figure), "text/plain": "Figure"}
    return new_output("display_data", data=data, metadata=words)


def metrics_notebook(study):
    ledger = Ledger.open(study, PERIOD, "02_metrics")
    row = ledger.publish("nps", made_estimate(31.2), metric="nps")
    change = made_estimate(5.0, p_value=0.001)
    ledger.publish("nps_change", change, metric="nps_change", family="change")
    levels = {"new": 12.0, "loyal": 41.0, "once a <year>": 3.0}
    rows = ledger.publish_table(
        "nps_segment",
        {level: made_estimate(value) for level, value in levels.items()},
        metric="nps",
        by="segment",
    )
    small = {"north": 30, "south": 40, "east": 3}
    parts = ledger.publish_table(
        "nps_region",
        {level: made_estimate(9.0, base=base) for level, base in small.items()},
        metric="nps",
        by="region",
    )
    claim = ledger.claim(
        "nps_moved",
        on="nps_change",
        rising="The score rose by {nps_change.size} in {period}.",
        falling="The score fell by {nps_change.size}.",
        unclear="The data cannot tell whether the score changed.",
    )
    tables = [
        display.tabulate_figures(frame, caption=caption)
        for frame, caption in ((rows, "Score by segment"), (parts, "Score by region"))
    ]
    headline = ledger.sentence("The score is {nps} ({nps.interval}).")
    return new_notebook(
        cells=[
            new_markdown_cell("# How satisfied are customers?\n\nAnswers run 0-10."),
            ran('study = "acme"'),
            new_markdown_cell("## What is the score?\n\nBases are respondents."),
            ran('ledger.publish("nps", score, metric="nps")', shown(headline)),
            ran('ledger.claim("nps_moved", on="nps_change")', shown(claim)),
            ran('ledger.publish("nps_change", change)\nledger.claim("x", on="y")'),
            new_markdown_cell("## Who differs?\n\n### By segment and region"),
            ran(
                'rows = ledger.publish_table("nps_segment", by_segment)\nrows',
                shown(tables[0]),
                drawn(rows),
            ),
            ran(
                'ledger.publish_table(\n    "nps_region", by_region)',
                shown(tables[1], kind="display_data"),
                new_output("stream", name="stdout", text="3 rows <read>\n"),
            ),
            new_markdown_cell("## What this page cannot tell you\n\nWhy they left."),
        ]
    ), row


def coding_notebook(study):
    Ledger.open(study, PERIOD, "04_coding")
    frame = pd.DataFrame({HOSTILE: [1, 2], "words": [HOSTILE, "fine"]})
    raw = new_output(
        "display_data",
        data={"text/html": frame.to_html(escape=False), "text/plain": "frame"},
    )
    words = new_output("display_data", data={"text/markdown": f"**said** {HOSTILE}"})
    table = display.tabulate(frame, caption=HOSTILE)
    return new_notebook(
        cells=[
            new_markdown_cell("# What do customers say?"),
            new_markdown_cell(f"## Quotes\n\n> {HOSTILE}"),
            ran("quotes", shown(table), raw, words),
        ]
    )


def stopped_notebook():
    error = new_output(
        "error",
        ename="StudyError",
        evalue="orders.csv has no column 'order_id' <b>",
        traceback=["\x1b[31mStudyError\x1b[0m"],
    )
    return new_notebook(
        cells=[
            new_markdown_cell("# Do metrics go with returns?"),
            new_markdown_cell("## Which orders count?"),
            ran("read(orders)", error),
            new_code_cell("draw(orders)"),
        ]
    )


def make_walk(home: Path) -> tuple[Study, Path, Path]:
    """Write notebooks and ledger; return study, source folder, executed folder."""
    study, walk, executed = made_study(), home / "walk", home / "executed"
    walk.mkdir()
    executed.mkdir()
    notebooks = {
        "02_metrics": metrics_notebook(study)[0],
        "03_outcomes": stopped_notebook(),
        "04_coding": coding_notebook(study),
    }
    for name, notebook in notebooks.items():
        nbformat.write(notebook, walk / f"{name}.ipynb")
        nbformat.write(notebook, executed / f"{name}.ipynb")
    last = new_notebook(cells=[new_markdown_cell("# What should a manager know?")])
    nbformat.write(last, walk / "05_summary.ipynb")
    (study.processed(PERIOD) / "manifest.json").write_text('{"commit": "abc1234"}')
    bind(study, PERIOD)
    return study, walk, executed
