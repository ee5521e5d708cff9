"""Who looks at a shadow test while nobody does: how often, for how long, and at what price."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

from shadow_constructs.values.checks import check_off, check_role_arn, check_text, check_whole_number
from shadow_ops.contract.checks import check_flag, checking

_DAY_MINUTES, _YEAR_DAYS = 1440, 365
_HIGHEST_PRICE = 1_000_000
_CURRENCY = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True, kw_only=True)
class Watch:
    """A function that asks the gate at regular times, while there is a shadow.

    It keeps the verdict for ``shadow-test status`` and ``list``, publishes it as metrics and events, and tells the
    people of `Alerts` when it changes, and daily once the test is too old. It changes no endpoint. The endpoints of a
    stack share one function.

    Attributes:
        every_minutes: How often it looks, 5 to 1440 minutes.
        expires_after_days: How old a test may be before people are told of it, daily, 1 to 365 days.
        price_per_instance_hour: What an instance of the shadow costs an hour, so that money is told beside
            instance-hours. By default it isn't known.
        currency: The price's currency, three capitals.
        role_arn: Your own role for the function; it must trust ``lambda.amazonaws.com``, and nothing is attached to it:
            docs/watch.md lists what it needs. By default a role is made. A CDK token is accepted.
        answers: Whether captured answers are read, to count each hour how many agree. Its role may then read what is
            captured, and use the key; nothing of it is kept or logged but counts. `Rule.agreement` needs it.
        enabled: Whether there is a watch; `off` turns it off.
        off_because: Why there is none.
    """

    every_minutes: int = 15
    expires_after_days: int = 14
    price_per_instance_hour: float | None = None
    currency: str = "USD"
    role_arn: str | None = None
    answers: bool = True
    enabled: bool = True
    off_because: str | None = None

    def __post_init__(self) -> None:
        """Check the value.

        Raises:
            InvalidValueError: With one line per mistake.
        """
        problems = checking(self)
        check_whole_number(problems, "every_minutes", self.every_minutes, lowest=5, highest=_DAY_MINUTES)
        check_whole_number(problems, "expires_after_days", self.expires_after_days, lowest=1, highest=_YEAR_DAYS)
        if self.price_per_instance_hour is not None:
            price = self.price_per_instance_hour
            # NaN compares with nothing, so it is refused too.
            if isinstance(price, bool) or not isinstance(price, int | float) or not 0 < price <= _HIGHEST_PRICE:
                problems.add("price_per_instance_hour", f"be above 0 and at most {_HIGHEST_PRICE:,}", price)
        check_text(problems, "currency", self.currency, pattern=_CURRENCY, rule="be three capitals such as USD")
        if self.role_arn is not None:
            check_role_arn(problems, "role_arn", self.role_arn)
        check_flag(problems, "answers", self.answers)
        check_flag(problems, "enabled", self.enabled)
        check_off(problems, self.enabled, self.off_because, "say why nobody watches")
        problems.raise_if_any()

    @classmethod
    def off(cls, reason: str) -> Self:
        """No watch: the verdict is known to whoever asks for it, and nobody hears that a test has become too old.

        Args:
            reason: Why nobody needs to be told.
        """
        return cls(enabled=False, off_because=reason)
