"""The environment of everything that rehearses: loopback only, and nothing of a real AWS account in reach."""

from __future__ import annotations

import ipaddress
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from rehearsal.errors import RehearsalError

PROJECT = Path(__file__).resolve().parents[1]
REGION = "us-east-1"
ACCOUNT_ID = "000000000000"
# Not a secret: the local AWS takes any key, and no real account has this one.
KEY = "test"

_DROPPED = {
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"),
    # Without compiled modules every synthesis would compile the CDK's bindings again, for half a minute.
    "PYTHONDONTWRITEBYTECODE",
}


def check_loopback(url: str) -> str:
    """Return the URL of an endpoint if it is on this machine.

    Raises:
        RehearsalError: If it could be somebody else's machine, above all the real AWS.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = host == "localhost"
    if parts.scheme != "http" or not loopback:
        raise RehearsalError(
            f"the rehearsal only talks to this machine, got {url!r}: allowed is http://127.0.0.1:PORT; "
            "start the local AWS with `python -m local_aws`"
        )
    return url


def bare(inherited: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return an environment without AWS settings and proxies, so that no profile or role of the user is picked up."""
    return {
        name: value
        for name, value in inherited.items()
        if not name.startswith(("AWS_", "CDK_")) and name.upper() not in _DROPPED
    }


def for_cdk(endpoint_url: str, home: Path, inherited: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the environment in which the CDK command line deploys to the local AWS.

    Args:
        endpoint_url: Where the local AWS is.
        home: Folder for the command line's own files. Its usual one remembers which account a key belongs to, which
            would mix up the local and a real AWS.
        inherited: The environment to start from.

    Raises:
        RehearsalError: If the endpoint is not on this machine.
    """
    return {
        **bare(inherited),
        "PATH": _path(inherited),
        "AWS_ENDPOINT_URL": check_loopback(endpoint_url),
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": KEY,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        # Both named, so that files in the user's home are not even read.
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "CDK_HOME": str(home),
        "CDK_DISABLE_CLI_TELEMETRY": "true",
        # Each synthesis would load the CDK's rules for templates anew, for seconds; tests hold the templates to them.
        "CDK_VALIDATION": "false",
        "NO_COLOR": "1",
    }


def for_local_aws(scratch: Path, inherited: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the environment of the local AWS.

    Args:
        scratch: Folder for temporary files, its own and of all that it starts.
        inherited: The environment to start from.
    """
    return {
        **bare(inherited),
        "PATH": _path(inherited),
        # AWS Lambda has the AWS SDK at hand; the CDK's function that empties a bucket relies on it.
        "NODE_PATH": str(PROJECT / "node_modules"),
        "PYTHONUNBUFFERED": "1",
        "TMPDIR": str(scratch),
    }


def _path(inherited: Mapping[str, str]) -> str:
    """Return a PATH with Python and Node as make installs them first, whatever else is on the machine."""
    return os.pathsep.join([str(Path(sys.executable).parent), inherited.get("PATH", os.defpath)])
