"""Say what is wrong with a shadow test's text: ``python -m shadow_constructs.values.toml churn.toml < text``.

Exit code 0 and silence where `ShadowTest.from_file` would take a file of this text under this path; else 2, and one
line per mistake. The command line asks so before it writes a file.
"""

from __future__ import annotations

import sys
from pathlib import Path

from shadow_constructs.values.shadow_test import ShadowTest
from shadow_constructs.values.toml.file import read_toml
from shadow_ops.contract.problems import InvalidValueError

if __name__ == "__main__":
    try:
        read_toml(ShadowTest, Path(sys.argv[1]), sys.stdin.read())
    except InvalidValueError as refused:
        sys.stdout.write(f"{refused}\n")
        sys.exit(2)
