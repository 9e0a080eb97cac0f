"""What the array API standard leaves open: namespaces, devices, promotion, leaving for the host."""

from __future__ import annotations

from typing import Any

import array_api_compat as compat
import numpy as np

from softreg.errors import BackendError, InputTypeError

Array = Any
Namespace = Any


def namespace(*arrays: Any) -> Namespace:
    """The array namespace that all arguments but None share; lists and scalars count as NumPy's."""
    given = [a for a in arrays if a is not None and compat.is_array_api_obj(a)]
    if not given:
        return compat.array_namespace(np.empty(0))
    try:
        return compat.array_namespace(*given)
    except TypeError:
        kinds = " and ".join(sorted({type(a).__module__.split(".")[0] for a in given}))
        raise BackendError(
            f"the arguments mix arrays of {kinds}; convert them to one library, for example with from_dlpack."
        ) from None


def class_index(z: Array, *, xp: Namespace) -> Array:
    """0, 1, ..., K - 1 on the device of z, whose last axis is that of the classes."""
    return xp.arange(z.shape[-1], device=compat.device(z))


def default_real(xp: Namespace, device: Any) -> Any:
    """The floating dtype that the library gives to what has none of its own."""
    return xp.__array_namespace_info__().default_dtypes(device=device)["real floating"]


def widest_real(xp: Namespace, device: Any) -> Any:
    """float64 where the device has it: the dtype of parameters and of sums over blocks of rows."""
    kinds = xp.__array_namespace_info__().dtypes(device=device, kind="real floating")
    return kinds.get("float64", kinds["float32"])


def as_array(x: Any, xp: Namespace, name: str) -> Array:
    """x as an array of real numbers of xp; anything else is refused by name."""
    x = x if compat.is_array_api_obj(x) else np.asarray(x)
    if not xp.isdtype(x.dtype, ("real floating", "integral", "bool")):
        raise InputTypeError(f"{name} has dtype {x.dtype}; softmax regression takes real numbers.")
    return x


def as_reals(xp: Namespace, *arrays: Array | None) -> tuple[list[Array | None], Any]:
    """The arrays in one dtype to compute in, and the dtype of the result.

    The result has the promoted floating dtype (integers do not take part; alone, they become the
    library's default). Computing is in the same dtype, but in float32 for half precision.
    """
    given = [a for a in arrays if a is not None]
    real = [a.dtype for a in given if xp.isdtype(a.dtype, "real floating")]
    dtype = xp.result_type(*real) if real else default_real(xp, compat.device(given[0]))
    computing = xp.float32 if xp.finfo(dtype).bits < 32 else dtype
    return [None if a is None else xp.astype(a, computing, copy=False) for a in arrays], dtype


def first_true(condition: Array, xp: Namespace) -> tuple[int, ...] | None:
    """Where the condition holds first, in row-major order; None where it never does."""
    if not bool(xp.any(condition)):
        return None
    return tuple(int(place[0]) for place in xp.nonzero(condition))
