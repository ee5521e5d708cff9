"""Tell people of a notice once, however often it is due and whoever else sees it at the same moment."""

from __future__ import annotations

import datetime
import logging
from collections.abc import Collection

from botocore.exceptions import ClientError

from shadow_ops.aws import parameters
from shadow_ops.aws.boto import Client
from shadow_ops.aws.looks import told_path
from shadow_ops.watch.decide import Notice

LOG = logging.getLogger(__name__)
# Longer than a function may run: who hasn't told by then, was killed.
PATIENCE = datetime.timedelta(minutes=16)
_ATTEMPTS = 3
_AGAIN = "This may come a second time: the first attempt was cut off.\n\n"


class Teller:
    """Tells the people of one endpoint.

    Of all who try at once one makes the parameter of a notice, and tells. If it is killed before it has noted that it
    told, another look tells again after `PATIENCE`, and says so: nothing is lost, and next to nothing comes twice.

    Args:
        ssm: Parameter Store.
        sns: Publishes.
        topic_arn: Where to.
        endpoint: The endpoint.
        now: The time.
    """

    def __init__(self, ssm: Client, sns: Client, topic_arn: str, endpoint: str, now: datetime.datetime) -> None:
        self._ssm = ssm
        self._sns = sns
        self._topic = topic_arn
        self._path = told_path(endpoint)
        self._now = now

    def tell(self, notices: Collection[Notice]) -> None:
        """Tell what hasn't been told, and forget what isn't due any more.

        Raises:
            ClientError: If a call is refused; what wasn't told is told by the next look.
        """
        known = set(parameters.under(self._ssm, self._path))
        for notice in notices:
            self._tell(notice)
        due = tuple(f"{self._path}/{notice.key}." for notice in notices)
        parameters.remove(self._ssm, sorted(name for name in known if not name.startswith(due)))

    def _tell(self, notice: Notice) -> None:
        for attempt in range(1, _ATTEMPTS + 1):
            name = f"{self._path}/{notice.key}.{attempt}"
            if parameters.make(self._ssm, name, {"at": self._now.isoformat(), "told": False}):
                self._publish(name, notice, _AGAIN if attempt > 1 else "")
                return
            if not self._given_up(name):
                return

    def _given_up(self, name: str) -> bool:
        """Whether whoever has made the parameter was killed before it told."""
        try:
            found = parameters.read(self._ssm, name) or {"told": True}
            return not found["told"] and self._now - datetime.datetime.fromisoformat(found["at"]) > PATIENCE
        except (parameters.DamagedRecordError, KeyError, TypeError, ValueError):
            return True

    def _publish(self, name: str, notice: Notice, before: str) -> None:
        try:
            self._sns.publish(TopicArn=self._topic, Subject=notice.subject, Message=before + notice.text)
        except ClientError:
            # Refused, so surely not told: another look may try.
            parameters.remove(self._ssm, [name])
            raise
        parameters.write(self._ssm, name, {"at": self._now.isoformat(), "told": True})
        LOG.info("told: %s", notice.subject)
