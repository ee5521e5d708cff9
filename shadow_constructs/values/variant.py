"""A variant: a model on some hardware, under a name."""

from __future__ import annotations

import math
from dataclasses import dataclass

from shadow_constructs.values import instance_types
from shadow_constructs.values.checks import check_service_name, check_type
from shadow_constructs.values.container import XGBoostImage
from shadow_constructs.values.hardware import Hardware, Serverless
from shadow_constructs.values.model import Model
from shadow_constructs.values.scaling import Scaling
from shadow_ops.contract.problems import Problems


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
        problems = Problems("Variant")
        has_model = check_type(problems, "model", self.model, Model, "be a Model(...)")
        kinds = (Hardware, Serverless)
        has_hardware = check_type(problems, "hardware", self.hardware, kinds, "be a Hardware(...) or Serverless(...)")
        if self.name is not None:
            check_service_name(problems, "name", self.name)
        weight = self.weight
        if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 <= weight < math.inf:
            problems.add("weight", "be a number of at least 0", weight)
        if has_model and has_hardware:
            self._check_architecture(problems)
        if self.scaling is not None and check_type(problems, "scaling", self.scaling, Scaling, "be a Scaling(...)"):
            self._check_scaling(problems)
        problems.raise_if_any()

    @property
    def label(self) -> str:
        """The variant in a few words: ``v2 (xgboost 3.0-5) on 1 x ml.m5.xlarge``."""
        return f"{self.model.label} on {self.hardware.label}"

    def _check_scaling(self, problems: Problems) -> None:
        if not isinstance(self.hardware, Hardware):
            problems.add("scaling", "be left out for a serverless variant", "Scaling(...)")
        elif self.hardware.instance_type.startswith("ml.t2."):
            # Application Auto Scaling refuses T2 (reported by users of AWS Controllers for Kubernetes).
            got = self.hardware.instance_type
            problems.add(
                "scaling", "be left out with T2 instances, which can't be scaled", got, "choose ml.m5 or alike"
            )

    def _check_architecture(self, problems: Problems) -> None:
        built_in = self.model.container is not None and isinstance(self.model.container.image, XGBoostImage)
        if built_in and isinstance(self.hardware, Hardware) and instance_types.is_graviton(self.hardware.instance_type):
            problems.add(
                "hardware",
                "be an x86 instance type for Container.xgboost",
                self.hardware.instance_type,
                "or give an Arm image by Container.uri(...)",
            )
