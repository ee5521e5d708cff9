"""``shadow-test fold``: what was promoted becomes production in the code."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from shadow_ops.cli import output
from shadow_ops.cli.options import aws, endpoint_given

_T = TypeVar("_T")

if TYPE_CHECKING:
    from shadow_ops.aws.endpoint import LiveVariant
    from shadow_ops.contract.declared import Declared, DeclaredVariant
    from shadow_ops.observe.deployed import Deployed


@click.command(
    "fold",
    epilog="""\b
Examples:
  shadow-test fold churn                        which lines of code to write
  shadow-test fold churn --write churn.toml     write them, where the test is a file

Deploying the folded code leaves the endpoint as it is, if the rest of it is as it was deployed. To fold twice changes
nothing.""",
)
@endpoint_given
@click.option(
    "--write",
    "path",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The TOML file that `ShadowTest.from_file` reads: it is changed, comments and order kept.",
)
@aws
def command(endpoint: str, path: Path | None, profile: str | None, region: str | None) -> None:
    """Make what was promoted on ENDPOINT production in the code, after the promotion is deployed."""
    from shadow_ops.aws.clients import Clients
    from shadow_ops.observe.deployed import find

    # First: what is wrong with the file is said whatever serves.
    text = None if path is None else _told_by_the_library(path, lambda: _read(path, endpoint))
    said, serving = _promoted(find(Clients(profile, region), endpoint))
    if path is None or text is None:
        output.data(_lines_of_code(said, serving.said))
    else:
        _told_by_the_library(path, lambda: _write(path, text, serving, endpoint))


def _told_by_the_library(path: Path, done: Callable[[], _T]) -> _T:
    """Where something is wrong with a file, what the library says of it comes first: it names the lines."""
    from shadow_ops.cli.errors import Failure
    from shadow_ops.contract.problems import CannotTellError, InvalidValueError
    from shadow_ops.testfile.document import text_in
    from shadow_ops.testfile.taken import check_taken

    try:
        return done()
    except (InvalidValueError, Failure):
        with contextlib.suppress(CannotTellError):
            check_taken(text_in(path), path)
        raise


@dataclass(frozen=True)
class _Serving:
    """What was promoted: the version by the stack's word, its hardware by that of the endpoint config."""

    said: DeclaredVariant
    live: LiveVariant | None

    def is_in(self, text: str, path: Path) -> bool:
        """Whether a file has it as production."""
        from shadow_ops.testfile.document import read
        from shadow_ops.testfile.hardware import instances_in

        said = read(text, str(path))
        found = instances_in(said.hardware, f"{path}: 'production.hardware'")
        on = (None, None) if found is None else (found.instance_type, found.count)
        live = self.live
        return said.production == self.said.version and (live is None or on == (live.instance_type, live.initial_count))

    @property
    def compared(self) -> str:
        """What of a file is held against it."""
        known = self.live is not None and self.live.instance_type is not None
        return "version, instance type and count" if known else "the version"

    def __str__(self) -> str:
        version, live = self.said.version, self.live
        if live is None or live.instance_type is None:
            return version
        return f"{version} on {live.initial_count} x {live.instance_type}"


def _promoted(found: Deployed) -> tuple[Declared, _Serving]:
    """What the stack says, and what serves as production.

    Raises:
        CannotTellError: If it isn't known that something serves for good.
    """
    from shadow_ops.contract.problems import CannotTellError

    live, said = found.live, found.declared
    if said is None:
        raise CannotTellError(f"{live.name} was not deployed by this library, so nothing was promoted on it by us")
    if said.shadow is not None or live.shadow is not None:
        tested = said.shadow.version if said.shadow is not None else "a candidate"
        raise CannotTellError(f"{live.name} still tests {tested}; promote it first: cdk deploy the PromotionStack")
    if live.config.name != said.config:
        where = f"`shadow-test status {live.name}` says more"
        raise CannotTellError(f"{live.name} doesn't serve what its stack says; fold when it does; {where}")
    main = said.production[0]
    return said, _Serving(main, next((one for one in live.production if one.name == main.name), None))


def _lines_of_code(said: Declared, serving: DeclaredVariant) -> str:
    return "\n".join(
        (
            f"{serving.label} serves as {serving.name}. In the code,",
            f"  make it production:  production=Variant(model=..., hardware=...) of {serving.version}, as promoted",
            "  and take out:        shadow, sampling_percent, promote_on",
            f"Then `cdk diff` shows no change of the endpoint ({said.config} goes on serving).",
        )
    )


def _read(path: Path, endpoint: str) -> str:
    from shadow_ops.cli.files import check_writable, said_of

    text, _ = said_of(path, endpoint)
    check_writable(path, replace=True)
    return text


def _write(path: Path, text: str, serving: _Serving, endpoint: str) -> None:
    from shadow_ops.cli.errors import USAGE, Failure
    from shadow_ops.cli.files import rewrite
    from shadow_ops.testfile.document import read
    from shadow_ops.testfile.fold import folded
    from shadow_ops.testfile.taken import check_change

    said = read(text, str(path))
    after = None if said.shadow is None else folded(text, str(path))
    if after is not None and serving.is_in(after, path):
        check_change(text, after, path, f"with {serving.said.version} as production")
        rewrite(path, after)
        output.progress(
            f"{path}: production is {serving} now, and the shadow is gone",
            f"held against what serves: {serving.compared}; `cdk diff` shows whether deploying the file changes more",
        )
    elif serving.is_in(text, path):
        left = "" if said.shadow is None else f"; its shadow, {said.shadow}, was not promoted"
        output.progress(f"{path}: production is {serving} already, nothing to fold{left}")
    else:
        tests = "tests nothing" if said.shadow is None else f"tests {said.shadow}"
        says = f"has {said.production} as production and {tests}"
        raise Failure(f"{path} {says}, but {serving} serves {endpoint}; give the file that was deployed", USAGE)
