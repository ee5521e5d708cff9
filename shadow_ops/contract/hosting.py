"""Which instance types SageMaker hosts on, as of this release: what code and command line refuse a misspelt one by."""

from __future__ import annotations

import difflib
import json
import re
from functools import cache
from importlib import resources

PATTERN = re.compile(r"ml\.[a-z0-9-]+\.[a-z0-9-]+")
"""How an instance type looks, listed or not."""


@cache
def listed() -> frozenset[str]:
    """Every instance type of API member ProductionVariantInstanceType, as of this release."""
    text = resources.files("shadow_ops").joinpath("data/instance_types.json").read_text(encoding="utf-8")
    return frozenset(json.loads(text)["instance_types"])


def hint(instance_type: str) -> str:
    """The listed type most like a misspelt one, as a question; empty if none is alike."""
    nearest = next(iter(difflib.get_close_matches(instance_type, sorted(listed()), n=1)), None)
    return "" if nearest is None else f"did you mean {nearest}? "
