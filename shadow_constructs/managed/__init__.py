"""SageMaker's own shadow tests (InferenceExperiment) in the template."""
