"""Random schedules of deployments, failures, times and copies, and an outsider who looks for harm."""
