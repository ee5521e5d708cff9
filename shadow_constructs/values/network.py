"""The VPC that a model's containers live in, and whether they may call out at all."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from shadow_constructs.values.checks import check_text, checked_tuple, doubles
from shadow_constructs.values.frozen import freeze
from shadow_constructs.values.tokens import TOKEN, is_list, is_token
from shadow_ops.contract.checks import check_flag, checking
from shadow_ops.contract.held import asked
from shadow_ops.contract.problems import Problems, refuse

# Fields of ec2.SubnetSelection.
_SELECTION = ("availability_zones", "one_per_az", "subnet_filters", "subnet_group_name", "subnet_type", "subnets")
_REGION = re.compile(r"[a-z0-9-]+")
# The API takes either kind of id in both lists; EC2's ids begin with what they are of.
_SUBNET, _GROUP = re.compile(r"subnet-[0-9a-zA-Z]{1,25}"), re.compile(r"sg-[0-9a-zA-Z]{1,29}")


@dataclass(frozen=True, kw_only=True)
class Network:
    """Network settings of a model (API members CreateModel.VpcConfig and EnableNetworkIsolation).

    Attributes:
        subnet_ids: Two to 16 subnets in different availability zones: the Developer Guide (host-vpc) asks for two
            even with one instance. CDK tokens are accepted; `in_vpc` takes the CDK's objects. By default no VPC.
        security_group_ids: One to five security groups. CDK tokens are accepted. Needed with subnets.
        isolated: Whether the container may make no network call at all.
        region: Region of the VPC, which `in_vpc` knows where the CDK does. By default not known.
    """

    subnet_ids: Sequence[str] = ()
    security_group_ids: Sequence[str] = ()
    isolated: bool = False
    region: str | None = None
    _public: bool = field(init=False, repr=False, compare=False, default=False)

    @classmethod
    def in_vpc(
        cls,
        vpc: Any,  # noqa: ANN401 - an ec2.IVpc, which values don't know
        *,
        security_groups: Sequence[Any],
        subnets: Any = None,  # noqa: ANN401 - an ec2.SubnetSelection, likewise
        isolated: bool = False,
    ) -> Self:
        """A network by objects of the CDK.

        Args:
            vpc: An ``ec2.IVpc``.
            security_groups: One to five ``ec2.ISecurityGroup``.
            subnets: An ``ec2.SubnetSelection``, or a list of ``ec2.ISubnet``. By default as the CDK selects: private
                ones that reach the internet, or else the isolated ones, or else the public ones.
            isolated: Whether the container may make no network call at all.

        Raises:
            InvalidValueError: With one line per mistake.
        """
        problems = Problems("Network.in_vpc")
        if not callable(asked(vpc, "select_subnets")) or isinstance(vpc, type):
            fix = "write ec2.Vpc.from_lookup(stack, 'Vpc', vpc_id=...)"
            problems.add("vpc", "be a VPC of the CDK", vpc, fix, text=False)
        groups = checked_tuple(problems, "security_groups", security_groups)
        for one in groups:
            if not isinstance(asked(one, "security_group_id"), str):
                fix = "of an id write ec2.SecurityGroup.from_security_group_id(stack, 'Group', 'sg-...')"
                problems.add("security_groups", "hold security groups of the CDK", one, fix, text=False)
            elif _of_another(one, vpc):
                problems.add("security_groups", "be of the VPC", one, "make it with vpc=vpc", text=False)
        chosen: dict[str, Any] = {}
        if isinstance(subnets, Sequence) and not isinstance(subnets, str):
            chosen = {"subnets": list(checked_tuple(problems, "subnets", subnets))}
            for one in chosen["subnets"]:
                if _of_another(one, vpc):
                    problems.add("subnets", "be of the VPC", one, "choose vpc.private_subnets", text=False)
        elif subnets is not None:
            chosen = {name: asked(subnets, name) for name in _SELECTION}
            if not any(value is not None for value in chosen.values()):
                problems.add("subnets", "be an ec2.SubnetSelection(...) or a list of subnets", subnets, text=False)
        problems.raise_if_any()
        # A selection without some of its fields is given without them.
        try:
            found = vpc.select_subnets(**{name: value for name, value in chosen.items() if value is not None})
            zones, ids, region = list(found.availability_zones), list(found.subnet_ids), vpc.env.region
        # The CDK's errors are RuntimeErrors, jsii's checks of types TypeErrors; a VPC of somebody's raises anything.
        except Exception as error:
            said = (str(error).strip().splitlines() or [type(error).__name__])[0]
            refuse("Network.in_vpc", "subnets", "choose subnets that the VPC has", subnets, said)
        if len(zones) > 1 and len(set(zones)) == 1 and not zones[0].startswith("#"):
            fix = "choose subnets of two zones at least, such as of ec2.Vpc(..., max_azs=2)"
            refuse("Network.in_vpc", "subnets", "lie in different availability zones", zones[0], fix)
        made = cls(
            subnet_ids=ids,
            security_group_ids=[one.security_group_id for one in groups],
            isolated=isolated,
            region=None if is_token(region) else region,
        )
        freeze(made, _public=asked(found, "has_public") is True)
        return made

    def __post_init__(self) -> None:
        """Check the value.

        Raises:
            InvalidValueError: With one line per mistake.
        """
        problems = checking(self)
        for name in ("subnet_ids", "security_group_ids"):
            freeze(self, **{name: checked_tuple(problems, name, getattr(self, name))})
        if self.attached and problems.count == 0:
            _check_ids(problems, "subnet_ids", self.subnet_ids, _SUBNET, lowest=2, highest=16)
            _check_ids(problems, "security_group_ids", self.security_group_ids, _GROUP, lowest=1, highest=5)
        check_flag(problems, "isolated", self.isolated)
        if self.region is not None:
            check_text(
                problems, "region", self.region, pattern=_REGION, rule="be a Region such as eu-west-1", longest=32
            )
        problems.raise_if_any()

    @property
    def public(self) -> bool:
        """Whether some of the subnets are known to be public, which `in_vpc` knows."""
        return self._public

    @property
    def attached(self) -> bool:
        """Whether the model is attached to a VPC."""
        return bool(self.subnet_ids or self.security_group_ids)


def _of_another(one: object, vpc: object) -> bool:
    """Whether a security group or subnet is known to be of another VPC: one made in the app, or one by another id."""
    theirs, ours = asked(asked(asked(one, "node"), "default_child"), "vpc_id"), asked(vpc, "vpc_id")
    if not isinstance(theirs, str) or not isinstance(ours, str) or theirs == ours:
        return False
    if not is_token(theirs) and not is_token(ours):
        return True
    resolved = asked(asked(vpc, "stack"), "resolve")
    # The same VPC may be imported twice: of what is made here alone two are never one.
    known = [resolved(name) for name in (theirs, ours)] if callable(resolved) else []
    return len(known) == 2 and known[0] != known[1] and all(isinstance(name, dict) and "Ref" in name for name in known)


def _check_ids(
    problems: Problems, what: str, ids: Sequence[str], pattern: re.Pattern[str], *, lowest: int, highest: int
) -> None:
    # A list known at deployment is one placeholder until then: its length says nothing.
    if len(ids) == 1 and isinstance(ids[0], str) and TOKEN.fullmatch(ids[0]) and is_list(ids[0]):
        return
    if not lowest <= len(ids) <= highest:
        problems.add(what, f"have {lowest} to {highest} entries", list(ids))
    for double in doubles(ids):
        problems.add(what, "hold each id once", double)
    like = "subnet-0abc" if pattern is _SUBNET else "sg-0abc"
    for one in ids:
        check_text(problems, what, one, pattern=pattern, rule=f"hold ids like {like}", tokens=True)
