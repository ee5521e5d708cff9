"""What the tests of the guard share."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True, scope="package")
def _quiet() -> Iterator[None]:
    # Thousands of deployments go wrong here on purpose.
    logging.getLogger("shadow_ops").setLevel(logging.CRITICAL)
    os.environ["AWS_LAMBDA_FUNCTION_NAME"] = "guard"
    yield
    del os.environ["AWS_LAMBDA_FUNCTION_NAME"]
    logging.getLogger("shadow_ops").setLevel(logging.NOTSET)
