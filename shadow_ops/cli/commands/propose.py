"""``shadow-test propose``: a version of the model registry becomes the shadow in the file."""

from __future__ import annotations

from pathlib import Path

import click

from shadow_ops.cli import output
from shadow_ops.cli.options import aws, endpoint_given


@click.command(
    "propose",
    epilog="""\b
Examples:
  shadow-test propose churn --package churn-models --write churn.toml    the newest approved
  shadow-test propose churn --write churn.toml \\
    --package arn:aws:sagemaker:eu-west-1:111122223333:model-package/churn-models/7

The shadow runs on production's hardware; change the file for another.
To propose the same version twice changes nothing.""",
)
@endpoint_given
@click.option("--package", "package", required=True, metavar="ARN|GROUP", help="A version's ARN, or a group's name.")
@click.option(
    "--write",
    "path",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="The TOML file that `ShadowTest.from_file` reads: it is changed, comments and order kept.",
)
@click.option("--replace", is_flag=True, help="Take the place of another version that the file tests.")
@aws
def command(endpoint: str, package: str, path: Path, replace: bool, profile: str | None, region: str | None) -> None:
    """Make an approved version of SageMaker's model registry the shadow of ENDPOINT, in its file."""
    from shadow_ops.aws.clients import Clients
    from shadow_ops.cli.errors import USAGE, Failure
    from shadow_ops.cli.files import check_writable, rewrite, said_of
    from shadow_ops.testfile.propose import package_of, proposed
    from shadow_ops.testfile.registry import approved, named
    from shadow_ops.testfile.taken import check_change

    text, said = said_of(path, endpoint)
    check_writable(path, replace=True)
    found = approved(Clients(profile, region).sagemaker, named(package))
    for role in ("production", "shadow"):
        if package_of(text, str(path), role) == found.arn:
            output.progress(f"{path}: {found.version} is its {role} already, nothing to propose")
            return
    if said.production == found.version:
        fix = "call that one otherwise in the file"
        raise Failure(f"{path}: production is another model of the version {found.version}; {fix}", USAGE)
    if said.shadow is not None and not replace:
        fix = f"promote it and fold, take [shadow] out, or add --replace to test {found.version} instead"
        raise Failure(f"{path} tests {said.shadow}; {fix}", USAGE)
    after = proposed(text, str(path), version=found.version, arn=found.arn, image=found.image, artifact=found.artifact)
    check_change(text, after, path, f"with {found.version} as its shadow")
    rewrite(path, after)
    output.progress(f"{path}: {found.version} is the shadow now; cdk deploy starts its test")
