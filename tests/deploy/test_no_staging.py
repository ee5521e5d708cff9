"""The real command line deploys an app whose assets are not staged."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from rehearsal import environment
from tests.deploy.support import Case

_APP = """\
import sys

sys.path.insert(0, {project!r})
import aws_cdk as cdk

from shadow_constructs import ShadowTestStack
from tests.deploy.support import shadow_test

app = cdk.App()
ShadowTestStack(app, "shadow", test=shadow_test({name!r}))
app.synth()
"""


def test_no_staging_deploys_and_the_guard_runs(case: Case, tmp_path: Path) -> None:
    """`cdk deploy --no-staging` finds the guard's package after the app has ended, and its function answers."""
    file = tmp_path / "app.py"
    file.write_text(_APP.format(project=str(environment.PROJECT), name=case.name))
    app, out = shlex.join([sys.executable, str(file)]), tmp_path / "out"
    options = ("--no-staging", "--require-approval", "never", "--app", app, "--output", str(out))
    case.command_line.run("deploy", "shadow", *options).check()

    assert (list(out.glob("asset.*")), len(list(out.glob("*.zip")))) == ([], 1)
    # Its stack is complete only after the guard has answered twice.
    assert case.serving().status == "InService"
