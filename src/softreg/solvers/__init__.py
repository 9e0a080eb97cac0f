"""Minimisers of a smooth convex function of one array. They know nothing of softmax.

`minimise` drives them all; each solver is a generator of iterates, in a file that reads like its
algorithm.
"""

from softreg.solvers.minimise import Problem, Progress, Solution, Solver, Status, minimise

__all__ = ["Problem", "Progress", "Solution", "Solver", "Status", "minimise"]
