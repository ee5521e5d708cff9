"""Command line of the local AWS."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from local_aws.server import Options, run
from local_aws.settings import CHOICES, Settings, parse_assumptions

_EPILOG = """\
It prints one line, `ready http://127.0.0.1:PORT`, when it can serve. Point clients at it with:

  export AWS_ENDPOINT_URL=http://127.0.0.1:PORT AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test
  export AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1; unset AWS_PROFILE

and plant faults, look and reset with:

  curl -X POST $AWS_ENDPOINT_URL/_local/faults -d '{"kind": "silent-rollback", "endpoint": "churn"}'
  curl $AWS_ENDPOINT_URL/_local/health
  curl -X POST $AWS_ENDPOINT_URL/_local/reset

It runs Lambda code as subprocesses, hence it serves loopback only. Passing here is a rehearsal, not evidence about AWS.

Assumptions, for --assume; the first value is the default:

"""


def _parser() -> argparse.ArgumentParser:
    defaults = Settings()
    parser = argparse.ArgumentParser(
        prog="python -m local_aws",
        description="A local AWS, without Docker, on which the real cdk command line deploys SageMaker shadow tests.",
        epilog=_EPILOG + "\n".join(f"  {name.replace('_', '-')}={'|'.join(v)}" for name, v in CHOICES.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--port", type=int, default=0, metavar="N", help="port on 127.0.0.1; 0, the default, picks one")
    parser.add_argument("--state", type=Path, required=True, metavar="DIR", help="directory for its log and files")
    parser.add_argument("--host", default="127.0.0.1", help="refused unless it is 127.0.0.1")
    parser.add_argument(
        "--until-stdin-closes", action="store_true", help="end when stdin closes, so when the starter dies"
    )
    parser.add_argument(
        "--enforce-iam", action="store_true", help="evaluate the IAM policies of Lambda functions and other callers"
    )
    parser.add_argument(
        "--wait-scale",
        type=float,
        default=defaults.wait_scale,
        metavar="X",
        help="local seconds per AWS second of a deployment's waits (default: %(default)s)",
    )
    parser.add_argument(
        "--startup-timeout",
        type=float,
        default=defaults.startup_timeout_seconds,
        metavar="S",
        help="seconds a model server may take to become healthy (default: %(default)s)",
    )
    parser.add_argument(
        "--assume",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="switch something that AWS does not document, as listed below; may be repeated",
    )
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Serve; returns only when it cannot."""
    parser = _parser()
    parsed = parser.parse_args(arguments)
    try:
        settings = Settings(
            wait_scale=parsed.wait_scale,
            startup_timeout_seconds=parsed.startup_timeout,
            assumptions=parse_assumptions(parsed.assume),
        )
        run(
            Options(
                host=parsed.host,
                port=parsed.port,
                state=parsed.state.resolve(),
                until_stdin_closes=parsed.until_stdin_closes,
                enforce_iam=parsed.enforce_iam,
                settings=settings,
            )
        )
    except (ValueError, OSError) as error:
        print(f"local_aws: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
