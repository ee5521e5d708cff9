"""Errors of AWS: one sentence each, with what to do, said at one place."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore import exceptions
from botocore.awsrequest import AWSResponse

from shadow_ops.aws.boto import Client
from shadow_ops.aws.clients import Clients
from shadow_ops.aws.denied import without_secrets
from shadow_ops.cli import main
from shadow_ops.cli.errors import Failure, of_aws, translated
from tests.ops.cli.conftest import Run
from tests.ops.cli.services import Services
from tests.ops.parameter_store import aws_error

NOT_ALLOWED = (
    "User: arn:aws:iam::123456789012:user/ann is not authorized to perform: sagemaker:DescribeEndpoint on resource: x"
)

BY_DECREE = "with an explicit deny in a service control policy"


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (exceptions.NoCredentialsError(), 1, "no AWS credentials"),
        (exceptions.PartialCredentialsError(provider="env", cred_var="secret"), 1, "no AWS credentials"),
        (exceptions.UnauthorizedSSOTokenError(), 1, "could not be fetched"),
        (exceptions.NoRegionError(), 2, "--region"),
        (exceptions.ProfileNotFound(profile="nope"), 2, "nope"),
        (exceptions.EndpointConnectionError(endpoint_url="https://x"), 1, "could not be reached"),
        (exceptions.ReadTimeoutError(endpoint_url="https://x"), 1, "could not be reached"),
        (aws_error("ExpiredTokenException", "old", "DescribeEndpoint"), 1, "have expired"),
        (aws_error("UnrecognizedClientException", "who?", "DescribeEndpoint"), 1, "doesn't accept the credentials"),
        (aws_error("AccessDeniedException", NOT_ALLOWED, "DescribeEndpoint"), 1, "lack sagemaker:DescribeEndpoint;"),
        (aws_error("AccessDenied", "no", "GetMetricData"), 1, "lack cloudwatch:GetMetricData;"),
        (aws_error("AccessDenied", "no", "DescribeScalableTargets"), 1, "application-autoscaling:Describe"),
        (
            aws_error("AccessDenied", f"{NOT_ALLOWED} {BY_DECREE}", "x"),
            1,
            "in a service control policy; no grant",
        ),
        (
            aws_error("SignatureDoesNotMatch", "Signature expired: now", "DescribeEndpoint"),
            1,
            "set this machine's clock",
        ),
        (aws_error("InvalidSignatureException", "Signature expired: x", "x"), 1, "set this machine's clock"),
        (
            aws_error("RequestTimeTooSkewed", "The difference", "GetObject"),
            1,
            "this machine's clock (The difference)",
        ),
        (aws_error("InvalidSignatureException", "does not match", "x"), 1, "doesn't accept the credentials"),
        (aws_error("ThrottlingException", "slow", "GetMetricData"), 1, "throttles GetMetricData"),
        (
            aws_error("InternalFailure", "oh", "GetMetricData", 500),
            1,
            "AWS refused GetMetricData: oh (InternalFailure)",
        ),
    ],
)
def test_each_error_of_aws_is_one_sentence(
    run: Run, services: Services, error: Exception, code: int, said: str
) -> None:
    """What AWS or boto3 says comes out as one line on standard error, without a trace."""
    services.errors["DescribeEndpoint"] = error
    result = run("gate", "churn")
    (line,) = result.stderr.splitlines()
    assert (result.exit_code, result.stdout) == (code, "")
    assert line.startswith("error: ")
    assert said in line


ANSWERS: dict[str, tuple[int, dict[str, str], bytes]] = {
    "a sign-in page": (200, {"Content-Type": "text/html"}, b"<html>sign in</html>"),
    "a page that is elsewhere": (302, {"Location": "https://portal"}, b""),
    "a number": (200, {}, b"0.5"),
    "an empty object": (200, {}, b"{}"),
    "nothing": (200, {}, b""),
    "a number with an id": (200, {"x-amzn-RequestId": "1"}, b"0.5"),
    "a list with an id": (400, {"x-amzn-RequestId": "1"}, b"[]"),
    "a number of a server in trouble": (503, {}, b"0.5"),
}
_CLIENT = Clients._client  # before it is replaced


class _Raw:
    """What a server sent."""

    def __init__(self, body: bytes) -> None:
        self.body = body

    def stream(self, **_: object) -> Iterator[bytes]:
        """All at once."""
        yield self.body


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize(
    "command", ["list", "history churn", "status churn", "gate churn", "send churn", "compare churn"]
)
def test_what_answers_and_is_not_aws_is_said(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: str, answer: str
) -> None:
    """A network's sign-in page, or another server at AWS_ENDPOINT_URL: one line that says where to look."""
    status, headers, body = ANSWERS[answer]

    def answered(self: Clients, service: str, **options: Any) -> Client:  # noqa: ANN401 - a client's
        client = _CLIENT(self, service, **{**options, "retries": {"total_max_attempts": 1}})
        sent = AWSResponse("https://x", status, headers, _Raw(body))  # type: ignore[arg-type] # as good as one of theirs
        client.meta.events.register("before-send", lambda **_: sent)
        return client

    monkeypatch.setattr(Clients, "_client", answered)
    for name, value in (("ACCESS_KEY_ID", "a"), ("SECRET_ACCESS_KEY", "b"), ("REGION", "eu-west-1")):
        monkeypatch.setenv(f"AWS_{name}", value)
    (tmp_path / "payloads.csv").write_text("1\n", encoding="utf-8")
    result = run(*command.split(), *([tmp_path / "payloads.csv"] if command.startswith("send") else []))
    (line,) = result.stderr.splitlines()[-1:]
    assert result.exit_code == 1
    assert line.startswith("error: AWS could not be reached (")
    assert "isn't AWS" in line
    assert "AWS_ENDPOINT_URL" in line


def test_a_query_that_failed_is_no_verdict(run: Run, services: Services) -> None:
    """When CloudWatch can't answer, the exit code is that of a failure, not of INCONCLUSIVE."""
    services.metrics.status["ModelLatency"] = "InternalError"
    result = run("gate", "churn")
    assert result.exit_code == 1
    assert "CloudWatch could not give" in result.stderr


@pytest.mark.parametrize("command", ["gate", "compare", "status"])
def test_a_mistyped_name_lists_those_near(run: Run, command: str) -> None:
    """No such endpoint: the message has the region and the names that are near."""
    result = run(command, "chrun")
    assert result.exit_code == 1
    assert "there is no endpoint 'chrun' in eu-west-1; there is churn" in result.stderr


def test_who_may_not_list_endpoints_still_hears_that_there_is_none(run: Run, services: Services) -> None:
    """Names are a help; lacking the right to list them hides nothing."""
    services.errors["ListEndpoints"] = aws_error("AccessDeniedException", "no", "ListEndpoints")
    assert "there is no endpoint 'chrun' in eu-west-1; check" in run("gate", "chrun").stderr


@pytest.mark.parametrize("command", ["gate", "compare"])
def test_an_endpoint_without_a_shadow_says_where_to_look(run: Run, services: Services, command: str) -> None:
    """Without a shadow there is nothing to judge; it is a failure, never a verdict."""
    services.configs["churn-config"]["ShadowProductionVariants"] = []
    result = run(command, "churn")
    assert result.exit_code == 1
    assert "error: churn has no shadow" in result.stderr
    assert "shadow-test history churn" in result.stderr


def test_a_bug_keeps_its_trace() -> None:
    """What isn't expected isn't dressed up."""
    assert of_aws(ValueError("odd")) is None
    with pytest.raises(ZeroDivisionError), translated():
        _ = 1 / 0


def test_a_file_that_cannot_be_read_is_named() -> None:
    """An error of the file system names the file."""
    with pytest.raises(Failure, match="the folder that this runs in is gone"), translated():
        raise FileNotFoundError(2, "No such file or directory")
    with pytest.raises(Failure, match=r"a\.json: No space left"), translated():
        raise OSError(28, "No space left", "a.json")


SECRETS = {
    "ACCESS_KEY_ID": "AKIAGEHEIMGEHEIM",
    "SECRET_ACCESS_KEY": "geheimgeheim",
    "SESSION_TOKEN": "tokentoken",
}
NOBODY = "http://127.0.0.1:1"
SETTINGS: tuple[tuple[dict[str, str], str], ...] = (
    ({"AWS_ENDPOINT_URL": "foo"}, "Invalid endpoint"),
    ({"AWS_ENDPOINT_URL": "http://"}, "Invalid endpoint"),
    ({"AWS_ENDPOINT_URL": "http://127.0.0.1:99999"}, "Port out of range"),
    ({"AWS_ENDPOINT_URL": "http://[::1"}, "Invalid IPv6"),
    ({"AWS_ENDPOINT_URL": "http://ann:geheim@127.0.0.1:1"}, "could not be reached"),
    ({"AWS_MAX_ATTEMPTS": "x"}, "invalid literal"),
    ({"AWS_MAX_ATTEMPTS": "-3"}, "max_attempts"),
    ({"AWS_METADATA_SERVICE_TIMEOUT": "x"}, "invalid literal"),
    ({"AWS_REGION": "eu west"}, "region_name 'eu west'"),
    ({"AWS_REGION": "eu\nwest"}, "region_name 'eu west'"),
    ({"AWS_CA_BUNDLE": " "}, "CA bundle"),
    ({"AWS_DEFAULTS_MODE": "x"}, "defaults mode"),
    ({"AWS_SESSION_TOKEN": "tokentoken\n"}, "Invalid header value ***"),
    ({"AWS_SESSION_TOKEN": "token\ntokentoken"}, "Invalid header value ***"),
    ({"AWS_SECRET_ACCESS_KEY": "geheimgeheim\udcff"}, "surrogates not allowed"),
    ({"config": "[default]\nmax_attempts = x"}, "invalid literal"),
    ({"config": "[default]\nendpoint_url = foo"}, "Invalid endpoint"),
    ({"config": "[default\n"}, "config file"),
    ({"config": "[profile other]\ncredential_process = echo geheimgeheim", "AWS_PROFILE": "other"}, "settings"),
    ({"config": "[profile other]\ncredential_process = false", "AWS_PROFILE": "other"}, "credentials"),
    ({"config": "[profile other]\nrole_arn = arn:x\nsource_profile = no", "AWS_PROFILE": "other"}, "no"),
    ({"AWS_PROFILE": "no"}, "no"),
)


@pytest.mark.parametrize("command", ["status churn", "list", "send churn payloads.csv --format json"])
@pytest.mark.parametrize(("setting", "said"), SETTINGS)
def test_whatever_is_wrong_with_the_settings_is_one_line_without_any_secret(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: str, setting: dict[str, str], said: str
) -> None:
    """An address, a number, a file or a pasted secret: what boto3 and what it stands on raise, wherever they do."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Clients, "_client", _CLIENT)
    for name in ("AWS_PROFILE", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    usual = {"REGION": "eu-west-1", "ENDPOINT_URL": NOBODY, "MAX_ATTEMPTS": "1", "EC2_METADATA_DISABLED": "true"}
    own = {} if "AWS_PROFILE" in setting else SECRETS
    for name in SECRETS:
        monkeypatch.delenv(f"AWS_{name}", raising=False)
    for name, value in {**usual, **own, "CONFIG_FILE": "config", "SHARED_CREDENTIALS_FILE": "none"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    for name, value in setting.items():
        if name != "config":
            monkeypatch.setenv(name, value)
    if "config" in setting and "ENDPOINT" not in setting:
        monkeypatch.delenv("AWS_MAX_ATTEMPTS")
        if "endpoint" in setting["config"]:
            monkeypatch.delenv("AWS_ENDPOINT_URL")
    Path("config").write_text(setting.get("config", ""), encoding="utf-8")
    Path("payloads.csv").write_text("1\n", encoding="utf-8")
    done = run(*command.split())
    (line,) = [one for one in done.stderr.splitlines() if one.startswith("error: ")]
    assert done.exit_code == 2 if "region" in said or "config file" in said else done.exit_code in (1, 2)
    assert said in line
    assert not [one for one in ("geheim", "GEHEIM", "tokentoken") if one in done.output]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Invalid header value b'tokentoken\\n' here", "Invalid header value *** here"),
        ("proxy http://ann:geheim@proxy:80 refused", "proxy http://***@proxy:80 refused"),
        ("Credential=AKIAX/20260101/eu-west-1, Signature=abc", "Credential=***, Signature=***"),
        ("X-Amz-Security-Token=abc&b=c", "X-Amz-Security-Token=***&b=c"),
        ("'SecretAccessKey': 'abc'", "'SecretAccessKey': ***"),
        ("of tokentoken no more", "of *** no more"),
        ("there is no endpoint churn", "there is no endpoint churn"),
        ("s3://bucket/a@b", "s3://bucket/a@b"),
    ],
)
def test_a_text_loses_its_secrets_and_nothing_else(monkeypatch: pytest.MonkeyPatch, text: str, told: str) -> None:
    """Of the environment, of a request, and of an address."""
    monkeypatch.setenv("AWS_SESSION_TOKEN", "tokentoken\n")
    assert without_secrets(text) == told


def test_a_request_that_could_not_be_made_tells_no_secret(
    run: Run, services: Services, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """In the table of errors and in JSON."""
    monkeypatch.setenv("AWS_SESSION_TOKEN", "tokentoken\n")
    services.answers = lambda _body: exceptions.HTTPClientError(error=ValueError("Invalid header value b'tokentoken'"))
    (tmp_path / "a.csv").write_text("1\n", encoding="utf-8")
    for form in ("text", "json", "markdown"):
        done = run("send", "churn", tmp_path / "a.csv", "--format", form)
        assert "tokentoken" not in done.output
        assert "Invalid header value" in done.output


def test_a_trace_of_a_bug_tells_no_secret(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """It is printed, with its causes."""

    def broken(**_: object) -> None:
        raise KeyError("a bug") from ValueError("Invalid header value b'tokentoken'")

    monkeypatch.setattr(main, "cli", broken)
    with pytest.raises(SystemExit) as ended:
        main.main()
    said = capsys.readouterr().err
    assert ended.value.code == 1
    assert "Traceback" in said
    assert "a bug" in said
    assert "tokentoken" not in said
