"""``shadow-test init``: workflow files for pipelines."""

from __future__ import annotations

from pathlib import Path

import click

from shadow_ops.cli import output
from shadow_ops.cli.options import endpoint_given

_KINDS = ("github", "gitlab")


@click.command(
    "init",
    epilog="""\b
Examples:
  shadow-test init github churn --role arn:aws:iam::111122223333:role/deploys-churn \\
      --region eu-west-1 --file churn.toml
  shadow-test init gitlab churn --role arn:aws:iam::111122223333:role/deploys-churn \\
      --region eu-west-1

The role is taken on by OIDC, so that no key lies in the repository. docs/pipelines.md says what
role and repository need.""",
)
@click.argument("kind", type=click.Choice(_KINDS))
@endpoint_given
@click.option("--role", required=True, metavar="ARN", help="The role that the pipeline deploys with.")
@click.option("--region", required=True, metavar="NAME", help="The endpoint's Region.")
@click.option("--test-stack", metavar="ID", help="Of the ShadowTestStack in the app.  [default: ENDPOINT-shadow]")
@click.option("--promotion-stack", metavar="ID", help="Of the PromotionStack.  [default: ENDPOINT-promotion]")
@click.option("--file", metavar="TOML", help="The test's file, into which a promotion is folded.")
@click.option("--branch", default="main", show_default=True, help="The branch that is deployed.")
@click.option(
    "--folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path(),
    help="The repository's root.  [default: this folder]",
)
@click.option("--force", is_flag=True, help="Replace the file.")
def command(
    kind: str,
    endpoint: str,
    role: str,
    region: str,
    test_stack: str | None,
    promotion_stack: str | None,
    file: str | None,
    branch: str,
    folder: Path,
    force: bool,
) -> None:
    """Write the workflow file of ENDPOINT for GitHub or GitLab.

    A push deploys the test; every hour the gate is asked and people are told when its verdict changes; PASS asks the
    reviewers of an environment, and then promotes; a pull or merge request folds the promotion into the test's file.
    """
    from shadow_ops.cli.files import check_writable, said_of, write_new
    from shadow_ops.workflows.workflow import Workflow

    flow = Workflow(
        endpoint=endpoint,
        role=role,
        region=region,
        test_stack=test_stack or f"{endpoint}-shadow",
        promotion_stack=promotion_stack or f"{endpoint}-promotion",
        file=file,
        branch=branch,
    )
    if file is not None and (folder / file).is_file():
        said_of(folder / file, endpoint)
    path = folder / flow.path(kind)
    path.parent.mkdir(parents=True, exist_ok=True)
    check_writable(path, replace=force)
    write_new(path, flow.text(kind), replace=force)
    output.progress(f"wrote {path}; what role and repository need is in docs/pipelines.md")
