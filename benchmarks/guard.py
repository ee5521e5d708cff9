"""How much longer an update takes with the guard than without, where nothing is in its way.

The same promotion and the same way back, with `Guard` and with ``Guard.off``, again and again on the local AWS: real
templates, and the guard's real function, a process of its own for each request. What AWS's own network and a cold start
of Lambda take comes on top; the number of calls says how much of the one.

python -m benchmarks.guard
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rehearsal.cdk import Cdk
from rehearsal.local import LocalAws
from shadow_constructs import Guard
from shadow_ops.aws.boto import Client
from tests.deploy.submission import Submission
from tests.deploy.support import CAPTURES, MODELS, Stages, artifact, shadow_test

ALLOWED_SECONDS = 15
# Ten minutes of bake are a second here.
_OPTIONS = ("--startup-timeout", "8", "--wait-scale", "0.002")
_KINDS = {"guarded": Guard(), "unguarded": Guard.off("measured without")}


@dataclass(frozen=True)
class Update:
    """One update.

    Attributes:
        seconds: From its submission until the stack is at rest.
        guard_seconds: What of it CloudFormation waited for the guard's two resources.
    """

    seconds: float
    guard_seconds: float


def updates(local: LocalAws, folder: Path, kind: str, rounds: int) -> Iterator[Update]:
    """Deploy a test, then promote it and go back, again and again."""
    name = f"bench-{kind}"
    stages = Stages(replace(shadow_test(name), guard=_KINDS[kind]), folder / name)
    submission = Submission(local)
    submission.deploy(stages.assembly("shadow"), "shadow").check()
    for stage in ("promotion", "back") * rounds:
        assembly = stages.assembly(stage)
        before = len(_events(local, name))
        began = time.monotonic()
        submission.deploy(assembly, stage).check()
        seconds = time.monotonic() - began
        yield Update(seconds, _waited(_events(local, name)[: len(_events(local, name)) - before]))
    submission.destroy(stages.assembly("back"), "back").check()


def main() -> int:
    """Print the figures; 1 if the guard adds more than `ALLOWED_SECONDS`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3, help="promotions and ways back of each kind (default 3)")
    rounds = parser.parse_args().rounds
    medians = {}
    with tempfile.TemporaryDirectory(prefix="bench-guard-") as made:
        folder = Path(made)
        with LocalAws(folder, options=_OPTIONS) as local:
            Cdk(local.endpoint_url, folder).bootstrap().check()
            _models(local.client("s3"))
            for kind in _KINDS:
                found = list(updates(local, folder, kind, rounds))
                times = sorted(one.seconds for one in found)
                medians[kind] = statistics.median(times)
                waited = statistics.median(one.guard_seconds for one in found)
                print(
                    f"{kind:<10} {medians[kind]:5.1f} s median of {len(times)} updates "
                    f"({times[0]:.1f} to {times[-1]:.1f}), {waited:.1f} s of it waiting for the guard"
                )
    added = medians["guarded"] - medians["unguarded"]
    print(f"added      {added:5.1f} s, allowed {ALLOWED_SECONDS}")
    return int(added > ALLOWED_SECONDS)


def _models(s3: Client) -> None:
    for bucket in (MODELS, CAPTURES):
        s3.create_bucket(Bucket=bucket)
    for version in ("v1", "v2"):
        s3.put_object(Bucket=MODELS, Key=f"{version}/model.tar.gz", Body=artifact(version))


def _events(local: LocalAws, name: str) -> list[dict[str, Any]]:
    """The stack's events, the newest first."""
    pages = local.client("cloudformation").get_paginator("describe_stack_events").paginate(StackName=name)
    return [event for page in pages for event in page["StackEvents"]]


def _waited(events: list[dict[str, Any]]) -> float:
    """How long the guard's resources were in progress."""
    begun, seconds = {}, 0.0
    for event in reversed(events):
        if event["ResourceType"].startswith("Custom::EndpointUpdateGuard"):
            state, which = event["ResourceStatus"], event["LogicalResourceId"]
            if state == "UPDATE_IN_PROGRESS":
                begun[which] = event["Timestamp"]
            elif state == "UPDATE_COMPLETE" and which in begun:
                seconds += (event["Timestamp"] - begun.pop(which)).total_seconds()
    return seconds


if __name__ == "__main__":
    sys.exit(main())
