"""A function's process is a fork of one that has the SDK loaded, and the function can't tell."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from local_aws import warm
from local_aws.loose import Json
from local_aws.tests.functions import Functions
from local_aws.tests.process import Running, until

LOOK = """\
import boto3, os, signal, sys, threading, time

def of_a_stream(name):
    one = getattr(sys, name)
    return [one.name, one.mode, one.encoding, one.errors, one.line_buffering, one.write_through, one.seekable()]

def handler(event, context):
    main, left = sys.modules["__main__"], getattr(boto3, "left", None)
    with open(f"/proc/{os.getppid()}/cmdline") as file:
        parent = file.read().split(chr(0))
    return {"parent": [os.getppid(), *parent], "seen": {
        "environment": {key: value for key, value in os.environ.items() if key != "AWS_LAMBDA_LOG_STREAM_NAME"},
        "here": [os.listdir("."), os.path.samefile(".", os.path.dirname(__file__))],
        "paths": [sys.argv, sys.path, main.__name__, main.__file__],
        "flags": [str(sys.flags), time.tzname, threading.active_count()],
        "streams": [of_a_stream(name) for name in vars(sys) if name.strip("_") in ("stdin", "stdout", "stderr")],
        "signals": [[str(one), str(signal.getsignal(one))] for one in sorted(signal.valid_signals())],
        "blocked": sorted(signal.pthread_sigmask(signal.SIG_BLOCK, ())),
        "pipes": [os.readlink(f"/proc/self/fd/{number}").partition(":")[0] for number in range(3)],
        "ours": [name for name in sys.modules if "local_aws" in name or name == "warm"],
        "sdk": [boto3.__version__, boto3.DEFAULT_SESSION is None, left],
    }}
"""
LEAVE = """\
import boto3, os

def handler(event, context):
    boto3.left = "something"
    boto3.setup_default_session()
    os.environ["LEFT"] = "something"
    os.chdir("/")
"""
SLEEP = """\
import json, os, time, urllib.request

def handler(event, context):
    url = os.environ["AWS_ENDPOINT_URL"] + "/notes/sleeps/once"
    body = json.dumps(os.getpid()).encode()
    urllib.request.urlopen(urllib.request.Request(url, body, {"Content-Type": ""}, method="PUT")).close()
    time.sleep(60)
"""
OWN = {"boto3/__init__.py": "__version__ = 'its own'\nDEFAULT_SESSION = None\n"}


@pytest.fixture(scope="module")
def functions(local: Running) -> Functions:
    """Functions of the local AWS."""
    return Functions(local)


def looked(functions: Functions, name: str, files: Json = None, **variables: str) -> dict[str, Any]:
    """What a new function sees, with one name for every process's folder and function."""
    functions.create(name, LOOK, files, Timeout=30, Environment={"Variables": {"OWN": "value", **variables}})
    answer: dict[str, Any] = functions.ask(name)
    folder = Path(answer["seen"]["paths"][0][0]).parent.name
    seen = json.loads(json.dumps(answer["seen"]).replace(folder, "folder").replace(name, "function"))
    number, *command = answer["parent"]
    return {
        "seen": seen,
        "parent": number,
        "forked": any(Path(one).name == Path(warm.__file__).name for one in command),
    }


def test_a_function_sees_what_it_would_see_in_a_fresh_process(functions: Functions) -> None:
    """Environment, folder, paths, streams and signals are those of one; what another one left isn't there."""
    functions.create("leaves", LEAVE, Timeout=30)
    functions.ask("leaves")
    fork = looked(functions, "looks-once", TZ="Asia/Tokyo")
    # Beside it a variable that an interpreter reads when it starts.
    fresh = looked(functions, "looks-again", TZ="Asia/Tokyo", PYTHONNODEBUGRANGES="")
    assert (fork["forked"], fresh["forked"]) == (True, False)
    assert fresh["seen"]["environment"].pop("PYTHONNODEBUGRANGES") == ""
    assert fork["seen"] == fresh["seen"]


def test_a_function_that_brings_an_sdk_has_its_own(functions: Functions) -> None:
    """What is loaded already is no function's that has a module of that name."""
    found = looked(functions, "brings", OWN)
    assert (found["forked"], found["seen"]["sdk"][0]) == (False, "its own")


def test_functions_start_though_the_process_with_the_sdk_was_killed(functions: Functions) -> None:
    """The first one after it has a fresh process or another fork, the next one a fork of another."""
    killed = looked(functions, "before")["parent"]
    os.kill(killed, signal.SIGKILL)
    until(lambda: not Path(f"/proc/{killed}/cmdline").exists() or not Path(f"/proc/{killed}/cmdline").read_text())
    looked(functions, "first-after")
    found = looked(functions, "second-after")
    assert (found["forked"], found["parent"] != killed) == (True, True)


def test_a_functions_process_ends_when_it_is_told_to(functions: Functions, local: Running) -> None:
    """One that is over its time is ended, and the next invocation has another process."""
    functions.create("sleeps", SLEEP, Timeout=1)
    answer = local.client("lambda").invoke(FunctionName="sleeps", LogType="Tail")
    assert b"timed out" in answer["Payload"].read()
    [number] = functions.notes("sleeps")
    until(lambda: not Path(f"/proc/{number}").exists())
