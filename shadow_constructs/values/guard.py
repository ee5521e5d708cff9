"""What the guard runs as and where: its role, its network, its log, and the boundary of every role that is made."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import Self

from shadow_constructs.values.checks import check_key_arn, check_role_arn, check_text, check_type
from shadow_constructs.values.network import Network
from shadow_ops.contract.checks import check_flag, check_one_of, checking
from shadow_ops.contract.names import POLICY
from shadow_ops.contract.sentences import check_reason

# API member RetentionInDays (CloudWatch Logs, PutRetentionPolicy).
_RETENTIONS: tuple[int, ...] = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731)
_RETENTIONS += (1096, 1827, 2192, 2557, 2922, 3288, 3653)
# What says something where there is no function.
_WITHOUT_FUNCTION = ("off_because", "permissions_boundary")
_BOUNDARY = re.compile(rf"arn:aws[a-z\-]*:iam::(\d{{12}}|aws):{POLICY}", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Guard:
    """The function that stands before and after each update of the endpoint, as a company's rules want it.

    Attributes:
        role_arn: Your own role for the function; it must trust ``lambda.amazonaws.com``. By default a role is made. A
            CDK token is accepted.
        grant_role: Whether a policy with what the guard needs is attached to `role_arn`. Off means that you granted
            it yourself: docs/recipes.md says how to read what.
        network: The VPC that the function runs in, by subnets and security groups. It must reach the services that the
            guard calls, listed in docs/recipes.md, or deployments wait for it in vain. By default no VPC.
        log_key_arn: KMS key that encrypts the function's log; its policy must admit CloudWatch Logs. By default the
            service's own key. A CDK token is accepted.
        log_retention_days: How long the log is kept, one of CloudWatch's: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180,
            365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653 days. None keeps it for good.
        permissions_boundary: ARN of the policy that bounds every role that the library makes: the guard's, the
            models', and the one that empties a bucket. By default none but what the CDK puts there
            (``iam.PermissionsBoundary.of(app)``, or the context ``@aws-cdk/core:permissionsBoundary``). A CDK token is
            accepted.
        off_because: Why there is no guard, given by `off`. By default there is one.
    """

    role_arn: str | None = None
    grant_role: bool = True
    network: Network | None = None
    log_key_arn: str | None = None
    log_retention_days: int | None = 90
    permissions_boundary: str | None = None
    off_because: str | None = None

    def __post_init__(self) -> None:
        """Check the value.

        Raises:
            InvalidValueError: With one line per mistake.
        """
        problems = checking(self)
        if self.role_arn is not None:
            check_role_arn(problems, "role_arn", self.role_arn)
        check_flag(problems, "grant_role", self.grant_role)
        if self.network is not None:
            must = "be a Network(...) with subnets and security groups"
            if check_type(problems, "network", self.network, Network, must):
                if not self.network.attached:
                    problems.add("network", must, self.network)
                if self.network.isolated:
                    problems.add("network", "not be isolated", True, "a guard that reaches no service can't work")
        if self.log_key_arn is not None:
            check_key_arn(problems, "log_key_arn", self.log_key_arn)
        if self.log_retention_days is not None:
            # True is 1, and a Decimal or a float equals it.
            if type(self.log_retention_days) is int:
                check_one_of(problems, "log_retention_days", self.log_retention_days, _RETENTIONS)
            else:
                problems.add("log_retention_days", "be a whole number of days", self.log_retention_days)
        if self.permissions_boundary is not None:
            rule = "be the ARN of a policy like arn:aws:iam::<account>:policy/..."
            check_text(
                problems,
                "permissions_boundary",
                self.permissions_boundary,
                pattern=_BOUNDARY,
                rule=rule,
                tokens=True,
                example="arn:aws:iam::111122223333:policy/x",
            )
        if self.role_arn is None and self.grant_role is not True:
            problems.add("grant_role", "be left out without role_arn", self.grant_role)
        if self.off_because is not None:
            check_reason(problems, "off_because", self.off_because, "say why no function of the library may run")
            for field in fields(self):
                given = getattr(self, field.name)
                plain = isinstance(given, str | int | Network | None)
                if field.name not in _WITHOUT_FUNCTION and (not plain or given != field.default):
                    problems.add(field.name, "be left out with off: there is no function", given)
        problems.raise_if_any()

    @classmethod
    def off(cls, reason: str, *, permissions_boundary: str | None = None) -> Self:
        """No guard: CloudFormation's own resources alone, for accounts where no function of the library may run.

        Promotions are then gated by the command line and the pipeline only. docs/limits.md says what else is lost.

        Args:
            reason: Why; it stands in the template, and ``shadow-test status`` says it.
            permissions_boundary: As above, for the other roles.
        """
        # None would mean that there is one.
        return cls(off_because="" if reason is None else reason, permissions_boundary=permissions_boundary)

    @property
    def enabled(self) -> bool:
        """Whether there is a guard."""
        return self.off_because is None
