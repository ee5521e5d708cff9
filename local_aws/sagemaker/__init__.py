"""SageMaker's control plane: models, endpoint configurations, endpoints and their deployments."""
