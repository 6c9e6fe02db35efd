"""What panels of order lines cost, against pandas: python benchmarks/panels.py.

From order lines and returns in Parquet files to what each customer bought, kept and
sent back in each quarter, and each product in each month, at 1, 10 and 50 million
lines. Each way runs in a process of its own on the same files and writes the same two
tables; time, processor time and peak of memory are those of the whole process, except
that the wall time leaves out the import of packages. The pandas script is what one
writes by hand, one merge and two groupings. Where it needs more memory than the machine
has free it is left out. Sizes may be given: python benchmarks/panels.py 1000000
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd

SIZES = (1_000_000, 10_000_000, 50_000_000)
WAYS = ("ours", "pandas")
END = "2026-09-30"
PANELS = (("customers", "customer_id", "Q"), ("products", "product_id", "M"))
SUMMED = (
    *("quantity", "revenue", "refund", "returned_lines", "closed_lines"),
    *("returned_closed_lines", "closed_quantity", "returned_closed_quantity"),
    *("closed_revenue", "closed_refund"),
)
PANDAS_NEED = 450  # bytes of memory per line, measured at ten million

ORDERS = """
copy (select 'O' || (10000000 + o) as order_id, (i % 11 % 4 + 1)::varchar as line,
  'P' || (1000 + hash(i, 1) % 5000) as product_id,
  case when hash(o, 2) % 12 > 0 then 'C' || (1000000 + hash(o, 3) % ({n} // 15)) end
    as customer_id,
  date '2024-10-01' + (o * 730 // ({n} // 11 * 5 + 5))::int as ordered_on,
  (1 + hash(i, 4) % 3)::double as quantity,
  ((500 + hash(i, 5) % 20000) / 100.0)::double as revenue
from (select i, i // 11 * 5 + [0, 0, 1, 1, 1, 2, 2, 3, 3, 3, 4][i % 11 + 1] as o
  from range({n}) lines(i)))
to '{folder}/orders.parquet'
"""
RETURNS = """
copy (select order_id, line, ordered_on,
  ordered_on + (1 + hash(order_id, line) % 40)::int as returned_on,
  1::double as quantity, round(revenue / quantity, 2)::double as refund
from '{folder}/orders.parquet' where hash(order_id, line, 9) % 100 < 11
  and returned_on <= date '2026-09-30')
to '{folder}/returns.parquet'
"""


def write_lines(folder: Path, n: int) -> None:
    """Invent order lines in order of time, eleven to five orders, and returns."""
    import duckdb  # noqa: PLC0415 - the measured processes must not pay for it

    with duckdb.connect() as engine:
        engine.execute("set memory_limit = '2GB'")
        for text in (ORDERS, RETURNS):
            engine.execute(text.format(n=n, folder=folder))


def run_ours(folder: Path) -> float:
    """Make both panels by the functions that intake calls."""
    import ibis  # noqa: PLC0415

    from analysis.intake import engine, panels  # noqa: PLC0415
    from analysis.settings import Outcomes  # noqa: PLC0415
    from analysis.study import Period  # noqa: PLC0415

    begun = time.perf_counter()
    connection = engine.bounded(ibis.duckdb.connect(), folder)
    lines = panels.traded(
        connection.read_parquet(folder / "orders.parquet"),
        connection.read_parquet(folder / "returns.parquet"),
        outcomes=Outcomes(),
        period=Period.parse("2026Q3"),
    )
    keep = engine.keeper(connection)
    lines = keep(lines)
    customers = panels.customer_periods(lines, frequency="Q", keep=keep)
    connection.to_parquet(customers, folder / "ours_customers.parquet")
    products = panels.product_periods(lines, keep=keep)
    connection.to_parquet(products, folder / "ours_products.parquet")
    return time.perf_counter() - begun


def run_pandas(folder: Path) -> float:
    """Make both panels as one writes it by hand."""
    begun = time.perf_counter()
    lines = pd.read_parquet(folder / "orders.parquet")
    returns = pd.read_parquet(folder / "returns.parquet")
    for frame, day in [(lines, "ordered_on"), (returns, "returned_on")]:
        frame[day] = pd.to_datetime(frame[day])
    returns = returns.drop(columns="ordered_on")
    both = lines.merge(
        returns, on=["order_id", "line"], how="left", suffixes=("", "_back")
    )
    window = pd.Timedelta(days=30)
    both["closed"] = both["closed_lines"] = both["ordered_on"] + window <= pd.Timestamp(
        END
    )
    both["returned_lines"] = both["returned_on"] <= both["ordered_on"] + window
    both["returned_closed_lines"] = both["closed"] & both["returned_lines"]
    for name in ("quantity", "revenue"):
        both[f"closed_{name}"] = both[name].where(both["closed"], 0.0)
    both["refund"] = both["refund"].where(both["returned_lines"], 0.0)
    both["closed_refund"] = both["refund"].where(both["closed"], 0.0)
    back = both[["quantity_back", "quantity"]].min(axis=1)
    both["returned_closed_quantity"] = back.where(both["returned_closed_lines"], 0.0)
    for name, key, length in PANELS:
        both["period"] = both["ordered_on"].dt.to_period(length)
        panel = summed(both, [key, "period"])
        panel["period"] = panel["period"].astype("str")
        panel.to_parquet(folder / f"pandas_{name}.parquet")
    return time.perf_counter() - begun


def summed(both: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    """Group lines and orders, and put them together."""
    orders = both.groupby([*key, "order_id"], as_index=False).agg(
        closed_orders=("closed", "all"), back=("returned_lines", "any")
    )
    orders["returned_closed_orders"] = orders["closed_orders"] & orders["back"]
    counted = orders.groupby(key).agg(
        orders=("order_id", "size"),
        closed_orders=("closed_orders", "sum"),
        returned_closed_orders=("returned_closed_orders", "sum"),
    )
    sums = {name: (name, "sum") for name in SUMMED}
    panel = both.groupby(key).agg(lines=("closed", "size"), **sums)
    if key[0] == "customer_id":
        panel["purchase_days"] = both.groupby(key)["ordered_on"].nunique()
    return panel.join(counted).reset_index()


def measure(way: str, folder: Path) -> dict[str, float]:
    """Run one way in a process of its own: seconds, and the peak in MB."""
    command = [sys.executable, __file__, way, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        printed = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{way} failed with status {process.returncode}.")
    scale = 1024**2 if sys.platform == "darwin" else 1024
    return {
        "wall": json.loads(printed),
        "processor": used.ru_utime + used.ru_stime,
        "memory": used.ru_maxrss / scale,
    }


def compare(folder: Path) -> None:
    """Stop if the two ways did not make the same panels, but for rounding."""
    for name, key, _ in PANELS:
        ours, theirs = (
            pd.read_parquet(folder / f"{way}_{name}.parquet").set_index([key, "period"])
            for way in WAYS
        )
        theirs = theirs.sort_index()[ours.columns]
        pd.testing.assert_frame_equal(ours.sort_index(), theirs, check_dtype=False)


def main(sizes: list[int]) -> None:
    """Measure both ways at every size and print the ratios."""
    head = f"{'wall':>10}{'processor':>11}{'memory':>10}"
    print(f"{'lines':>11}  {'way':7}{head}{'wall':>9}{'processor':>11}{'memory':>8}")
    free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    for n in sizes:
        with tempfile.TemporaryDirectory() as name:
            folder, ours = Path(name), None
            write_lines(folder, n)
            for way in WAYS:
                if way == "pandas" and n * PANDAS_NEED > free:
                    print(f"{n:11,}  {way:7} left out: memory")
                    continue
                found = measure(way, folder)
                ours = ours or found
                wall, spent, peak = found.values()
                times = [found[key] / ours[key] for key in found]
                print(
                    f"{n:11,}  {way:7}{wall:8.1f} s{spent:9.1f} s{peak:7.0f} MB"
                    "{:9.2f}{:11.2f}{:8.2f}".format(*times),
                    flush=True,
                )
            if n == min(sizes) and (folder / "pandas_products.parquet").exists():
                compare(folder)


if __name__ == "__main__":
    if sys.argv[1:] and sys.argv[1] in WAYS:
        one = {"ours": run_ours, "pandas": run_pandas}[sys.argv[1]]
        print(json.dumps(one(Path(sys.argv[2]))))
    else:
        main([int(one) for one in sys.argv[1:]] or list(SIZES))
