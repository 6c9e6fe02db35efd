import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.run.schedule import run_side_by_side


@st.composite
def orders(draw):
    names = [f"n{number}" for number in range(draw(st.integers(0, 6)))]
    return {
        name: draw(st.lists(st.sampled_from(names[:place]), unique=True))
        if place
        else []
        for place, name in enumerate(names)
    }


@given(
    orders(), st.sets(st.sampled_from([f"n{n}" for n in range(6)])), st.integers(1, 3)
)
def test_each_piece_is_done_once_after_what_it_needs(needs, failing, jobs):
    done = []

    def work(name):
        assert all(one in done for one in needs[name])
        done.append(name)
        return name not in failing

    results = run_side_by_side(needs, work, jobs=jobs)
    assert sorted(done) == sorted(results)
    for name in needs:
        possible = all(results.get(one) for one in needs[name])
        assert (name in results) == possible


def test_pieces_that_do_not_need_each_other_overlap():
    together = threading.Barrier(3, timeout=10)
    run_side_by_side(
        {name: [] for name in "abc"}, lambda _: together.wait() >= 0, jobs=3
    )


def test_no_more_than_the_given_number_at_once():
    running, most = [], []

    def work(name):
        running.append(name)
        most.append(len(running))
        time.sleep(0.01)
        running.remove(name)
        return True

    run_side_by_side({name: [] for name in "abcdef"}, work, jobs=2)
    assert max(most) == 2


def test_the_first_named_starts_first():
    started = []
    run_side_by_side({"long": [], "short": []}, lambda n: not started.append(n), jobs=1)
    assert started == ["long", "short"]


def test_a_fault_of_ours_is_not_taken_for_a_failure():
    with pytest.raises(ZeroDivisionError):
        run_side_by_side({"a": []}, lambda _: bool(1 / 0), jobs=1)
