"""The seam to AWS: clients, what an endpoint serves, what is recorded of it."""
