"""A local AWS that runs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local_aws.tests.process import REGION, Running, close, start
from local_aws.tests.support import ECHO, archive


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One local AWS for the tests of a file."""
    running = start(
        tmp_path_factory.mktemp("state"), "--until-stdin-closes", "--startup-timeout", "8", "--wait-scale", "0.002"
    )
    s3 = running.client("s3")
    s3.create_bucket(Bucket="models", CreateBucketConfiguration={"LocationConstraint": REGION})
    for version in ("v1", "v2"):
        body = archive(code__inference_py=ECHO.format(version=version))
        s3.put_object(Bucket="models", Key=f"{version}.tar.gz", Body=body)
    yield running
    close(running)
