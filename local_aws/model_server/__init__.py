"""The process that stands for a model container: it answers ``/ping`` and ``/invocations``."""
