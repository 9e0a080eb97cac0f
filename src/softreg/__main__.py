"""`python -m softreg` is the command."""

from softreg.cli import main

main()
