"""CloudWatch's arithmetic: an aggregated metric store, statistics, metric math and alarm verdicts."""
