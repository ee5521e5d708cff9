"""A variant: a model on some hardware, under a name."""

from __future__ import annotations

from dataclasses import dataclass

from shadow_constructs.values.checks import check_service_name, check_type
from shadow_constructs.values.hardware import Hardware, Serverless
from shadow_constructs.values.model import Model
from shadow_constructs.values.pairs.of_variant import PAIRS
from shadow_constructs.values.pairs.pair import check_pairs
from shadow_constructs.values.scaling import Scaling
from shadow_ops.contract.checks import checking

# API member VariantWeight is a float of 32 bits: what is finer than a millionth of the others would be lost.
# The service's weights are floats of 32 bits: of less nothing is sure to be left.
_LIGHTEST = 1e-6
_HEAVIEST = 1_000_000


@dataclass(frozen=True)
class Variant:
    """A model on some hardware. Production and shadow may differ in the model, its container and the hardware.

    Attributes:
        model: What serves.
        hardware: What it runs on.
        name: The variant's name in SageMaker. By default ``production`` or ``shadow``, by its role. Keep the
            production variant's name for good: metrics, scaling and deployment guardrails hang on it.
        scaling: How its instance count follows its traffic. By default it doesn't, and a shadow does as production,
            see `ShadowTest.scaling`; `Scaling.off` keeps a shadow at its count.
        weight: Share of the requests among several production variants, relative to the others' weights; 0 sends
            none. Without meaning for a single variant.
    """

    model: Model
    hardware: Hardware | Serverless
    name: str | None = None
    weight: float = 1
    scaling: Scaling | None = None

    def __post_init__(self) -> None:
        """Check the value.

        Raises:
            InvalidValueError: With one line per mistake.
        """
        problems = checking(self)
        check_type(problems, "model", self.model, Model, "be a Model(...)")
        kinds = (Hardware, Serverless)
        check_type(problems, "hardware", self.hardware, kinds, "be a Hardware(...) or Serverless(...)")
        if self.name is not None:
            check_service_name(problems, "name", self.name)
        weight = self.weight
        if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 <= weight <= _HEAVIEST:
            problems.add("weight", "be a number of at least 0 and at most a million", weight)
        elif 0 < weight < _LIGHTEST:
            problems.add("weight", f"be 0 or at least {_LIGHTEST:g}", weight, "the service's weights have 32 bits")
        if self.scaling is not None:
            check_type(problems, "scaling", self.scaling, Scaling, "be a Scaling(...)")
        if problems.count == 0:
            check_pairs(problems, PAIRS, self)
        problems.raise_if_any()

    @property
    def label(self) -> str:
        """The variant in a few words: ``v2 (xgboost 3.0-5) on 1 x ml.m5.xlarge``."""
        return f"{self.model.label} on {self.hardware.label}"
