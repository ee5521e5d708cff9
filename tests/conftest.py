"""What all tests share: how hypothesis searches, what a synthesis costs, what is kept, and which files begin."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

# The same examples in every run: a red test is red again, and a slow machine is no failure.
settings.register_profile("repeatable", derandomize=True, deadline=None, max_examples=60)
# Where each of many changes to the code is tried.
settings.register_profile("quick", derandomize=True, deadline=None, max_examples=10)
settings.load_profile("repeatable")

# The CDK validates every template with rules that take each process seconds to load, and by default only warns of what
# they find. tests/stacks/test_validity.py holds every kind of template against them, strictly.
os.environ["CDK_VALIDATION"] = "false"

# What takes longest begins first, so that no process is left alone with it at the end: files of minutes, then those
# that wait more than they work, then what works longest.
_FIRST = (
    *("tests/rehearsal/test_demo.py", "tests/deploy/test_guard.py", "tests/deploy/test_managed"),
    *("tests/deploy/test_pipeline.py", "tests/deploy/test_gate.py", "tests/deploy/test_watch.py"),
    *("tests/deploy/", "tests/rehearsal/", "local_aws/tests/", "tests/stacks/", "tests/package/"),
)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Collect ten thousand tests without looking for garbage among them: they stay for the whole run.

    To look through them again and again is more than half of what each process needs to collect them.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the long files first; within them, and after them, the order stays."""

    def rank(item: pytest.Item) -> int:
        return next((place for place, begin in enumerate(_FIRST) if item.nodeid.startswith(begin)), len(_FIRST))

    items.sort(key=rank)
