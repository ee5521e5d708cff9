"""SageMaker shadow tests as code: AWS CDK constructs and the values they render."""

from shadow_constructs.alarms import EndpointAlarms
from shadow_constructs.dashboard import ComparisonDashboard
from shadow_constructs.endpoint.capture_bucket import CaptureBucket
from shadow_constructs.endpoint.capture_table import CaptureTable
from shadow_constructs.endpoint.reference import EndpointReference
from shadow_constructs.endpoint.shadow_endpoint import ShadowEndpoint
from shadow_constructs.guard.update_guard import UpdateGuard
from shadow_constructs.metrics import VariantMetrics
from shadow_constructs.model.serving_model import ServingModel
from shadow_constructs.stacks.managed_stack import ManagedShadowTestStack
from shadow_constructs.stacks.promotion_stack import PromotionStack
from shadow_constructs.stacks.shadow_test_stack import ShadowTestStack
from shadow_constructs.values.alerts import Alerts
from shadow_constructs.values.capture import Capture
from shadow_constructs.values.container import Container
from shadow_constructs.values.dashboard import Dashboard
from shadow_constructs.values.guard import Guard
from shadow_constructs.values.guardrails import Guardrails
from shadow_constructs.values.hardware import CoreDump, Hardware, Routing, Serverless
from shadow_constructs.values.intent import Promotion, Rollback
from shadow_constructs.values.managed import ManagedShadowTest
from shadow_constructs.values.metrics_publishing import MetricsPublishing
from shadow_constructs.values.model import Model, ModelPackage
from shadow_constructs.values.network import Network
from shadow_constructs.values.scaling import Scaling, Schedule
from shadow_constructs.values.shadow_test import ShadowTest
from shadow_constructs.values.uncaught import told_in_lines
from shadow_constructs.values.variant import Variant
from shadow_constructs.values.watch import Watch
from shadow_ops.contract.policy import GatePolicy
from shadow_ops.contract.problems import InvalidValueError
from shadow_ops.contract.rules import Rule

told_in_lines()

__all__ = [
    "Alerts",
    "Capture",
    "CaptureBucket",
    "CaptureTable",
    "ComparisonDashboard",
    "Container",
    "CoreDump",
    "Dashboard",
    "EndpointAlarms",
    "EndpointReference",
    "GatePolicy",
    "Guard",
    "Guardrails",
    "Hardware",
    "InvalidValueError",
    "ManagedShadowTest",
    "ManagedShadowTestStack",
    "MetricsPublishing",
    "Model",
    "ModelPackage",
    "Network",
    "Promotion",
    "PromotionStack",
    "Rollback",
    "Routing",
    "Rule",
    "Scaling",
    "Schedule",
    "Serverless",
    "ServingModel",
    "ShadowEndpoint",
    "ShadowTest",
    "ShadowTestStack",
    "UpdateGuard",
    "Variant",
    "VariantMetrics",
    "Watch",
]
