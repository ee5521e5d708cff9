"""The deployment guard: what runs before and after an endpoint's update, inside the deployment."""
