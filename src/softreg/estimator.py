"""SoftmaxRegression, a scikit-learn classifier whose arrays live where X lives.

The only place with class labels, class weights and trailing underscores. Letters are those of
`softreg.core`: n rows, d features, K classes.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from numbers import Integral, Real
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from softreg import _memory, _outcome, _rank, _threads, core
from softreg import _targets as boundary_y
from softreg import _validation as boundary
from softreg._arrays import Array, is_elsewhere, to_host, widest_real
from softreg._blocks import Rows, assembled, widened
from softreg._columns import warn_of_offsets
from softreg._minimum import minimum
from softreg._objective import Objective, logits, without_common_part
from softreg._separation import minimised
from softreg._undo import all_or_nothing
from softreg._verbose import ProgressTable
from softreg.errors import InputError, NonFiniteError
from softreg.solvers import Status
from softreg.solvers.sgd import epoch, sgd

if TYPE_CHECKING:
    from sklearn.linear_model import LogisticRegression

DEFAULT_MAX_ITER = {"lbfgs": 1000, "sgd": 100}


class SoftmaxRegression(ClassifierMixin, BaseEstimator):  # type: ignore[misc] # scikit-learn has no types
    """Softmax (multinomial logistic) regression.

    Minimises, over coefficients W (K, d) and intercepts b (K,),

        sum_i w_i L_i + 1/(2C) sum W^2,    L_i = -sum_k y_ik log S_k(W x_i + b)

    with S the softmax. The intercepts are not penalised. Two classes are treated like any other
    number: `coef_` then has two rows, and equals that of `LogisticRegression(C=2*C)` up to the
    halves by which its one row is split.

    Parameters
    ----------
    C : float, default=1.0
        Inverse strength of the penalty, in (0, inf]; inf for none.
    fit_intercept : bool, default=True
        Whether the model has intercepts.
    class_weight : dict or "balanced", optional
        Factors of the losses of each class; "balanced" is n / (K * number of rows of the class), both by weight.
        Classes that the dict does not name have 1.
    label_smoothing : float, default=0.0
        Share of each target, in [0, 1), that is spread evenly over the classes.
    solver : {"auto", "lbfgs", "sgd"}, default="auto"
        "lbfgs" is limited-memory BFGS on all rows, preconditioned by Hessians as far as they pay, in
        columns that are centred and scaled inside; "sgd" the mini-batch update over shuffled rows,
        which comes near the minimum, not to it. "auto" is "lbfgs", which by a cost model of n, d, K and
        sparsity is anything between plain L-BFGS and Newton's method; `optimality_["solver"]` says what was picked.
    tol : float, default=1e-6
        Bounds the relative gap (F - F*)/max(1, F*) of the mean objective F to its minimum. The fit has converged when
        the decrease that the Hessian still promises is a third of that, and the gradient agrees; 0 goes on to rounding.
    max_iter : int, optional
        Most iterations ("lbfgs", default 1000) or epochs ("sgd", default 100).
    learning_rate : float, default=0.05
        Step of the mini-batch update, in `fit` with solver "sgd" and in `partial_fit`.
    batch_size : int, default=32
        Rows of one update, in `fit` with solver "sgd" and in `partial_fit`.
    random_state : int, RandomState instance or None, default=None
        Orders the rows in each epoch of "sgd".
    warm_start : bool, default=False
        Whether `fit` starts from the last fit's parameters, if there are any of the same shape.
    verbose : int, default=0
        1 prints loss, gradient and passes over the rows as the fit goes on.

    Attributes
    ----------
    coef_ : array, shape (K, d)
    intercept_ : array, shape (K,)
        In the library, on the device, in the dtype of X (float32 for half precision).
    classes_ : array, shape (K,)
        The sorted labels; 0 to K - 1 if y holds probabilities.
    n_iter_ : int
        Iterations or epochs; each `partial_fit` adds 1.
    n_features_in_ : int
    feature_names_in_ : array, shape (d,)
        Only if X was a frame whose columns all have strings for names.
    converged_ : bool
        Whether the evidence below shows a minimum; never for separated classes without penalty.
    separated_ : bool
        Whether there is no penalty and no finite optimum: the classes can be told apart without a mistake, or in part
        (by a column that is 1 in rows of one class alone, say). Proved where True; rarely missed, more in float32.
    optimality_ : dict
        The evidence: "scaled_gradient" (largest entry of the mean objective's gradient, each in
        units of its parameter's natural size), "newton_decrement" (the decrease that the solver's
        quadratic model still promises, about the gap), "gap_bound" (proven to be at least the gap; often much
        more if the penalty is weak, and infinite without one), "objective" (the mean objective), "passes"
        (readings of all rows, the two for the bound among them; one in float32 counts half), "solver" (the
        one that "auto" picked), "status". After `partial_fit` only "passes", "solver" and "status".

    Without a penalty, coefficients of columns that are constant or sums of others are not determined: of those that
    give the same model, the ones with the least sum of squares are returned, if X has at most 4096 columns. Data
    without a finite optimum are told by a `SeparationWarning`. Of X in float32, products are computed in float32 and
    summed up in float64; in float64 where X then takes 32 MiB at most. Of X in float64, the first iterates are
    computed of a copy in float32 that takes 32 MiB at most.

    Errors: `InputError` (a ValueError) for data that cannot be used, `InputTypeError` (a TypeError)
    for dtypes, `BackendError` (a ValueError) for a library or device other than the fit's. A call
    that raises leaves the estimator as it was.

    Source: Bishop (2006), Pattern Recognition and Machine Learning, section 4.3.4.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from softreg import SoftmaxRegression
    >>> X, y = load_iris(return_X_y=True)
    >>> model = SoftmaxRegression().fit(X, y)
    >>> round(model.score(X, y), 2)
    0.97
    """

    _parameter_constraints: dict[str, list[Any]] = {  # noqa: RUF012 - the form scikit-learn reads
        "C": [Interval(Real, 0, np.inf, closed="right")],
        "fit_intercept": ["boolean"],
        "class_weight": [dict, StrOptions({"balanced"}), None],
        "label_smoothing": [Interval(Real, 0, 1, closed="left")],
        "solver": [StrOptions({"auto", "lbfgs", "sgd"})],
        "tol": [Interval(Real, 0, None, closed="left")],
        "max_iter": [Interval(Integral, 0, None, closed="left"), None],
        "learning_rate": [Interval(Real, 0, None, closed="neither")],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "random_state": ["random_state"],
        "warm_start": ["boolean"],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        C: float = 1.0,
        *,
        fit_intercept: bool = True,
        class_weight: dict[Any, float] | str | None = None,
        label_smoothing: float = 0.0,
        solver: str = "auto",
        tol: float = 1e-6,
        max_iter: int | None = None,
        learning_rate: float = 0.05,
        batch_size: int = 32,
        random_state: Any = None,
        warm_start: bool = False,
        verbose: int = 0,
    ) -> None:
        self.C = C
        self.fit_intercept = fit_intercept
        self.class_weight = class_weight
        self.label_smoothing = label_smoothing
        self.solver = solver
        self.tol = tol
        self.max_iter = max_iter
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.random_state = random_state
        self.warm_start = warm_start
        self.verbose = verbose

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def fit(self, X: Any, y: Any, sample_weight: Any = None, *, offset: Any = None) -> SoftmaxRegression:
        """Fit the model.

        Parameters
        ----------
        X : array, frame or sparse matrix, shape (n, d)
            Features: an array of any array API library, a pandas or polars frame, or a SciPy sparse
            matrix or array, which stays sparse.
        y : array, shape (n,) or (n, K)
            Labels (numbers, strings, bytes or booleans), or rows of probabilities.
        sample_weight : array, shape (n,), optional
            Weights of the rows, >= 0.
        offset : array, shape (n, K), optional
            Added to the logits with a fixed coefficient of 1.

        Returns
        -------
        SoftmaxRegression
            The estimator itself.
        """
        with all_or_nothing(self):
            self.__dict__.pop("_table", None)  # what the command fit remembers of another file
            rows = boundary.features(self, X, reset=True, allow_empty=False)
            y, w, classes = self._targets(y, sample_weight, rows)
            boundary_y.several_classes(boundary_y.Targets(y, classes), w, rows)
            solver = "lbfgs" if self.solver == "auto" else self.solver
            whole = objective = self._objective(rows, y, w, classes, offset, centred=solver != "sgd")
            _memory.check(whole, solver)
            warn_of_offsets(whole.columns, rows.dtype, rows.xp, getattr(self, "feature_names_in_", None))
            dependent = None if solver == "sgd" else _rank.dependence(whole)
            if dependent is not None:
                kept = _rank.in_kept(rows, dependent.kept)
                objective = self._objective(kept, y, w, classes, offset, centred=True)
            max_iter = DEFAULT_MAX_ITER[solver] if self.max_iter is None else self.max_iter
            start = self._start(objective) if dependent is None else objective.zeros()
            find = minimum if solver == "lbfgs" else partial(minimised, solver=partial(sgd, **self._sgd_settings(rows)))
            with ProgressTable(self.verbose, solver) as report, _threads.during_a_fit():
                solution, separation = find(objective, start, tol=self.tol, max_iter=max_iter, report=report)
                if separation is not None:
                    solution = solution._replace(status=Status.UNBOUNDED)
                solution, evidence = _outcome.judged(objective, solution, solver, self.tol)
            self.separated_ = separation is not None
            W, b = objective.split(solution.theta)
            if dependent is not None:
                if separation is not None:
                    separation = separation._replace(feature=int(dependent.kept[separation.feature]))
                W, b = _rank.least(dependent, whole, W, b)
            W, b = without_common_part(W, b, objective.xp)
            self._set_parameters(W, b, classes, rows)
            self.n_iter_ = solution.iterations
            self.converged_ = solution.status is Status.CONVERGED
            self.optimality_: dict[str, Any] = evidence
            if not self.converged_:
                _outcome.warn_of(solution, solver, self.tol, separation, self)
        return self

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> SoftmaxRegression:
        """Go once over the rows given, in their order, with the batch weight update.

        Each `batch_size` rows make one update with `learning_rate`. The penalty counts as if these
        rows were all the data: 1/(C sum w) on their mean loss; C=inf gives the bare update.

        Parameters
        ----------
        X : array, frame or sparse matrix, shape (n, d)
            Features, as in `fit`.
        y : array, shape (n,) or (n, K)
            Labels among `classes`, or rows of probabilities.
        classes : array, shape (K,), optional
            All labels there will ever be; needed in the first call, fixed by it.
        sample_weight : array, shape (n,), optional
            Weights of the rows, >= 0.

        Returns
        -------
        SoftmaxRegression
            The estimator itself.
        """
        with all_or_nothing(self):
            if self.class_weight == "balanced":
                raise InputError("class_weight='balanced' needs all rows, so partial_fit cannot use it; pass a dict.")
            first = not hasattr(self, "coef_")
            if first:
                known = boundary_y.first_classes(classes)
            elif classes is not None:
                boundary_y.same_classes(self.classes_, classes)
            rows = boundary.features(self, X, reset=first)
            if rows.n == 0:
                return self
            if first:
                known = boundary_y.classes_beside(known, rows)
            else:
                known = self.classes_
                boundary.fitted_here(self, rows)
            y, w, _ = self._targets(y, sample_weight, rows, known)
            objective = self._objective(rows, y, w, known, None, centred=False)
            theta = objective.zeros() if first else objective.join(*self._parameters(objective))
            order = rows.xp.arange(rows.n, device=rows.device)
            theta = epoch(objective, theta, order, learning_rate=self.learning_rate, batch_size=self.batch_size)
            if not bool(rows.xp.all(rows.xp.isfinite(theta))):
                raise NonFiniteError("the parameters became infinite; lower learning_rate, or scale the columns of X.")
            self._set_parameters(*objective.split(theta), known, rows)
            self.n_iter_ = getattr(self, "n_iter_", 0) + 1
            passes = 1.0 if first else self.optimality_["passes"] + 1.0
            self.converged_ = self.separated_ = False
            self.optimality_ = {"passes": passes, "solver": "sgd", "status": "not judged: fitted by partial_fit"}
        return self

    def decision_function(self, X: Any) -> Array:
        """Return the logits X W' + b, shape (n, K); for two classes z_1 - z_0, shape (n,)."""
        return self._by_blocks(X, lambda z, xp: z if z.shape[1] != 2 else z[:, 1] - z[:, 0])

    def predict(self, X: Any) -> Array:
        """Return the label with the largest logit, shape (n,)."""

        def label(z: Array, xp: Any) -> Array:
            index = xp.argmax(z, axis=1)
            if is_elsewhere(self.classes_):
                return xp.take(self.classes_, index)
            return self.classes_[to_host(index)]

        return self._by_blocks(X, label)

    def predict_proba(self, X: Any) -> Array:
        """Return the probability of each class, shape (n, K)."""
        return self._by_blocks(X, lambda z, xp: core.softmax(z, xp=xp))

    def predict_log_proba(self, X: Any) -> Array:
        """Return log-probabilities, shape (n, K); finite also where a probability rounds to 0."""
        return self._by_blocks(X, lambda z, xp: core.log_softmax(z, xp=xp))

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return the accuracy of `predict(X)` against the labels y, weighted if weights are given."""
        right = boundary_y.correct(self, y, to_host(self.predict(X)))
        if right.shape[0] == 0:
            raise InputError("Found array with 0 sample(s); a score needs at least one.")
        w = boundary.weights(sample_weight, Rows(np.expand_dims(right, axis=1)))
        return float(np.average(right, weights=w))

    def save(self, path: str | PathLike[str], *, key: bytes | None = None) -> None:
        """Write the fitted model to a file that `softreg.load` reads, signed if there is a key; see docs/models.md."""
        from softreg import _model_file

        _model_file.save(self, path, key)

    def to_sklearn(self) -> LogisticRegression:
        """Return a fitted LogisticRegression of scikit-learn with the same probabilities, in float64 to 1e-12."""
        from softreg import _sklearn

        return _sklearn.to_sklearn(self)

    @classmethod
    def from_sklearn(cls, model: LogisticRegression) -> SoftmaxRegression:
        """Return a model with the same probabilities as a fitted LogisticRegression of scikit-learn."""
        from softreg import _sklearn

        made: SoftmaxRegression = _sklearn.from_sklearn(cls, model)
        return made

    def _targets(self, y: Any, sample_weight: Any, rows: Rows, known: Any = None) -> tuple[Array, Array | None, Array]:
        """Return targets, row weights and classes; class weights have become row weights."""
        targets = boundary_y.targets(self, y, rows, known)
        w = boundary.weights(sample_weight, rows)
        if self.class_weight is not None:
            y, w = boundary_y.class_weighted(self.class_weight, targets, w, rows)
            return y, w, targets.classes
        return targets.y, w, targets.classes

    def _objective(
        self, rows: Rows, y: Array, w: Array | None, classes: Array, offset: Any, *, centred: bool
    ) -> Objective:
        if offset is not None:
            offset = boundary.beside("offset", offset, rows, (rows.n, classes.shape[0]))
        total = float(rows.n) if w is None else float(rows.xp.sum(w, dtype=widest_real(rows.xp, rows.device)))
        if not np.isfinite(total):
            raise InputError("the sum of the weights is infinite; scale sample_weight or class_weight.")
        if total == 0:
            raise InputError("class_weight leaves no row with a weight above 0.")
        l2 = 1 / float(self.C) / total
        if not np.isfinite(l2):
            raise InputError(f"C={self.C} is too small: the penalty 1/C is infinite.")
        settings: dict[str, Any] = {"smoothing": self.label_smoothing, "intercept": self.fit_intercept}
        rows, y, w, offset = widened(rows, y, w, offset)
        return Objective(rows, y, classes.shape[0], l2=l2, w=w, offset=offset, centred=centred, **settings)

    def _sgd_settings(self, rows: Rows) -> dict[str, Any]:
        random = check_random_state(self.random_state)
        return {
            "learning_rate": self.learning_rate,
            "batch_size": self.batch_size,
            "order": lambda: rows.xp.asarray(random.permutation(rows.n), device=rows.device),
        }

    def _start(self, objective: Objective) -> Array:
        zeros = objective.zeros()
        shape = objective.n_classes, objective.rows.d
        if not (self.warm_start and hasattr(self, "coef_") and tuple(self.coef_.shape) == shape):
            return zeros
        boundary.fitted_here(self, objective.rows)
        return objective.join(*without_common_part(*self._parameters(objective), objective.xp))

    def _parameters(self, objective: Objective) -> tuple[Array, Array]:
        xp, wide = objective.xp, objective.wide
        return xp.astype(xp.matrix_transpose(self.coef_), wide), xp.astype(self.intercept_, wide)

    def _set_parameters(self, W: Array, b: Array, classes: Array, rows: Rows) -> None:
        xp = rows.xp
        self.coef_ = xp.astype(xp.matrix_transpose(W), rows.dtype)
        self.intercept_ = xp.astype(b, rows.dtype)
        self.classes_ = classes

    def _by_blocks(self, X: Any, result: Callable[[Array, Any], Array]) -> Array:
        """Return `result(logits, xp)` for all rows of X, computed block by block."""
        check_is_fitted(self)
        with np.errstate(all="ignore"):
            rows = boundary.features(self, X, reset=False)
            boundary.fitted_here(self, rows)
            return assembled(
                ((part, result(z, rows.xp)) for part, z in logits(rows, self.coef_, self.intercept_)), rows.n
            )
