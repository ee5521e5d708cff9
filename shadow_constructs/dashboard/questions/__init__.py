"""The questions a person asks of a shadow test, each answered by a row of the dashboard."""
