"""The process that kernels are copied from.

It loads the heavy libraries once. Then it reads requests from its standard input,
one JSON line each, and answers with the process id of a fork that becomes a kernel.
It ends when its input ends, and its kernels notice.

Python has a fork server of its own. It imports the main module of its caller into
every child, which breaks scripts without a guard and slows all others.
"""

import gc
import importlib
import json
import os
import signal
import sys
import traceback
import warnings
from contextlib import suppress
from typing import Any

WARM = (
    "numpy",
    "pandas",
    "pyarrow.parquet",
    "scipy.stats",
    "statsmodels.api",
    "statsmodels.formula.api",
    "matplotlib.pyplot",
    "seaborn",
    "pydantic",
    "pandera.pandas",
    "ibis",
    "jinja2",
    "openpyxl",
    "phonenumbers",
    "IPython.display",
    "ipykernel.ipkernel",
    "ipykernel.kernelapp",
)
"""Libraries that a notebook is likely to need and that start no Python thread."""

COLD = ("polars", "duckdb", "rfc3987_syntax")
"""Kept out while the others load. The first two start threads when imported, and a
fork takes no thread along: a kernel imports them itself when it needs them. The third
belongs to the checker of notebook files, costs a second and serves nobody here."""

ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
"""Notebooks run side by side, so each keeps its arithmetic to one processor."""

INLINE = {"MPLBACKEND": "module://matplotlib_inline.backend_inline"}


def load(warm: tuple[str, ...], cold: tuple[str, ...]) -> None:
    """Import some libraries while keeping others from being imported by them.

    Parameters
    ----------
    warm : tuple of str
        What to import, in this order.
    cold : tuple of str
        What these imports shall find missing. It can be imported afterwards.
    """
    absent = [name for name in cold if name not in sys.modules]
    for name in absent:
        sys.modules[name] = None  # type: ignore[assignment]
    for name in warm:
        importlib.import_module(name)
    for name in absent:
        del sys.modules[name]


def serve() -> None:
    """Fork a kernel for each line of the standard input."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the runner
    signal.signal(signal.SIGCHLD, _bury)
    # Python counts the memory manager's own thread, which survives a fork, as one
    # that does not.
    warnings.filterwarnings("ignore", ".*multi-threaded.*fork", DeprecationWarning)
    with os.fdopen(os.dup(1), "w") as replies:
        os.dup2(2, 1)  # what a library or a kernel prints is not a reply
        os.environ.update(ONE_THREAD | INLINE)
        load(WARM, COLD)
        gc.freeze()  # shared pages stay shared
        server = os.getpid()
        for line in sys.stdin:
            process = os.fork()
            if process == 0:
                _leave_the_server(replies.fileno(), json.loads(line), server)
            print(process, file=replies, flush=True)


def become_kernel(
    arguments: list[str],
    environment: dict[str, str],
    folder: str | None,
    *,
    server: int,
) -> None:
    """Turn this process into a Jupyter kernel, as if it had been started afresh.

    Parameters
    ----------
    arguments : list of str
        What would follow ``python -m ipykernel_launcher``.
    environment : dict of str to str
        The environment variables of the kernel, all of them.
    folder : str or None
        The working directory; None keeps the present one.
    server : int
        The process that this one was copied from; the kernel ends when that ends.
    """
    from ipykernel.kernelapp import IPKernelApp  # noqa: PLC0415 (loaded by then)

    os.setsid()
    os.environ.clear()
    os.environ.update(environment)
    if folder is not None:
        os.chdir(folder)
    _undo_the_copy()
    parent = f"--IPKernelApp.parent_handle={server}"
    sys.argv = ["ipykernel_launcher", *arguments]
    IPKernelApp.launch_instance([*arguments, parent, "--matplotlib=inline"])


def _undo_the_copy() -> None:
    import numpy as np  # noqa: PLC0415
    import pandas as pd  # noqa: PLC0415

    np.random.seed()  # noqa: NPY002 (else all kernels draw the same numbers)
    pd.set_option("display.max_columns", 20)  # pandas took the server for a terminal
    pd.set_option("display.width", 80)


def _bury(*_: object) -> None:
    # Waiting for ended kernels, rather than ignoring them, counts their processor time.
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _leave_the_server(replies: int, request: dict[str, Any], server: int) -> None:
    status = 1
    try:
        os.close(replies)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        for number in (signal.SIGINT, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        become_kernel(**request, server=server)
        status = 0
    except BaseException:  # nothing may return into the server's loop
        traceback.print_exc()
    finally:
        os._exit(status)


if __name__ == "__main__":
    serve()
