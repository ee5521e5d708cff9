"""The variants that a dashboard shows, each with its colour and what is known of its instances."""

from __future__ import annotations

from dataclasses import dataclass

from shadow_constructs.dashboard import colours
from shadow_constructs.values.hardware import Hardware
from shadow_constructs.values.shadow_test import ShadowTest
from shadow_constructs.values.variant import Variant
from shadow_ops.contract.instances import InstanceHardware, hardware_of


@dataclass(frozen=True)
class Lane:
    """One variant on the dashboard.

    Attributes:
        key: Begins the ids of its metrics.
        variant: The variant's name.
        title: What people read, such as ``shadow (v2)``.
        colour: Its colour in every graph.
        hardware: Its instances; None if it is serverless.
        machine: vCPUs and GPUs of an instance; None where the type isn't listed.
    """

    key: str
    variant: str
    title: str
    colour: str
    hardware: Hardware | None
    machine: InstanceHardware | None

    @property
    def has_gpus(self) -> bool:
        """Whether its instances are known to have GPUs."""
        return self.machine is not None and self.machine.gpus > 0


@dataclass(frozen=True)
class Lanes:
    """All variants of an endpoint.

    Attributes:
        production: The production variants, the main one first.
        shadow: The shadow, or None.
    """

    production: tuple[Lane, ...]
    shadow: Lane | None

    @property
    def all(self) -> tuple[Lane, ...]:
        """All of them, the shadow last."""
        return self.production if self.shadow is None else (*self.production, self.shadow)

    @property
    def pair(self) -> tuple[Lane, Lane] | None:
        """Production and shadow, where there is something to compare."""
        return None if self.shadow is None else (self.production[0], self.shadow)


def lanes_of(test: ShadowTest) -> Lanes:
    """The lanes of a test's variants."""
    main, *others = test.production_variants
    production = [_lane("p", main, "production", colours.PRODUCTION)]
    for number, other in enumerate(others, start=1):
        production.append(_lane(f"q{number}", other, other.name or "", colours.OTHERS[number - 1]))
    shadow = None if test.shadow is None else _lane("s", test.shadow, "shadow", colours.SHADOW)
    return Lanes(tuple(production), shadow)


def promoted_hardware(test: ShadowTest) -> Hardware | None:
    """The instances that would carry all the traffic after a promotion; None without a shadow."""
    if test.shadow is None:
        return None
    hardware = test.promoted().production.hardware
    return hardware if isinstance(hardware, Hardware) else None


def _lane(key: str, variant: Variant, role: str, colour: str) -> Lane:
    hardware = variant.hardware if isinstance(variant.hardware, Hardware) else None
    machine = None if hardware is None else hardware_of(hardware.instance_type)
    return Lane(key, variant.name or "", f"{role} ({variant.model.version})", colour, hardware, machine)
