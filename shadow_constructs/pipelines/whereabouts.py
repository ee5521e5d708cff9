"""Where an endpoint is, seen from its pipeline: the same account and Region, another Region, another account."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import aws_cdk as cdk
from constructs import Construct

from shadow_constructs.placing.place import Place, place_of
from shadow_constructs.values.tokens import is_token
from shadow_ops.contract.problems import refuse


@dataclass(frozen=True)
class Whereabouts:
    """Where an endpoint is.

    Attributes:
        pipeline: Where the pipeline is.
        path: What tells it from other pipelines of its account: its stack's name, and its path.
        account: The endpoint's account; as the pipeline's where the code doesn't say.
        region: Likewise its Region.
    """

    pipeline: Place
    path: str
    account: str
    region: str

    @classmethod
    def of(cls, scope: Construct, env: cdk.Environment | None) -> Whereabouts:
        """Where a stage of a pipeline deploys.

        Args:
            scope: The pipeline.
            env: Of the stage.

        Raises:
            InvalidValueError: If the stage says where it is and the pipeline doesn't: then nobody knows who is where.
        """
        stack = cdk.Stack.of(scope)
        pipeline = place_of(stack)
        account = None if env is None else env.account
        region = None if env is None else env.region
        for what, given, own in (("account", account, pipeline.account), ("region", region, pipeline.region)):
            if given is not None and is_token(own):
                fix = "give the pipeline's stack its env=cdk.Environment(account=..., region=...)"
                refuse("add_shadow_test", "env", f"leave {what} out where the pipeline's stack does", given, fix)
        path = f"{stack.stack_name} {scope.node.path}"
        return cls(pipeline, path, account or pipeline.account, region or pipeline.region)

    @property
    def elsewhere(self) -> bool:
        """Whether the endpoint's events come to another bus than the pipeline's."""
        return self.other_account or self.other_region

    @property
    def other_account(self) -> bool:
        """Whether it is in another account."""
        return self.account != self.pipeline.account

    @property
    def other_region(self) -> bool:
        """Whether it is in another Region."""
        return self.region != self.pipeline.region

    def role_arn(self, endpoint_name: str) -> str | None:
        """The role by which the pipeline's function looks at the endpoint; None in its own account."""
        if not self.other_account:
            return None
        return f"arn:{self.pipeline.partition}:iam::{self.account}:role/{self.role_name(endpoint_name)}"

    def role_name(self, endpoint_name: str) -> str:
        """Its name: both accounts have to know it before it is there."""
        said = f"{endpoint_name} {self.region} {self.path} {self.pipeline.account} {self.pipeline.region}"
        return f"shadow-test-reader-{_digest(said)}"

    @property
    def bus_name(self) -> str:
        """Name of the pipeline's event bus, which whoever sends has to know before it is there."""
        return f"shadow-test-verdicts-{_digest(self.path)}"

    @property
    def bus_arn(self) -> str:
        """Its ARN."""
        return f"{self.pipeline.arn('events')}:event-bus/{self.bus_name}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
