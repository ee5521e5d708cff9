"""Captured answers of both variants, compared pair by pair.

SageMaker's data capture writes what each variant was asked and answered to S3. `find` and `fetch` get those files hour
by hour, `engines` read, join and compare them, `tally` counts, `result` says what came of it. All but the DuckDB and
Athena engines needs the standard library only, boto3 aside.
"""
