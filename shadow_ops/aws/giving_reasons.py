"""Put reasons on record, and take them off: what people do by the command line, and no function."""

from __future__ import annotations

import datetime

from shadow_ops.aws import parameters
from shadow_ops.aws.boto import Client
from shadow_ops.aws.reasons import USED, ReasonGoneError, readable
from shadow_ops.contract.reasons import Reason, reasons_path

# CloudFormation's request may come again for as long; the reason that it has used must be known until then.
_KEPT = datetime.timedelta(days=1)


def put(ssm: Client, endpoint: str, reason: Reason) -> None:
    """Put a reason on record, in the place of those for the same purpose that nobody used; what is long over goes.

    Raises:
        ReasonGoneError: If somebody else did so at the very same moment.
        ClientError: If a call is refused.
    """
    base = reasons_path(endpoint)
    before, _ = readable(ssm, endpoint)
    if not parameters.make(ssm, f"{base}/{reason.id}", reason.to_json()):
        raise ReasonGoneError("somebody put a reason on record at this very moment; look at it, then try again")
    old = [one for one in before if one.purpose == reason.purpose and one.used is None]
    old += [one for one in before if one.used is not None and reason.at - one.expires > _KEPT]
    parameters.remove(ssm, [f"{base}/{one.id}{end}" for one in old for end in ("", USED)])


def withdraw(ssm: Client, endpoint: str, reason: Reason) -> bool:
    """Take a reason off the record.

    Returns:
        Whether nobody has used it before.

    Raises:
        ClientError: If a call is refused.
    """
    name = f"{reasons_path(endpoint)}/{reason.id}"
    parameters.remove(ssm, [name])
    return parameters.text_of(ssm, f"{name}{USED}") is None
