"""``shadow-test fold``: what was promoted becomes production in the code."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from shadow_ops.cli import output
from shadow_ops.cli.options import aws, endpoint_given

if TYPE_CHECKING:
    from shadow_ops.contract.declared import Declared, DeclaredVariant
    from shadow_ops.observe.deployed import Deployed


@click.command(
    "fold",
    epilog="""\b
Examples:
  shadow-test fold churn                        which lines of code to write
  shadow-test fold churn --write churn.toml     write them, where the test is a file

Deploying the folded code leaves the endpoint as it is. To fold twice changes nothing.""",
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

    said, serving = _promoted(find(Clients(profile, region), endpoint))
    if path is None:
        output.data(_lines_of_code(said, serving))
    else:
        _write(path, serving.version, endpoint)


def _promoted(found: Deployed) -> tuple[Declared, DeclaredVariant]:
    """What the stack says, and the production variant that it says serves.

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
    return said, said.production[0]


def _lines_of_code(said: Declared, serving: DeclaredVariant) -> str:
    return "\n".join(
        (
            f"{serving.label} serves as {serving.name}. In the code,",
            f"  make it production:  production=Variant(model=..., hardware=...) of {serving.version}, as promoted",
            "  and take out:        shadow, sampling_percent, promote_on",
            f"Then `cdk diff` shows no change of the endpoint ({said.config} goes on serving).",
        )
    )


def _write(path: Path, serving: str, endpoint: str) -> None:
    from shadow_ops.cli.errors import USAGE, Failure
    from shadow_ops.cli.files import write_new
    from shadow_ops.contract.reading import read_text
    from shadow_ops.testfile.document import read
    from shadow_ops.testfile.fold import folded

    text = read_text(path)
    said = read(text, str(path))
    if said.endpoint != endpoint:
        raise Failure(f"{path} is about endpoint {said.endpoint}, not {endpoint}; name the file of {endpoint}", USAGE)
    if said.production == serving:
        output.progress(f"{path}: production is {serving} already, nothing to fold")
        return
    if said.shadow != serving:
        tests = "tests nothing" if said.shadow is None else f"tests {said.shadow}"
        raise Failure(f"{path} {tests}, but {serving} serves {endpoint}; give the file that was deployed", USAGE)
    write_new(path, folded(text, str(path)), replace=True)
    output.progress(f"{path}: production is {serving} now, and the shadow is gone; deploying it changes nothing")
