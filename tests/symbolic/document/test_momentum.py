"""Momentum, averages of gradients and Adam: what collects slopes goes where they go."""

import pytest

from softreg.symbolic.document import judge

BASE = r"""$$p_k = \frac{e^{z_k}}{\sum_j e^{z_j}}$$

$$L = -\sum_k y_k \log p_k$$

with $\sum_k y_k = 1$ and $z_k = w_k^T x$.
"""
ENTRIES = BASE.replace("w_k^T x", r"\sum_d W_{kd} x_d + b_k")
GRADIENT = r"g_t = \nabla_w L(w_t)"
ADAM = (
    GRADIENT,
    r"m_t = \beta_1 m_{t-1} + (1 - \beta_1) g_t",
    r"v_t = \beta_2 v_{t-1} + (1 - \beta_2) g_t^2",
    r"\hat m_t = \frac{m_t}{1 - \beta_1^t}, \quad \hat v_t = \frac{v_t}{1 - \beta_2^t}",
)
DESCENT = [
    (BASE, (GRADIENT, r"w_{t+1} = w_t - \eta g_t")),
    (BASE, (GRADIENT, r"w_{t+1} = (1 - \eta \lambda) w_t - \eta g_t")),
    (BASE, (GRADIENT, r"v_{t+1} = \mu v_t + g_t", r"w_{t+1} = w_t - \eta v_{t+1}")),
    (BASE, (GRADIENT, r"v_t = \beta v_{t-1} + (1 - \beta) g_t", r"w_{t+1} = w_t - \eta v_t")),
    (BASE, (r"v_{t+1} = \mu v_t + \nabla_w L(w_t - \eta \mu v_t)", r"w_{t+1} = w_t - \eta v_{t+1}")),
    (BASE, (r"g = \nabla_w L", r"m \leftarrow \beta m + (1 - \beta) g", r"w \leftarrow w - \eta m")),
    (BASE, (r"g = \nabla_w L", r"s \leftarrow \rho s + (1 - \rho) g^2", r"w \leftarrow w - \frac{\eta}{\sqrt{s}} g")),
    (BASE, (*ADAM, r"w_{t+1} = w_t - \eta \frac{\hat m_t}{\sqrt{\hat v_t} + \epsilon}")),
    (ENTRIES, (r"v_{kd} \leftarrow \beta v_{kd} + (p_k - y_k) x_d", r"W_{kd} \leftarrow W_{kd} - \eta v_{kd}")),
]
ASCENT = [
    (BASE, (GRADIENT, r"v_{t+1} = \mu v_t - \eta g_t", r"w_{t+1} = w_t + v_{t+1}")),
    (BASE, (r"g = \nabla_w L", r"v = \mu v - \eta g", r"w = w + v")),
    (ENTRIES, (r"\Delta b_k \leftarrow \beta \Delta b_k - \eta (p_k - y_k)", r"b_k \leftarrow b_k + \Delta b_k")),
]


def last(start, rows):
    """Return the verdict on the last step of a document with these displays."""
    return judge(start + "".join(f"\n$${row}$$\n" for row in rows)).steps[-1].verdict


@pytest.mark.parametrize(("start", "rows"), [*DESCENT, *ASCENT])
def test_a_step(start, rows):
    """A step along what was collected is right, and the opposite one is wrong."""
    assert last(start, rows) == "update"
    new, _, value = rows[-1].partition(r"\leftarrow" if r"\leftarrow" in rows[-1] else "=")
    signs = " + - " if (start, rows) in ASCENT else " - + "
    at = value.rindex(signs[:3]) if r"\sqrt{\hat" not in value else value.index(signs[:3])
    other = rows[-1].replace(value, value[:at] + signs[2:] + value[at + 3 :])
    assert last(start, (*rows[:-1], other)) == "false", (new, other)


def test_what_was_collected():
    """What was collected is looked at: a lost factor in it, or a sign, makes the step wrong."""
    step = r"W_{kd} \leftarrow W_{kd} - \eta v_{kd}"
    assert last(ENTRIES, (r"v_{kd} \leftarrow \beta v_{kd} + (p_k - y_k)", step)) == "false"
    assert last(ENTRIES, (r"v_{kd} \leftarrow \beta v_{kd} - (p_k - y_k) x_d", step)) == "false"
    assert last(ENTRIES, (r"v_{kd} \leftarrow \beta v_{kd} + G_{kd}", step)) == "update"  # whatever G is


def test_the_nearest_counts():
    """Where a letter collects something else later, what is said before a step is meant."""
    rows = (r"v \leftarrow \mu v - \eta \nabla_w L", r"w \leftarrow w + v", r"v \leftarrow \mu v + \nabla_w L")
    assert last(BASE, (*rows, r"w \leftarrow w - \eta v")) == "update"
    assert last(BASE, (*rows, r"w \leftarrow w + \eta v")) == "false"


def test_within_the_text():
    """What the text says is collected counts as well."""
    start = BASE + "\nLet $g_t = \\nabla_w L(w_t)$ and $v_{t+1} = \\mu v_t + g_t$.\n"
    for letter in ("g_t", "v_{t+1}"):
        assert last(start, (rf"w_{{t+1}} = w_t - \eta {letter}",)) == "update"
        assert last(start, (rf"w_{{t+1}} = w_t + \eta {letter}",)) == "false"


def test_step_sizes():
    """Each weight may have a step size of its own."""
    assert last(ENTRIES, (r"b_k \leftarrow b_k - \eta_k (p_k - y_k)",)) == "update"
    assert last(ENTRIES, (r"b_k \leftarrow b_k + \eta_k (p_k - y_k)",)) == "false"
