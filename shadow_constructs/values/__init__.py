"""The values: frozen, self-validating, pure Python. They never import the CDK."""
