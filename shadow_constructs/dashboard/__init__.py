"""The comparison dashboard of a shadow test: its body as plain data, and the construct that renders it."""

from shadow_constructs.dashboard.body import dashboard_body, dashboard_name
from shadow_constructs.dashboard.construct import ComparisonDashboard

__all__ = ["ComparisonDashboard", "dashboard_body", "dashboard_name"]
