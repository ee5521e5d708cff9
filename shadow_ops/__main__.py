"""``python -m shadow_ops`` is ``shadow-test``."""

from __future__ import annotations

from shadow_ops.cli.main import main

main()
