"""SageMaker's managed shadow tests (InferenceExperiment): find one, change its share, conclude it."""
