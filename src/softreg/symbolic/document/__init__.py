"""Judge a derivation in Markdown or LaTeX step by step: `judge(text)`.

`written`, `macros`, `containers`                  what of a file is the document, and where its mathematics stands
`lexer`, `groups`, `abbreviations`, `conditions`, `speech`, `source`   tokens, names, cases; where the steps stand
`grammar`, `reading`, `differentials`, `reach`, `scripts`, `nodes`   the tree, and the formula that is meant
`context`, `usual`, `uses`, `given`, `ranks`, `identity`   what the letters mean: inferred, guessed, or told
`rows`, `running`, `whole`, `alone`                letters of one sample and of many, of a vector and a number
`ranges`, `entries`, `meaning`                     over what indices run; values as arrays of symbolic size
`sides`, `compare`, `equations`                    whether two sides are equal
`judge`, `vacuous`, `unsettled`, `hints`           verdicts
`readings`, `doubted`, `renewed`, `amended`, `changes`, `standard`   which place a slip is
`unjudged`                                         what no verdict is on
`updates`, `assigned`, `momentum`, `metric`, `new_value`   what updates claim: that they follow a slope
`called`, `claimed`                                what definitions claim: to be what they are called
`page`, `mathml`                                   the report as one page
"""

from softreg.symbolic.document.definitions import Context
from softreg.symbolic.document.given import context_from_toml, front_matter
from softreg.symbolic.document.page import page
from softreg.symbolic.document.readings import judge
from softreg.symbolic.document.steps import Step, Verdicts

__all__ = ["Context", "Step", "Verdicts", "context_from_toml", "front_matter", "judge", "page"]
