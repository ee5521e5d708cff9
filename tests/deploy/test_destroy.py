"""What is left after cdk destroy."""

from __future__ import annotations

from dataclasses import replace

from rehearsal import seen
from shadow_constructs import Capture, ShadowTest
from tests.deploy.support import CaseMaker


def test_destroy_leaves_nothing(make_case: CaseMaker) -> None:
    """With delete_with_stack, endpoint, configs, models, roles and the bucket with its captures are all gone."""

    def own_bucket(test: ShadowTest) -> ShadowTest:
        return replace(test, capture=Capture(delete_with_stack=True))

    case = make_case(own_bucket)
    before = seen.inventory(case.local.client)
    case.deploy("shadow").check()
    kinds = {entry.split()[0] for entry in seen.inventory(case.local.client) - before}
    assert kinds >= {"endpoint", "model", "role", "bucket"}
    case.traffic().send(20)
    case.cdk.destroy("shadow").check()
    assert seen.inventory(case.local.client) - before == set()


def test_destroy_keeps_captures_unless_asked(make_case: CaseMaker) -> None:
    """By default the capture bucket, and nothing else, outlives the stack."""

    def own_bucket(test: ShadowTest) -> ShadowTest:
        return replace(test, capture=Capture())

    case = make_case(own_bucket)
    before = seen.inventory(case.local.client)
    case.deploy("shadow").check()
    captures = case.outputs()["CapturedData"].removeprefix("s3://").split("/")[0]
    case.destroy("shadow").check()
    assert seen.inventory(case.local.client) - before == {f"bucket {captures}"}
