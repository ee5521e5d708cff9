"""InvokeEndpoint: a variant answers, and the shadow gets its copy afterwards."""

from __future__ import annotations

import asyncio
import random
import time
import uuid
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from local_aws import ACCOUNT_ID
from local_aws.errors import ServiceError
from local_aws.faults import Faults
from local_aws.sagemaker.records import Endpoint, Fleet, Variant
from local_aws.serving.capture import CaptureBuffer, Exchange, wanted
from local_aws.serving.http_client import ConnectionLostError, HttpResponse
from local_aws.serving.measure import InvocationMeter
from local_aws.serving.servers import ModelServer
from local_aws.settings import Assumptions

_MAX_BODY = 6_291_456
_MAX_MIRRORED = 256


@dataclass(frozen=True, kw_only=True)
class Invocation:
    """A request to an endpoint.

    Args:
        body: Payload.
        content_type: Its type.
        accept: The type asked for.
        inference_id: The caller's id, for joining captured records.
        custom_attributes: Passed on to the model.
        target_variant: The production variant asked for. Default: chosen by weight.
    """

    body: bytes
    content_type: str = "text/csv"
    accept: str = "*/*"
    inference_id: str | None = None
    custom_attributes: str | None = None
    target_variant: str | None = None


class Answer(NamedTuple):
    """What the caller gets."""

    body: bytes
    content_type: str
    variant: str


class Invoker:
    """Serves invocations.

    Args:
        meter: Records metrics.
        capture: Collects captured records.
        faults: Planted faults.
        assumptions: The switches for what AWS does not document.
        draw: Source of chance.
    """

    def __init__(
        self,
        meter: InvocationMeter,
        capture: CaptureBuffer,
        faults: Faults,
        assumptions: Assumptions,
        draw: random.Random | None = None,
    ) -> None:
        self._meter = meter
        self._capture = capture
        self._faults = faults
        self._assumptions = assumptions
        self._draw = draw or random.Random()
        self._mirrored: set[asyncio.Task[None]] = set()
        self.dropped_copies = 0

    async def invoke(self, endpoint: Endpoint, invocation: Invocation) -> Answer:
        """Answer a request.

        Raises:
            ServiceError: As the runtime service reports it; a failing model is a ModelError with status 424.
        """
        check(invocation)
        fleet = choose_fleet(endpoint, self._draw)
        variant = choose_variant(fleet, invocation.target_variant, self._draw)
        event_id = str(uuid.uuid4())
        response = await self._serve(fleet, variant, invocation, event_id)
        shadow = fleet.shadow
        if shadow is not None and self._draw.random() < shadow.weight:
            self._mirror(fleet, shadow, invocation, event_id)
        if response is None or not 200 <= response.status < 300:
            raise model_error(endpoint, variant, response)
        return Answer(response.body, response.headers.get("content-type", ""), variant.name)

    def _mirror(self, fleet: Fleet, shadow: Variant, invocation: Invocation, event_id: str) -> None:
        if self._faults.find("unmirrored", fleet.endpoint_name):
            return
        if len(self._mirrored) >= _MAX_MIRRORED:
            # A shadow too slow for its share must not fill the memory of the process production runs in.
            self.dropped_copies += 1
            return
        if self._assumptions.shadow_event_id == "own":
            event_id = str(uuid.uuid4())
        self._in_background(self._copy(fleet, shadow, invocation, event_id))

    def _in_background(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._mirrored.add(task)
        task.add_done_callback(self._mirrored.discard)

    async def _copy(self, fleet: Fleet, shadow: Variant, invocation: Invocation, event_id: str) -> None:
        # Only after the caller's answer is on its way.
        await asyncio.sleep(0)
        await self._serve(fleet, shadow, invocation, event_id)

    async def _serve(
        self, fleet: Fleet, variant: Variant, invocation: Invocation, event_id: str
    ) -> HttpResponse | None:
        began = time.perf_counter()
        when = datetime.now(UTC)
        headers = {"Content-Type": invocation.content_type, "Accept": invocation.accept}
        if invocation.custom_attributes:
            headers["X-Amzn-SageMaker-Custom-Attributes"] = invocation.custom_attributes
        asked = time.perf_counter()
        response = await self._ask(fleet, variant, headers, invocation.body)
        answered = time.perf_counter()
        captured = response is not None and self._captures(response)
        if fleet.capture is not None and response is not None and captured and wanted(fleet.capture, self._draw):
            exchange = Exchange(
                invocation.body,
                invocation.content_type,
                response.body,
                response.headers.get("content-type", ""),
                event_id,
                invocation.inference_id,
                invocation.custom_attributes,
                when,
            )
            self._capture.add(fleet.region, fleet.endpoint_name, variant.name, fleet.capture, exchange)
        overhead = asked - began + time.perf_counter() - answered
        self._meter.add(fleet, variant, response.status if response else None, answered - asked, overhead)
        return response

    def _captures(self, response: HttpResponse) -> bool:
        return 200 <= response.status < 300 or self._assumptions.capture_failures == "yes"

    async def _ask(self, fleet: Fleet, variant: Variant, headers: dict[str, str], body: bytes) -> HttpResponse | None:
        slow = self._faults.find("slow", fleet.endpoint_name, variant.name)
        if slow is not None:
            await asyncio.sleep(slow["milliseconds"] / 1000)
        fail = self._faults.find("fail", fleet.endpoint_name, variant.name)
        if fail is not None and self._draw.random() < fail["share"]:
            return HttpResponse(fail["status"], {"content-type": "text/plain"}, b"planted fault")
        if not isinstance(variant.server, ModelServer):
            return None
        try:
            return await variant.server.invoke(headers, body)
        except ConnectionLostError:
            return None

    async def settle(self) -> None:
        """Wait until the copies under way have been answered."""
        await asyncio.gather(*self._mirrored, return_exceptions=True)


def refused(message: str) -> ServiceError:
    """Return the runtime's refusal of a request; its code differs from the control plane's."""
    return ServiceError("ValidationError", message)


def check(invocation: Invocation) -> None:
    """Refuse what the runtime refuses (InvokeEndpoint): body size, InferenceId, CustomAttributes."""
    if len(invocation.body) > _MAX_BODY:
        raise refused(f"Body is {len(invocation.body)} bytes, the limit is {_MAX_BODY}.")
    inference_id = invocation.inference_id
    if inference_id is not None and (not 1 <= len(inference_id) <= 64 or inference_id[0].isspace()):
        raise refused("InferenceId must have 1 to 64 characters and begin with a non-space character.")
    attributes = invocation.custom_attributes or ""
    if len(attributes) > 1024 or not attributes.isascii():
        raise refused("CustomAttributes must be at most 1024 US-ASCII characters.")


def choose_fleet(endpoint: Endpoint, draw: random.Random) -> Fleet:
    """Return the fleet that takes a request, by the share a deployment has shifted so far."""
    if endpoint.fleet is None:
        raise refused(f"Endpoint {endpoint.name} of account {ACCOUNT_ID} cannot be invoked, it is {endpoint.status}.")
    if endpoint.next_fleet is not None and draw.random() < endpoint.next_share:
        return endpoint.next_fleet
    return endpoint.fleet


def choose_variant(fleet: Fleet, target: str | None, draw: random.Random) -> Variant:
    """Return the production variant that answers: the one asked for, or one by weight."""
    production = fleet.production
    if target is not None:
        found = next((variant for variant in production if variant.name == target), None)
        if found is None:
            raise refused(f"Variant {target} is not a production variant of {fleet.endpoint_name}.")
        return found
    weights = [variant.weight for variant in production]
    if sum(weights) <= 0:
        raise refused(f"Every production variant of {fleet.endpoint_name} has weight 0.")
    return draw.choices(production, weights)[0]


def model_error(endpoint: Endpoint, variant: Variant, response: HttpResponse | None) -> ServiceError:
    """Return the ModelError of a failed invocation."""
    status = response.status if response else 500
    text = response.body.decode(errors="replace") if response else "no answer"
    # The text is AWS's, as users quote it.
    message = (
        f"Received {'client' if status < 500 else 'server'} error ({status}) from {variant.name} "
        f'with message "{text}". '
        f"See https://{endpoint.region}.console.aws.amazon.com/cloudwatch/home?region={endpoint.region}"
        f"#logEventViewer:group=/aws/sagemaker/Endpoints/{endpoint.name} in account {ACCOUNT_ID} for more information."
    )
    details = {"Message": message, "OriginalStatusCode": status, "OriginalMessage": text}
    return ServiceError("ModelError", message, 424, details)
