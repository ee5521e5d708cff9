"""Services in memory behind boto3's own clients: what they answer goes over a wire, on which it may be changed."""

from __future__ import annotations

import datetime
import functools
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol
from xml.sax.saxutils import escape

import pytest
from botocore import xform_name
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError

from shadow_ops.aws.clients import Clients
from shadow_ops.aws.parsing import ALSO_REQUIRED

Json = Any
# Of each type something, for what a model requires and no command reads.
_SOME = {"string": "x", "timestamp": 1.8e9, "list": [], "structure": {}, "long": 1}
_CLIENT = Clients._client  # before it is replaced


class World(Protocol):
    """What has a client in memory of each service."""

    def client(self, name: str) -> object:
        """The client of a service."""


class _Raw:
    """What a server sent."""

    def __init__(self, body: bytes) -> None:
        self.body = body

    def stream(self, *_: object, **__: object) -> Iterator[bytes]:
        """All at once."""
        yield self.read()

    def read(self, *_: object) -> bytes:
        """All that is left."""
        body, self.body = self.body, b""
        return body


def sent(body: bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> AWSResponse:
    """What a server of AWS's sends; with other headers, another's."""
    headers = {"x-amzn-RequestId": "1"} if headers is None else headers
    return AWSResponse("https://x", status, dict(headers), _Raw(body))  # type: ignore[arg-type] # as good as one of theirs


class Wire:
    """Boto3's clients, whose requests a world in memory answers.

    Attributes:
        world: Who answers.
        seen: Answers by operation, the last of each.
        changed: What becomes of an answer, as JSON or text, on its way; by default nothing.
    """

    def __init__(self) -> None:
        self.world: World
        self.seen: dict[str, Json] = {}
        self.changed: Callable[[str, Json], Json] = lambda _operation, answer: answer
        self._asked = threading.local()

    @functools.cache  # noqa: B019 - one wire in a process, and clients take long to make
    def client(self, service: str) -> Any:  # noqa: ANN401 - a boto3 client
        """The client of a service."""
        made = _CLIENT(Clients(region="eu-west-1"), service, retries={"total_max_attempts": 1})

        def asked(params: Mapping[str, Any], model: Any, **_: object) -> None:  # noqa: ANN401 - botocore's
            self._asked.now = model, dict(params)

        made.meta.events.register_first("before-parameter-build", asked)
        made.meta.events.register("before-send", lambda **_: self._answered(service))
        return made

    def _answered(self, service: str) -> AWSResponse:
        model, params = self._asked.now
        # What botocore itself adds isn't the caller's; services in memory count their pages, if they have any.
        paged = service in ("cloudwatch", "ssm") and params.get("NextToken", "").isdecimal()
        left_out = {"EncodingType", "ChecksumMode", *(() if paged else ("NextToken",))}
        params = {name: value for name, value in params.items() if name not in left_out}
        fake: Any = self.world.client(service)
        try:
            if model.name == "ListObjectsV2":
                [*pages] = fake.get_paginator("list_objects_v2").paginate(**params)
                answer = {"Contents": [one for page in pages for one in page.get("Contents", ())]}
            else:
                answer = getattr(fake, xform_name(model.name))(**params) or {}
        except ClientError as error:
            told = error.response["Error"]
            return self._sent(model, {"__type": told["Code"], "message": told.get("Message", "")}, 400)
        except (AssertionError, LookupError, TypeError) as error:  # a request that follows from an odd answer
            return self._sent(model, {"__type": "ValidationException", "message": repr(error)}, 400)
        return self._sent(model, answer, 200)

    def _sent(self, model: Any, answer: Json, status: int) -> AWSResponse:  # noqa: ANN401 - botocore's
        name = model.name
        if "Body" in answer:
            variant = str(self.changed(name, "production"))
            headers = {"x-amzn-RequestId": "1", "x-Amzn-Invoked-Production-Variant": variant}
            return sent(answer["Body"].read(), status, headers)
        if model.service_model.resolved_protocol == "json":
            if status == 200:
                shape = model.output_shape
                needed = () if shape is None else (*shape.required_members, *ALSO_REQUIRED.get(name, ()))
                answer = {**{one: _SOME[shape.members[one].type_name] for one in needed}, **answer}
            said = json.loads(json.dumps(answer, default=_epoch))
            self.seen.setdefault(name, said)
            return sent(json.dumps(self.changed(name, said)).encode(), status)
        inner = "".join(f"<{key}>{_xml(one)}</{key}>" for key, some in answer.items() for one in _each(some))
        text = f"<{name}Response><{name}Result>{inner}</{name}Result></{name}Response>"
        text = f"<ListBucketResult>{inner}</ListBucketResult>" if "Contents" in answer else text
        self.seen.setdefault(name, text)
        return sent(str(self.changed(name, text)).encode(), status)


WIRE = Wire()


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Wire:
    """The wire in the place of the network."""
    for name, value in (("ACCESS_KEY_ID", "a"), ("SECRET_ACCESS_KEY", "b"), ("REGION", "eu-west-1")):
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setattr(Clients, "_client", lambda _self, service, **_options: WIRE.client(service))
    WIRE.seen, WIRE.changed = {}, lambda _operation, answer: answer
    return WIRE


def _epoch(value: object) -> float:
    assert isinstance(value, datetime.datetime)
    return value.timestamp()


def _each(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _xml(value: object) -> str:
    if isinstance(value, dict):
        return "".join(f"<{key}>{_xml(one)}</{key}>" for key, one in value.items())
    return escape(str(value))
