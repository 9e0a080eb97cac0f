"""Threads change how long a fit takes, and nothing else."""

import os
import subprocess
import sys
import threading

import numpy as np
import pytest
from tests.common import IRIS_X, IRIS_Y
from threadpoolctl import threadpool_info, threadpool_limits

from softreg import SoftmaxRegression, _blocks, _threads


def blas_threads():
    """How many threads each BLAS library has now."""
    return [library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"]


@pytest.fixture
def small_parts(monkeypatch):
    """Let every few rows be a part of their own."""
    monkeypatch.setattr(_blocks, "PART", 1)
    monkeypatch.setattr(_blocks, "HOST_BYTES", 2**10)


@pytest.mark.usefixtures("small_parts")
def test_the_number_of_threads_does_not_show():
    """One thread and several give the same bits, and BLAS gets its threads back."""
    before, coefs = blas_threads(), []
    for threads in (1, 3):
        with threadpool_limits(threads, user_api="blas"):
            coefs.append(SoftmaxRegression().fit(IRIS_X, IRIS_Y).coef_)
            assert set(blas_threads()) == {threads}
    assert blas_threads() == before
    assert np.array_equal(*coefs)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_copy_of_the_process_has_threads_of_its_own():
    """A child made by fork after a fit with threads can fit too: it does not wait for its parent's."""
    code = """
import os
from sklearn.datasets import load_iris
from threadpoolctl import threadpool_limits
from softreg import SoftmaxRegression, _blocks
_blocks.PART = 1
with threadpool_limits(3, user_api="blas"):
    SoftmaxRegression().fit(*load_iris(return_X_y=True))
    child = os.fork()
    SoftmaxRegression().fit(*load_iris(return_X_y=True))
    if child:
        assert os.waitpid(child, 0)[1] == 0
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


def test_work_is_shared_out():
    """Each part is done once, results come in order, and several threads take part."""
    both = threading.Barrier(2, timeout=60)

    def work(part):
        if part.start in (0, 1):
            both.wait()  # passes only if two threads are here
        return part.start

    with threadpool_limits(2, user_api="blas"), _threads.during_a_fit():
        assert _threads.side_by_side(work, [slice(k, k + 1) for k in range(9)]) == list(range(9))


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_an_error_ends_the_work(error):
    """What one part raises reaches the caller, and parts not begun are left."""
    begun = []

    def work(part):
        begun.append(part.start)
        if part.start == 0:
            raise error

    with threadpool_limits(2, user_api="blas"), _threads.during_a_fit(), pytest.raises(error):
        _threads.side_by_side(work, [slice(k, k + 1) for k in range(100_000)])
    assert len(begun) < 100_000


def test_error_state_holds_in_every_thread():
    """The user's or the fit's choice of NumPy's warnings is that of all threads."""
    both = threading.Barrier(2, timeout=60)

    def work(part):
        both.wait()
        return np.geterr()

    with np.errstate(all="raise"), threadpool_limits(2, user_api="blas"), _threads.during_a_fit():
        states = _threads.side_by_side(work, [slice(0, 1), slice(1, 2)])
    assert states == [dict.fromkeys(("divide", "over", "under", "invalid"), "raise")] * 2


def test_overlapping_fits_give_blas_its_threads_back():
    """Two fits at once, of which the first to begin is the first to end, leave BLAS as it was."""
    with threadpool_limits(3, user_api="blas"):
        first, second = _threads.during_a_fit(), _threads.during_a_fit()
        first.__enter__()
        second.__enter__()
        assert set(blas_threads()) == {1}
        first.__exit__(None, None, None)
        assert set(blas_threads()) == {1}
        second.__exit__(None, None, None)
        assert set(blas_threads()) == {3}


def test_a_fit_after_the_end_of_the_main_thread():
    """A thread that outlives the program's main one can still fit, with no other to help."""
    code = """
import threading
from sklearn.datasets import load_iris
from threadpoolctl import threadpool_limits
from softreg import SoftmaxRegression, _blocks
_blocks.PART = 1
def late():
    threading.main_thread().join()
    with threadpool_limits(3, user_api="blas"):
        print(SoftmaxRegression().fit(*load_iris(return_X_y=True)).converged_)
threading.Thread(target=late).start()
"""
    command = [sys.executable, "-c", code]
    result = subprocess.run(command, check=True, timeout=120, capture_output=True, encoding="utf-8")
    assert result.stdout.strip() == "True", result.stderr
