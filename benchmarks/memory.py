"""Print the most memory that a fit of Fashion-MNIST takes beyond X and its Hessian, on Linux."""

from pathlib import Path

import numpy as np
from problems import problems

from softreg import SoftmaxRegression

ALLOWED = 64  # MiB, and a few vectors of the rows


def status(name):
    """A number of /proc/self/status, in MiB."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) / 1024


def main():
    """Fit, and print."""
    for p in problems(["fashion"]):
        X, (n, d), K = np.ascontiguousarray(p.X), p.X.shape, len(np.unique(p.y))
        p = p._replace(X=X)  # one copy of X is enough
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # forget the peak so far
        before = status("VmRSS")
        model = SoftmaxRegression(C=p.C).fit(X, p.y)
        peak, H = status("VmHWM") - before, 4 * ((d + 1) * (K - 1)) ** 2 / 2**20
        print(f"{p.name}: {peak:.0f} MiB beyond X, of which the Hessian is {H:.0f}: {peak - H:.0f} MiB")
        print(f"(at most {ALLOWED}, and a few vectors of {n} numbers); {model.optimality_['status']}")


if __name__ == "__main__":
    main()
