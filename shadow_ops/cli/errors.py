"""What went wrong, said once: an error of AWS or of a file becomes a sentence with what to do, and an exit code."""

from __future__ import annotations

import contextlib
import re
import sys
from collections.abc import Iterator, Mapping
from typing import Any

import click

from shadow_ops.aws.denied import DENIED, EXPIRED, SKEWED, UNKNOWN_KEY, is_of_the_client, without_secrets
from shadow_ops.aws.errors import THROTTLED, is_overloaded
from shadow_ops.cli import harmless
from shadow_ops.contract.problems import CannotTellError, InvalidValueError

FAILED = 1
USAGE = 2
INTERRUPTED = 130
# Of what was typed, both ends are kept: click puts the value first and what is allowed last.
_LONGEST_END = 200

_SERVICES = {
    "sagemaker": ("DescribeEndpoint", "DescribeEndpointConfig", "ListEndpoints", "InvokeEndpoint"),
    "cloudwatch": ("GetMetricData", "DescribeAlarms"),
    "s3": ("GetObject", "ListObjectsV2"),
    "ssm": ("GetParameter", "GetParameterHistory"),
    "application-autoscaling": ("DescribeScalableTargets", "DescribeScalingPolicies", "DescribeScheduledActions"),
    "cloudformation": ("GetTemplate",),
}
_ACTIONS = {action: f"{service}:{action}" for service, actions in _SERVICES.items() for action in actions}
_LOOK_THERE = (
    "look at --region, the environment's AWS_ variables (AWS_ENDPOINT_URL, keys, numbers) and the files in ~/.aws"
)
_SIGN_IN = "sign in (`aws sso login`, `aws configure`), or name a profile with --profile"


class Failure(click.ClickException):
    """A sentence about what went wrong and what to do.

    Args:
        message: The sentence; several lines if several things are wrong.
        exit_code: What the program returns.
    """

    def __init__(self, message: str, exit_code: int = FAILED) -> None:
        super().__init__(message)
        self.exit_code = exit_code  # type: ignore[misc] # a class variable only in click's stubs

    def show(self, file: object = None) -> None:  # noqa: ARG002 - click's signature
        """Write it to standard error, each line marked as an error."""
        for line in self.message.splitlines():
            click.echo(harmless.shown(f"error: {line}"), err=True)


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """Turn the errors that are expected into `Failure`; others are bugs, and keep their trace.

    Raises:
        Failure: For an error of AWS, of the network, of a value or of a file.
        UsageError: For a wrong option, with a message of bounded length.
    """
    try:
        yield
    except InvalidValueError as error:
        raise Failure(str(error), USAGE) from error
    except CannotTellError as error:
        raise Failure(str(error)) from error
    except click.UsageError as error:
        # click puts each choice on a line of its own, which no terminal's line is.
        said = error.format_message()
        line = said.replace("\n\t", " ")
        shown = line if len(line) <= 2 * _LONGEST_END else f"{line[:_LONGEST_END]} ... {line[-_LONGEST_END:]}"
        if harmless.shown(shown) == said:
            raise
        raise click.UsageError(harmless.shown(shown), error.ctx) from None
    except KeyboardInterrupt:
        raise Failure("interrupted", INTERRUPTED) from None
    except Exception as error:
        # First: some of botocore's errors are OSErrors as well.
        failure = of_aws(error) or _of_a_file(error)
        if failure is None:
            raise
        raise failure from error


def _of_a_file(error: Exception) -> Failure | None:
    if isinstance(error, FileNotFoundError) and error.filename is None:
        return Failure("the folder that this runs in is gone; go to another", USAGE)
    # click itself ends quietly when the reader of a pipe is gone.
    if isinstance(error, OSError) and error.filename is not None and not isinstance(error, BrokenPipeError):
        return Failure(f"{error.filename}: {error.strerror}")
    return None


def of_aws(error: Exception) -> Failure | None:
    """The sentence of an error that boto3 or the metric source raised; None of another error."""
    # Without botocore none of its errors can have been raised; it isn't loaded to find that out.
    if "botocore" not in sys.modules:
        return None
    from botocore import exceptions

    from shadow_ops.aws.parameters import DamagedRecordError
    from shadow_ops.measure.metric_data import MetricQueryError

    if isinstance(error, MetricQueryError):
        return Failure(str(error))
    if isinstance(error, DamagedRecordError):
        return Failure(f"{harmless.line(str(error))}; look at it in Parameter Store, and delete it if it isn't yours")
    if isinstance(error, exceptions.ClientError):
        return _refused(error.response.get("Error", {}), error.operation_name)
    told = without_secrets(str(error))
    if isinstance(error, exceptions.ProfileNotFound):
        return Failure(f"{told}; `aws configure list-profiles` lists those there are", USAGE)
    if isinstance(error, exceptions.NoRegionError):
        return Failure("no AWS region is set; name one with --region or AWS_REGION", USAGE)
    if isinstance(error, exceptions.NoCredentialsError | exceptions.PartialCredentialsError):
        return Failure(f"no AWS credentials ({told}); {_SIGN_IN}")
    if isinstance(error, exceptions.SSOError | exceptions.TokenRetrievalError | exceptions.CredentialRetrievalError):
        return Failure(f"AWS credentials could not be fetched ({told}); {_SIGN_IN}")
    # What goes before any connection: an address, a number, or a secret with a line end that no header may hold.
    if isinstance(getattr(error, "kwargs", {}).get("error"), ValueError):
        return Failure(f"the AWS settings can't be used ({told}); {_LOOK_THERE}", USAGE)
    if isinstance(error, exceptions.InvalidRegionError | exceptions.ConfigParseError):
        return Failure(f"the AWS settings can't be used ({harmless.line(told)}); {_LOOK_THERE}", USAGE)
    if isinstance(error, exceptions.ConnectionError | exceptions.HTTPClientError):
        return Failure(f"AWS could not be reached ({told}); check network, proxy, --region and AWS_ENDPOINT_URL")
    if isinstance(error, exceptions.BotoCoreError):
        return Failure(f"the AWS client could not go on ({told})")
    if is_of_the_client(error):
        return Failure(f"the AWS settings can't be used ({type(error).__name__}: {told}); {_LOOK_THERE}", USAGE)
    return None


def is_passing(error: Exception) -> bool:
    """Whether the same call may well succeed a little later: throttling, the network, an answer in part."""
    from botocore import exceptions

    from shadow_ops.measure.metric_data import MetricQueryError

    by_itself = MetricQueryError | exceptions.ConnectionError | exceptions.HTTPClientError
    return is_overloaded(error) or isinstance(error, by_itself)


def _refused(details: Mapping[str, Any], operation: str) -> Failure:
    code, message = details.get("Code", "unknown"), details.get("Message", "").strip()
    if code in SKEWED or (code in UNKNOWN_KEY and "signature expired" in message.lower()):
        return Failure(f"AWS takes {operation} for one of another time: set this machine's clock ({message})")
    if code in EXPIRED:
        return Failure(f"the AWS credentials have expired; {_SIGN_IN}")
    if code in UNKNOWN_KEY:
        return Failure(f"AWS doesn't accept the credentials ({code}); {_SIGN_IN}")
    if code in DENIED:
        named = re.search(r"not authorized to perform:? ([\w-]+:\w+)", message)
        action = named[1] if named else _ACTIONS.get(operation, operation)
        if denied := re.search(r"with an explicit deny in (.+)", message):
            return Failure(f"access denied: {action} is denied in {denied[1]}; no grant helps, ask whoever made it")
        return Failure(f"access denied: these credentials lack {action}; grant it, or use others (--profile)")
    if code in THROTTLED:
        return Failure(f"AWS throttles {operation} and did so after several tries; wait a minute, or ask less often")
    return Failure(f"AWS refused {operation}: {message or 'without a reason'} ({code})")
