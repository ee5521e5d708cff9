"""Instance counts: what an update must not reset, and what it left other than it must be. Pure functions."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from shadow_ops.aws.endpoint import Config, LiveEndpoint
from shadow_ops.aws.history import COUNT
from shadow_ops.aws.records import Pending
from shadow_ops.contract.scaled import Scaled
from shadow_ops.guard.decision import SetCounts
from shadow_ops.guard.seen import Unread, known, variants

_CONFIGS_KEPT = 10


def in_code(live: LiveEndpoint, left: Config | Unread | None, *, other: bool) -> dict[str, int]:
    """Instances per variant that the code asked for until now; what isn't known of is no wish of the code's.

    Args:
        live: The endpoint.
        left: The config that the code asked for, where another one serves.
        other: Whether another one serves: somebody has updated the endpoint, and its counts are theirs.
    """
    if not other:
        return {one.name: one.initial_count for one in variants(live) if one.initial_count is not None}
    config = known(left, None)
    asked = () if config is None else (*config.production, *config.shadow)
    return {one["VariantName"]: one[COUNT] for one in asked if COUNT in one}


def keeps_live_counts(
    live: LiveEndpoint, requested: Config, scaling: Collection[str], before: Mapping[str, int]
) -> bool:
    """Whether the update must start the new fleet with the live instance counts.

    SageMaker keeps all of them or none, so one production variant is enough: any that scales, because it may scale out
    at any moment until the update begins, and any whose count the code leaves as it was. Only counts that the code
    changes give way; where both meet, those are set after the update.

    Args:
        live: The endpoint.
        requested: The config that shall serve.
        scaling: Names of the variants that scale, or will once the deployment is through.
        before: What the code asked for until now.
    """
    asked = _production(requested)
    for one in live.production:
        initial = asked.get(one.name, {}).get(COUNT)
        if initial is not None and (one.name in scaling or initial == before.get(one.name, initial)):
            return True
    return False


def keeps_counts_back(live: LiveEndpoint, requested: Config, scaling: Collection[str], record: Pending | None) -> bool:
    """The same on the way back, where a count in code is no wish of today's.

    Args:
        live: The endpoint.
        requested: The config that served before.
        scaling: Names of the variants that scale, or will once the rollback is through.
        record: The deployment that is taken back; None if nothing is known of it.
    """
    asked = _production(requested)
    for one in live.production:
        initial = asked.get(one.name, {}).get(COUNT)
        if initial is None:
            continue
        if one.name in scaling or record is None or record.counts.get(one.name, 0) > initial:
            return True
        by_hand = one.initial_count is not None and (one.desired_count or 0) > max(initial, one.initial_count)
        if by_hand:
            return True
    return False


def remembered(keeps: Mapping[str, bool], serving: str | None, config: str, *, keep: bool) -> dict[str, bool]:
    """What was answered for the last few configs, and now for one more; that of the serving one is never forgotten."""
    others = {name: flag for name, flag in keeps.items() if name not in (serving, config)}
    last = {serving: keeps[serving]} if serving in keeps and serving is not None else {}
    return dict([*others.items(), *({**last, config: keep}).items()][-_CONFIGS_KEPT:])


def corrections(
    live: LiveEndpoint, record: Pending, scaled: Mapping[str, Scaled], *, taking_back: bool
) -> Iterator[SetCounts]:
    """Counts that the update left other than they must be.

    Args:
        live: The endpoint after the update.
        record: The deployment.
        scaled: How its variants scale from now on.
        taking_back: Whether the deployment was rolled back.
    """
    if record.source == record.target and not taking_back:
        return
    production = {one.name for one in live.production}
    counts: dict[str, tuple[int, int]] = {}
    for one in variants(live):
        if one.desired_count is None or one.initial_count is None:
            continue
        wanted = one.desired_count
        changed = record.initial.get(one.name, one.initial_count) != one.initial_count
        if not taking_back and changed and one.name not in scaled:
            # Keeping the live counts has swallowed a count that the code changed.
            wanted = one.initial_count if record.keep else wanted
        elif taking_back or (record.keep and one.name in production):
            wanted = max(wanted, record.counts.get(one.name, 0))
        limits = scaled.get(one.name)
        if limits is not None and wanted > one.desired_count:
            wanted = max(one.desired_count, min(wanted, limits.maximum))
        if wanted != one.desired_count:
            counts[one.name] = (one.desired_count, wanted)
    if counts:
        # One call: SageMaker takes the next one only once the endpoint is InService again.
        yield SetCounts(counts)


def _production(config: Config) -> dict[str, Mapping[str, Any]]:
    return {one["VariantName"]: one for one in config.production}
