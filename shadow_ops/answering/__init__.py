"""Runs beside a pipeline: answers the approvals that wait for a verdict, and skips stages that have nothing to do."""
