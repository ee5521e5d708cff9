"""From CloudWatch to a recording: what is judged."""
