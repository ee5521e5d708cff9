"""What the tests of the guard share."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True, scope="package")
def _quiet() -> Iterator[None]:
    # Thousands of deployments go wrong here on purpose.
    logging.getLogger("shadow_ops").setLevel(logging.CRITICAL)
    yield
    logging.getLogger("shadow_ops").setLevel(logging.NOTSET)
