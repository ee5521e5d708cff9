"""SageMaker models and the roles that they run with."""
