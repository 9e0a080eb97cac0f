"""What the array API standard leaves open: namespaces, devices, promotion, layout, looking at values."""

from __future__ import annotations

from typing import Any

import array_api_compat as compat
import numpy as np

from softreg.errors import BackendError, InputError, InputTypeError

Array = Any
Namespace = Any


def library(xp: Namespace) -> str:
    """Return the name of the library of a namespace, such as numpy, torch, jax, dask, cupy."""
    name: str = xp.__name__
    return name.removeprefix("array_api_compat.").partition(".")[0]


def _is_torch(x: Any) -> bool:
    # By name: what array_api_compat remembers of types is a thing that torch.compile warns of.
    return type(x).__module__.partition(".")[0] == "torch"


def is_array(x: Any) -> bool:
    """Tell whether x is an array of some library."""
    if x is None or isinstance(x, bool | int | float | list | tuple):
        return False
    return _is_torch(x) or compat.is_array_api_obj(x)


def device(x: Array) -> Any:
    """Return the device that an array lives on."""
    return x.device if _is_torch(x) else compat.device(x)


def namespace(*arrays: Any) -> Namespace:
    """Return the array namespace that all arguments but None share; lists and scalars take part in none."""
    given = [a for a in arrays if is_array(a)]
    if not given:
        return compat.array_namespace(np.empty(0))
    try:
        xp = _torch_namespace() if all(_is_torch(a) for a in given) else compat.array_namespace(*given)
    except TypeError:
        kinds = " and ".join(sorted({type(a).__module__.split(".")[0] for a in given}))
        raise BackendError(
            f"the arguments mix arrays of {kinds}; convert them to one library, for example with from_dlpack."
        ) from None
    if library(xp) != "jax":  # JAX itself moves arrays that no one has placed
        first, *others = (device(a) for a in given)
        for other in others:
            if other != first:
                raise BackendError(f"the arguments live on two devices, {first} and {other}; move them to one.")
    return xp


def device_of(*arrays: Any) -> Any:
    """Return the device of the first of the arguments that has one, None if none has."""
    return next((device(a) for a in arrays if is_array(a)), None)


def _torch_namespace() -> Namespace:
    import array_api_compat.torch as xp

    return xp


def is_elsewhere(x: Any) -> bool:
    """Whether x is an array of a library other than NumPy."""
    return bool(compat.is_array_api_obj(x)) and not compat.is_numpy_array(x)


def detached(x: Any) -> Any:
    """Return x without the history that torch keeps for derivatives; a fit must not add to it."""
    return x.detach() if compat.is_torch_array(x) else x


def to_host(x: Any) -> np.ndarray:
    """Return an array of any library as NumPy's: the one way off a device, for what is small."""
    if is_elsewhere(x):
        x = detached(x)
        xp = compat.array_namespace(x)
        if hasattr(xp, "Device"):  # array-api-strict, whose devices have no string name
            x = xp.asarray(x, device=xp.Device("CPU_DEVICE"))
        elif not compat.is_jax_array(x):
            x = compat.to_device(x, "cpu")
    return np.asarray(x)


def class_index(z: Array, *, xp: Namespace) -> Array:
    """Return 0, 1, ..., K - 1 on the device of z, whose last axis is that of the classes."""
    if library(xp) == "jax":  # unplaced: it follows z, also where z is spread over devices
        return xp.arange(z.shape[-1])
    return xp.arange(z.shape[-1], device=device(z))


def _default_dtype(kind: str, xp: Namespace, device: Any) -> Any:
    if library(xp) == "jax":
        device = None
    return xp.__array_namespace_info__().default_dtypes(device=device)[kind]


def default_real(xp: Namespace, device: Any) -> Any:
    """Return the floating dtype that the library gives to what has none of its own."""
    return _default_dtype("real floating", xp, device)


def widest_real(xp: Namespace, device: Any) -> Any:
    """Return float64 where the device has it: the dtype of parameters and of sums over blocks of rows."""
    kinds = xp.__array_namespace_info__().dtypes(device=device, kind="real floating")
    return kinds.get("float64", kinds["float32"])


def as_array(x: Any, xp: Namespace, name: str, device: Any = None) -> Array:
    """Return x as an array of real numbers of xp, made on the device if x is none yet, or refuse it by name."""
    if isinstance(x, np.ma.MaskedArray):
        raise InputTypeError(f"{name} is a masked array; fill it first, a class that cannot happen with -inf.")
    if is_array(x):
        real = xp.isdtype(x.dtype, ("real floating", "integral", "bool"))
    else:
        try:
            x = np.asarray(x)
        except ValueError:
            raise InputError(f"{name} is not an array: its rows have different lengths.") from None
        real = x.dtype.kind in "biuf"
        if real and library(xp) != "numpy":
            x = xp.asarray(x.tolist(), device=device)  # as a list, for the library's own default dtype
    if not real:
        raise InputTypeError(f"{name} has dtype {x.dtype}; softmax regression takes real numbers.")
    if any(size is None or size != size for size in x.shape):
        raise InputError(f"{name} has chunks of unknown size; call its compute_chunk_sizes() first.")
    return x


def as_reals(xp: Namespace, *arrays: Array | None) -> tuple[list[Array | None], Any]:
    """Return the arrays in one dtype to compute in, and the dtype of the result.

    The result has the promoted floating dtype (integers do not take part; alone, they become the
    library's default). Computing is in the same dtype, but in float32 for half precision.
    """
    given = [a for a in arrays if a is not None]
    real = [a.dtype for a in given if xp.isdtype(a.dtype, "real floating")]
    dtype = xp.result_type(*real) if real else default_real(xp, device(given[0]))
    computing = xp.float32 if xp.finfo(dtype).bits < 32 else dtype
    return [None if a is None else xp.astype(a, computing, copy=False) for a in arrays], dtype


def in_rows(x: Array, xp: Namespace) -> Array:
    """Return the same array with the last axis contiguous, so that sums over it are accurate and fast."""
    if library(xp) in ("dask", "softreg"):  # Dask's blocks come in rows later; symbols have no memory
        return x
    return xp.reshape(xp.reshape(x, (-1,)), x.shape)


def first_true(condition: Array, xp: Namespace) -> tuple[int, ...] | None:
    """Return where the condition holds first, in row-major order; None where it never does."""
    if not bool(xp.any(condition)):
        return None
    return tuple(int(place[0]) for place in xp.nonzero(condition)) if condition.ndim else ()


def is_traced(x: Array, xp: Namespace) -> bool:
    """Tell whether x stands for values that are not known yet: under jit, compile or vmap."""
    if library(xp) == "jax":
        import jax

        return isinstance(x, jax.core.Tracer)
    if library(xp) == "torch":
        import torch
        from torch._C import _functorch as transforms

        if torch.compiler.is_compiling():
            return True
        while transforms.is_functorch_wrapped_tensor(x):  # as in vmap(grad(loss))
            if transforms.is_batchedtensor(x):
                return True
            x = transforms.get_unwrapped(x)
    return False


def as_dtype(x: Array, dtype: Any, xp: Namespace) -> Array:
    """Return x in a dtype, itself where it has it: without the call that on small arrays costs as much as a sum."""
    return x if x.dtype == dtype else xp.astype(x, dtype)


def as_labels(y: Array, xp: Namespace) -> Array:
    """Return integers or booleans in the dtype of `class_index`; what is too large for it becomes negative."""
    return xp.astype(y, _default_dtype("integral", xp, device(y)), copy=False)


def checked_labels(y: Array, K: int, *, xp: Namespace) -> tuple[Array, Array | None]:
    """Return the labels, if all are in [0, K), and None; in a trace, a class for each and which ones are outside."""
    labels = as_labels(y, xp)
    outside = (labels < 0) | (labels >= K)
    if is_traced(outside, xp):
        return xp.where(outside, 0, labels), outside
    refuse_labels(y, outside, K, xp)
    return labels, None


def refuse_labels(labels: Array, outside: Array, K: int, xp: Namespace, start: tuple[int, ...] = ()) -> None:
    """Raise for the first label that is outside [0, K); `start` is the position of the first of these labels."""
    at = first_true(outside, xp)
    if at is None:
        return
    place = tuple(i + lo for i, lo in zip(at, start or (0,) * len(at), strict=True))
    where = "" if not place else f" at position {place[0] if len(place) == 1 else place}"
    label = labels[at].item() if _is_torch(labels) else labels[at]  # torch's int() ends at 2**63
    raise InputError(f"label {int(label)}{where} is outside [0, {K}).")
