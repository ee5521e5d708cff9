"""Workflow files for pipelines that aren't AWS's own: deploy the test, look at it, promote behind people, fold."""
