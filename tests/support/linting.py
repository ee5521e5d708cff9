"""What cfn-lint says of a template."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from functools import cache


def lint_of(template: Mapping[str, object], passing: Collection[str] = ()) -> list[str]:
    """Return every error and every warning, one line each.

    Args:
        template: The synthesized template.
        passing: Ids of rules that are let through.
    """
    # Loaded where it is needed: every process imports every test file.
    from cfnlint.api import lint  # type: ignore[import-untyped] # has no types
    from cfnlint.config import ManualArgs  # type: ignore[import-untyped] # has no types

    found = lint(json.dumps(template), rules=_rules(), config=ManualArgs(regions=["eu-west-1"]))
    return [str(one) for one in found if one.rule.id not in passing]


@cache
def _rules() -> object:
    """Every rule for errors and warnings; loading them takes longer than applying them."""
    from cfnlint.core import get_rules  # type: ignore[import-untyped] # has no types

    return get_rules([], [], ["E", "W"])
