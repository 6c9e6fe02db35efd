"""Work side by side, in an order."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait


def run_side_by_side(
    needs: Mapping[str, Sequence[str]], work: Callable[[str], bool], *, jobs: int
) -> dict[str, bool]:
    """Do each piece of work once all that it needs has succeeded.

    Parameters
    ----------
    needs : mapping of str to sequence of str
        What each piece needs, itself among the keys. Where several are ready, the
        first of the mapping starts first: put the longest first.
    work : callable
        Does the piece of that name and says whether it succeeded. Called in a thread.
    jobs : int
        How many pieces may be done at once, at least 1.

    Returns
    -------
    dict of str to bool
        Whether each piece succeeded. What was not done is missing.

    Examples
    --------
    >>> needs = {"taste": ["bake"], "bake": ["mix"], "mix": [], "sing": []}
    >>> run_side_by_side(needs, lambda name: name != "bake", jobs=2)
    {'bake': False, 'mix': True, 'sing': True}
    """
    results: dict[str, bool] = {}
    running: dict[Future[bool], str] = {}
    pool = ThreadPoolExecutor(jobs)
    try:
        while True:
            begun = {*results, *running.values()}
            for name in needs:
                if name not in begun and all(results.get(one) for one in needs[name]):
                    running[pool.submit(work, name)] = name
            if not running:
                return {name: results[name] for name in needs if name in results}
            ended, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in sorted(ended, key=running.__getitem__):
                results[running.pop(future)] = future.result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
