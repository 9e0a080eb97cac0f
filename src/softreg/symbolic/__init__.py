"""Arrays of symbolic size, and the prover that runs the shipped kernels on them.

`namespace`  an array namespace whose arrays have symbolic shape
`Normal`     the normal form that decides equations between their entries
`Symbolic`   the setting in which a claim is proved for all sizes; `Fixed`, the one that checks again
`prove`      find the claims and prove them
"""

from softreg.symbolic import namespace
from softreg.symbolic.normal import Normal
from softreg.symbolic.prove import Claim, Result, find_claims, main, prove
from softreg.symbolic.setting import Fixed, Symbolic

__all__ = ["Claim", "Fixed", "Normal", "Result", "Symbolic", "find_claims", "main", "namespace", "prove"]
