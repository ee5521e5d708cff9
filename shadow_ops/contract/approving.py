"""An approval, and what a stage asks before it is entered, as texts of a pipeline: synthesis alone writes them."""

from __future__ import annotations

from dataclasses import asdict

from shadow_ops.contract.approvals import Approval, Entry
from shadow_ops.contract.text import compact

LONGEST_DEADLINE_DAYS = 60
"""How long a manual approval can wait (CodePipeline User Guide, limits: 86,400 minutes)."""


def custom_data(asked: Approval) -> str:
    """An approval's custom data; what isn't known at synth stays a token or a variable of the pipeline."""
    return (
        f"{asked.version} on {asked.endpoint} in {asked.account}/{asked.region}, endpoint config {asked.config}: the "
        "watch's verdict answers this, PASS approves and FAIL rejects; a person may decide at any time, and the "
        "guard judges again"
    )


def parameter(entry: Entry) -> str:
    """What a stage asks, as its rule's parameter."""
    return compact({name: one for name, one in asdict(entry).items() if one is not None})
