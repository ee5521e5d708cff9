"""What a scaling says twice: whose it is, and the names within its policies."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from shadow_constructs.values.pairs.pair import Clash, Pair
from shadow_constructs.values.scaling import TARGETS, target_policy
from shadow_constructs.values.scaling_identity import named_in
from shadow_constructs.values.tokens import is_token
from shadow_constructs.values.variant import Variant

if TYPE_CHECKING:
    from shadow_constructs.values.shadow_test import ShadowTest


def _policy_names(test: ShadowTest) -> Iterator[Clash]:
    for variant, scaling in test.scaling.items():
        made = {target_policy(variant, one) for one in TARGETS if getattr(scaling, one) is not None}
        for policy in scaling.policies:
            if policy["PolicyName"] in made:
                must = f"have a name that no target of {variant} gives its own policy"
                yield Clash("policies", must, policy["PolicyName"], "rename it, or leave the target out")


def _named(test: ShadowTest) -> Iterator[tuple[Variant, str, str, str]]:
    """Each variant with a scaling of its own, a policy in it, and endpoint and variant of a metric that it reads."""
    for variant in test.variants:
        if variant.scaling is not None and variant.scaling.enabled:
            for policy in variant.scaling.policies:
                for endpoint, name in dict.fromkeys(named_in(policy)):
                    if name is not None and not any(is_token(one) for one in (endpoint, name)):
                        yield variant, policy["PolicyName"], test.endpoint_name if endpoint is None else endpoint, name


def _nobody(test: ShadowTest) -> Iterator[Clash]:
    staying = [one.name or "" for one in test.production_variants]
    for variant, policy, endpoint, name in _named(test):
        # The shadow goes with the promotion, and then what followed it follows nothing.
        known = [*staying, variant.name or ""]
        if endpoint == test.endpoint_name and name not in known:
            must = f"name {' or '.join(dict.fromkeys(known))} where {variant.name} reads metrics of this endpoint"
            yield Clash(f"policies[{policy}]", must, name, "it would never scale: write the variant's own name")


def _others(test: ShadowTest) -> Iterator[Clash]:
    for variant, policy, endpoint, name in _named(test):
        if (endpoint, name) != (test.endpoint_name, variant.name):
            must = (
                f"name the variant that it scales, {variant.name} of {test.endpoint_name}: it follows another's metrics"
            )
            fix = "write the variant's own name, or acknowledge this"
            yield Clash(f"policies[{policy}]", must, f"{name} of {endpoint}", fix)


PAIRS: tuple[Pair[ShadowTest], ...] = (
    Pair(
        id="names-of-policies",
        facts="targets of a scaling and policies of your own",
        clash="a policy with the name of one that is made for a target: the one would replace the other",
        source="API operation PutScalingPolicy",
        check=_policy_names,
    ),
    Pair(
        id="policies-and-variants",
        facts="metrics that policies of your own read and the endpoint's variants",
        clash="a variant that there isn't, or, of production's, the shadow: it has no data, and nothing scales",
        source="Developer Guide, monitoring-cloudwatch, dimensions EndpointName and VariantName",
        check=_nobody,
    ),
    Pair(
        id="policies-of-another",
        facts="metrics that policies of your own read and the variant that they scale",
        clash="those of another variant or endpoint: a copy of production's scaling has the shadow follow production",
        source="Developer Guide, monitoring-cloudwatch, dimensions EndpointName and VariantName",
        check=_others,
        then="warned",
    ),
)
"""Walked by every `ShadowTest`, among its own."""
