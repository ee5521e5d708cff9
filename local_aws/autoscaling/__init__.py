"""Application Auto Scaling for SageMaker variants: targets, policies and scheduled actions, without scaling."""
