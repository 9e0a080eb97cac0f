"""Judge a derivation in Markdown or LaTeX step by step: `judge(text)`.

`source`, `lexer`, `grammar`   where the mathematics stands, its tokens, its tree
`reading`, `nodes`             what operators bind, and the formula that is meant
`context`, `given`             what the letters mean: inferred, or told
`ranges`, `meaning`            over what indices run; values as arrays of symbolic size
`compare`, `judge`, `hints`    verdicts
`page`, `mathml`               the report as one page
"""

from softreg.symbolic.document.definitions import Context
from softreg.symbolic.document.given import context_from_toml, front_matter
from softreg.symbolic.document.judge import judge
from softreg.symbolic.document.page import page
from softreg.symbolic.document.steps import Step, Verdicts

__all__ = ["Context", "Step", "Verdicts", "context_from_toml", "front_matter", "judge", "page"]
