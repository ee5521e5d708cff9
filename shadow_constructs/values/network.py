"""The VPC that a model's containers live in, and whether they may call out at all."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from shadow_constructs.values.checks import check_flag, check_text, checked_tuple
from shadow_constructs.values.frozen import freeze
from shadow_constructs.values.tokens import is_token
from shadow_ops.contract.problems import Problems

_ID = re.compile(r"[-0-9a-zA-Z]{1,32}")


@dataclass(frozen=True, kw_only=True)
class Network:
    """Network settings of a model (API members CreateModel.VpcConfig and EnableNetworkIsolation).

    Attributes:
        subnet_ids: Two to 16 subnets in different availability zones: the Developer Guide (host-vpc) asks for two
            even with one instance. CDK tokens are accepted, such as ``vpc.select_subnets(...).subnet_ids``.
            By default no VPC.
        security_group_ids: One to five security groups. CDK tokens are accepted. Needed with subnets.
        isolated: Whether the container may make no network call at all.
    """

    subnet_ids: Sequence[str] = ()
    security_group_ids: Sequence[str] = ()
    isolated: bool = False

    def __post_init__(self) -> None:
        """Check the value.

        Raises:
            InvalidValueError: With one line per mistake.
        """
        problems = Problems("Network")
        for name in ("subnet_ids", "security_group_ids"):
            freeze(self, **{name: checked_tuple(problems, name, getattr(self, name))})
        if self.attached and problems.count == 0:
            _check_ids(problems, "subnet_ids", self.subnet_ids, lowest=2, highest=16)
            _check_ids(problems, "security_group_ids", self.security_group_ids, lowest=1, highest=5)
        check_flag(problems, "isolated", self.isolated)
        problems.raise_if_any()

    @property
    def attached(self) -> bool:
        """Whether the model is attached to a VPC."""
        return bool(self.subnet_ids or self.security_group_ids)


def _check_ids(problems: Problems, what: str, ids: Sequence[str], *, lowest: int, highest: int) -> None:
    # A token list is one placeholder until deployment: its length says nothing.
    is_token_list = any(is_token(one) and str(one).startswith("#") for one in ids)
    if not is_token_list and not lowest <= len(ids) <= highest:
        problems.add(what, f"have {lowest} to {highest} entries", list(ids))
    for one in ids:
        check_text(problems, what, one, pattern=_ID, rule="hold ids like subnet-0abc or sg-0abc", tokens=True)
