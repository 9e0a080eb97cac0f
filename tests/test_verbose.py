"""The progress table of `verbose=1`."""

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from softreg import SoftmaxRegression, _verbose
from softreg._verbose import ProgressTable
from softreg.solvers import Progress

X = np.random.default_rng(0).normal(size=(80, 4))
y = np.arange(80) % 3


@pytest.fixture
def clock(monkeypatch):
    """Return a list whose last entry is the time."""
    times = [100.0]
    monkeypatch.setattr(_verbose.time, "monotonic", lambda: times[-1])
    return times


def table(capsys):
    """Return the words of each line printed."""
    return [line.split() for line in capsys.readouterr().out.splitlines()]


def test_fit_prints_its_progress(clock, capsys):
    """Iterations 0, 1, 2, 4, ... and the last are printed, with a loss that falls."""
    model = SoftmaxRegression(verbose=1).fit(X, y)
    header, *lines = table(capsys)
    assert header == ["iteration", "passes", "loss", "gradient"]
    powers = [0, *(2**i for i in range(10) if 2**i < model.n_iter_)]
    assert [int(line[0]) for line in lines] == [*powers, model.n_iter_]
    losses = [float(line[2]) for line in lines]
    assert losses == sorted(losses, reverse=True)
    assert losses[0] == pytest.approx(np.log(3), abs=1e-8)
    assert losses[-1] == pytest.approx(model.optimality_["objective"], abs=1e-8)
    assert float(lines[-1][3]) == pytest.approx(model.optimality_["scaled_gradient"], rel=0.1)


def test_sgd_counts_epochs(clock, capsys):
    """The unit of "sgd" is the epoch."""
    with pytest.warns(ConvergenceWarning):
        SoftmaxRegression(solver="sgd", max_iter=3, verbose=1, random_state=0).fit(X, y)
    header, *lines = table(capsys)
    assert header[0] == "epoch"
    assert [line[0] for line in lines] == ["0", "1", "2", "3"]


def test_silent_by_default(capsys):
    """Without verbose nothing is printed."""
    SoftmaxRegression().fit(X, y)
    assert capsys.readouterr() == ("", "")


def test_a_line_a_second(clock, capsys):
    """Between powers of two, a line is due when a second has passed since the last."""
    with ProgressTable(1, "lbfgs") as report:
        for k in range(16, 40):
            clock.append(clock[-1] + 0.3)
            report(Progress(k, 1.0, 0.5, 0.1))
    assert [int(line[0]) for line in table(capsys)[1:]] == [16, 20, 24, 28, 32, 36, 39]


def test_last_line_is_printed_when_a_fit_fails(clock, capsys):
    """An interrupted fit shows how far it came."""
    report = ProgressTable(1, "lbfgs")
    for k in (0, 1, 2, 3):
        report(Progress(k, 1.0, 0.5, 0.1))
    with pytest.raises(KeyboardInterrupt), report:
        raise KeyboardInterrupt
    assert table(capsys)[-1][0] == "3"
