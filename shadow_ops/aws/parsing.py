"""Answers of AWS's services, or of what stands in their place: only what has their shape gets through.

botocore takes whatever a server sends and leaves out what it doesn't find; what reads a member that isn't there would
end in a KeyError. Here its parser is held to the service's model, and its listings to an end.
"""

from __future__ import annotations

import datetime
import threading
from collections.abc import Mapping, MutableMapping, Sequence
from typing import Any

from botocore.exceptions import HTTPClientError
from botocore.parsers import PROTOCOL_PARSERS, ResponseParserFactory

_REQUEST_IDS = ("x-amzn-requestid", "x-amz-request-id", "x-amz-id-2")
# What botocore makes of each type of its models; others hold whatever the protocol carries.
_TYPES: Mapping[str, tuple[type, ...]] = {
    "structure": (dict,),
    "map": (dict,),
    "list": (list,),
    "string": (str,),
    "character": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "float": (float, int),
    "double": (float, int),
    "timestamp": (datetime.datetime,),
}
ALSO_REQUIRED = {"PutParameter": ("Version",)}
"""What the model doesn't call required, though nothing else of the answer says that it was done."""

_NUMBERS = ("float", "double", "integer", "long")
# Beyond CloudWatch's largest value (API operation PutMetricData), and far from what floats can't add up.
_LARGEST = 2.0**400
# Where a listing goes on: the member of the next request, and that of the answer.
_TOKENS = {"NextToken": "NextToken", "ContinuationToken": "NextContinuationToken"}
# A page has ten parameters, or a thousand objects of one hour: nobody has so many.
_MOST_PAGES = 10_000


class ForeignAnswerError(HTTPClientError):
    """What answered isn't AWS. The message is a sentence."""

    fmt = "{error}"


class Parsers(ResponseParserFactory):
    """Makes parsers that refuse what hasn't the shape of the operation's answer."""

    def create_parser(self, protocol_name: str) -> Any:  # noqa: ANN401 - a parser of botocore's
        """A parser of a protocol."""
        parser: Any = PROTOCOL_PARSERS[protocol_name]
        return type(parser.__name__, (_Strict, parser), {})(**self._defaults)  # type: ignore[attr-defined] # not in its stubs


class Answers:
    """Holds answers against what was asked: each is to that, and a listing ends."""

    def __init__(self) -> None:
        self._seen: dict[tuple[int, str, str], set[str]] = {}

    def asked(self, params: Mapping[str, Any], context: MutableMapping[str, Any], **_: object) -> None:
        """Keep what is asked for until it is answered (botocore's event before-parameter-build)."""
        context["asked"] = params

    def answered(self, parsed: Mapping[str, Any], model: Any, context: Mapping[str, Any], **_: object) -> None:  # noqa: ANN401 - botocore's
        """Look at what is answered, and where it goes on (botocore's event after-call).

        Raises:
            ForeignAnswerError: If it is to something else, or goes on where it was before.
        """
        asked = context["asked"]
        if "Error" in parsed:
            return
        if not _is_answer(model.name, asked, parsed):
            raise _foreign(model.name, "it answers what wasn't asked")
        member = next((one for one, answer in _TOKENS.items() if one in asked or parsed.get(answer)), None)
        if member is None:
            return
        rest = {name: value for name, value in asked.items() if name != member}
        listing = (threading.get_ident(), model.name, repr(rest))
        before = self._seen.pop(listing, set())
        seen, token = before if member in asked else set(), parsed.get(_TOKENS[member])
        if token in seen or len(seen) >= _MOST_PAGES:
            raise _foreign(model.name, "its pages have no end")
        if token:
            self._seen[listing] = seen
            seen.add(token)


def _is_answer(operation: str, asked: Mapping[str, Any], parsed: Mapping[str, Any]) -> bool:
    """Whether what is told by name was asked for by name."""
    if operation == "DescribeScalableTargets":
        return all(one["ResourceId"] in asked["ResourceIds"] for one in parsed["ScalableTargets"])
    if operation == "GetMetricData":
        names = {one["Id"] for one in asked["MetricDataQueries"]}
        found = parsed["MetricDataResults"]
        return all(one["Id"] in names and len(one["Timestamps"]) == len(one["Values"]) for one in found)
    return True


def check_sender(operation_model: Any, response_dict: Mapping[str, Any], **_: object) -> None:  # noqa: ANN401 - botocore's
    """Refuse an answer that isn't AWS's, such as the sign-in page of a network (botocore's event before-parse).

    Raises:
        ForeignAnswerError: If it has no request id, or isn't of the service's protocol.
    """
    named = any(str(name).lower() in _REQUEST_IDS for name in response_dict["headers"])
    # What stands before AWS answers for it when it is overloaded.
    foreign = not named and response_dict["status_code"] < 500
    shape = operation_model.output_shape
    payload = shape is not None and "payload" in shape.serialization
    if operation_model.service_model.resolved_protocol in ("json", "rest-json") and not payload:
        foreign = foreign or response_dict["body"].lstrip()[:1] not in (b"", b"{")
    if foreign:
        raise _foreign(operation_model.name)


class _Strict:
    """Goes before a parser of botocore's."""

    def parse(self, response: Mapping[str, Any], shape: Any) -> Any:  # noqa: ANN401 - botocore's
        operation = response["context"]["operation_name"]
        try:
            parsed = super().parse(response, shape)  # type: ignore[misc] # of the parser
        except Exception as error:  # it takes the shape for granted: whatever comes of another
            raise _foreign(operation, f"its answer can't be read ({type(error).__name__})") from error
        if "Error" in parsed:
            told = parsed["Error"]
            # Some services say null where they have nothing to say.
            told["Message"] = told.get("Message") or ""
            if not isinstance(told["Message"], str) or not isinstance(told.get("Code", ""), str):
                raise _foreign(operation, "its error has no text")
        elif shape is not None and response["status_code"] < 300:
            answer = _checked(operation, "", shape, parsed)
            answer["ResponseMetadata"] = parsed["ResponseMetadata"]
            _check_required(operation, shape, answer)
            return answer
        return parsed

    def _handle_list(self, shape: Any, node: Any) -> Any:  # noqa: ANN401 - botocore's
        # botocore goes through whatever can be gone through: a text is a list of its letters.
        if isinstance(node, str | dict):
            raise TypeError(f"{type(node).__name__} for a list")
        return super()._handle_list(shape, node)  # type: ignore[misc] # of the parser


class _Answer(dict[str, Any]):
    """A structure of an answer: to read a member that isn't there says so."""

    def __init__(self, operation: str, path: str) -> None:
        super().__init__()
        self._operation, self._path = operation, path

    def __missing__(self, key: str) -> Any:  # noqa: ANN401 - nothing is returned
        raise _foreign(self._operation, f"its answer has no {self._path}{key}")


def _checked(operation: str, path: str, shape: Any, found: Any) -> Any:  # noqa: ANN401 - botocore's
    """What a parser has made of a part of an answer, with structures that know what they lack."""
    wanted = _TYPES.get(shape.type_name)
    # True is a whole number to Python.
    if wanted is not None and (not isinstance(found, wanted) or (isinstance(found, bool) and bool not in wanted)):
        raise _foreign(operation, f"{path.rstrip('.') or 'its answer'} is no {shape.type_name}")
    if shape.type_name in _NUMBERS:
        negative = shape.metadata.get("min") == 0 and found < 0
        if negative or not _are_numbers([found]):
            raise _foreign(operation, f"{path.rstrip('.')} can't be {'below 0' if negative else 'so large'}")
    if shape.type_name == "structure" and not shape.is_document_type:
        answer = _Answer(operation, path)
        for name, value in found.items():
            known = shape.members.get(name)
            streams = known is None or name == shape.serialization.get("payload")
            answer[name] = value if streams else _checked(operation, f"{path}{name}.", known, value)
        return answer
    if shape.type_name == "list":
        if shape.member.type_name in ("structure", "list", "map"):
            return [_checked(operation, path, shape.member, one) for one in found]
        # Thousands of numbers or times: one look at the types that there are.
        for one in {type(value): value for value in found}.values():
            _checked(operation, path, shape.member, one)
        if shape.member.type_name in _NUMBERS and not _are_numbers(found):
            raise _foreign(operation, f"{path.rstrip('.')} can't be so large")
        return found
    if shape.type_name == "map":
        return {key: _checked(operation, path, shape.value, one) for key, one in found.items()}
    return found


def _check_required(operation: str, shape: Any, answer: Mapping[str, Any]) -> None:  # noqa: ANN401 - botocore's
    """What the model calls required is there, and a list of it not empty where the model wants something in it."""
    for name in (*shape.required_members, *ALSO_REQUIRED.get(operation, ())):
        least = shape.members[name].metadata.get("min", 0) if shape.members[name].type_name == "list" else 0
        if name not in answer or (least and not answer[name]):
            raise _foreign(operation, f"its answer has no {name}")


def _are_numbers(found: Sequence[float]) -> bool:
    try:
        return sum(map(abs, found)) <= _LARGEST
    except OverflowError:
        return False


def _foreign(operation: str, why: str = "") -> ForeignAnswerError:
    return ForeignAnswerError(error=f"what answered {operation} isn't AWS{why and ': '}{why}")
