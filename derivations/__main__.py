"""Prove all claims, or print the derivation of those named: `python -m derivations [NAME ...]`."""

import sys

from softreg.symbolic import main

sys.exit(main(sys.argv[1:]))
