"""The deployment guard in the template: one Lambda function, and two custom resources around the endpoint."""
