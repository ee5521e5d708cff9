"""What can be told of an app only once everybody has added to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import chain
from weakref import WeakKeyDictionary

import jsii
from constructs import IConstruct, IValidation

Check = Callable[[], Iterable[str]]


@jsii.implements(IValidation)
class _AtTheEnd:
    """Asked by the CDK once for a whole app: each of its questions is a message to another process.

    Attributes:
        checks: Each finds mistakes, a line for each.
    """

    def __init__(self) -> None:
        self.checks: list[Check] = []

    def validate(self) -> list[str]:
        """All that is found, each line once."""
        return list(dict.fromkeys(chain.from_iterable(check() for check in self.checks)))


_APPS: WeakKeyDictionary[IConstruct, _AtTheEnd] = WeakKeyDictionary()


def at_the_end(app: IConstruct, check: Check) -> None:
    """Have synth look for mistakes when nothing is added any more, before a template is written.

    Args:
        app: The app.
        check: Finds them, a line for each.
    """
    found = _APPS.get(app)
    if found is None:
        found = _APPS[app] = _AtTheEnd()
        app.node.add_validation(found)
    found.checks.append(check)
