"""The worked example: two churn models that really differ, and the requests to compare them with."""
