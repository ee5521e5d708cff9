"""Managed shadow tests (InferenceExperiment): requests, rules, the configurations they make, and their course."""
