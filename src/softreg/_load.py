"""The public function `load`: where model files and the estimator meet."""

from __future__ import annotations

import os

from softreg import _model_file
from softreg.estimator import SoftmaxRegression


def load(path: str | os.PathLike[str], /, *, key: bytes | None = None) -> SoftmaxRegression:
    """Load a model that `SoftmaxRegression.save` or `softreg fit` wrote.

    A model file is numbers and text; nothing in it is executed. It is read on any machine: its arrays are
    NumPy's, whatever library the model was fitted with. No other kind of file is ever loaded.

    Parameters
    ----------
    path : str or path
        The file.
    key : bytes, optional
        The key with which it must have been signed. Without one, accidents are noticed (SHA-256), forgery is not.

    Returns
    -------
    SoftmaxRegression
        The fitted model; its predictions are those of the one that was saved, bit for bit.

    Errors: `ModelFileError` (a ValueError) if the file is not a model, is damaged or is of a later format;
    OSError if it cannot be read.

    Examples
    --------
    >>> import os, tempfile
    >>> import softreg
    >>> model = softreg.SoftmaxRegression().fit([[0.0], [1.0], [3.0]], ["no", "no", "yes"])
    >>> path = os.path.join(tempfile.mkdtemp(), "model.safetensors")
    >>> model.save(path)
    >>> softreg.load(path).predict([[2.9]])
    array(['yes'], dtype='<U3')
    """
    return _model_file.load(SoftmaxRegression, path, key)
