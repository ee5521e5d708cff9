"""SageMaker's built-in XGBoost images: their versions and tags.

Source: ``image_uri_config/xgboost.json`` of the SageMaker Python SDK 2.257.0, and of sagemaker-core 2.27.0 for
version 3.2-0.
"""

from __future__ import annotations

from types import MappingProxyType

REPOSITORY = "sagemaker-xgboost"

TAGS = MappingProxyType(
    {
        "0.90-1": "0.90-1-cpu-py3",
        "0.90-2": "0.90-2-cpu-py3",
        "1.0-1": "1.0-1-cpu-py3",
        "1.2-1": "1.2-1",
        "1.2-2": "1.2-2",
        "1.3-1": "1.3-1",
        "1.5-1": "1.5-1",
        "1.7-1": "1.7-1",
        "3.0-5": "3.0-5",
        "3.2-0": "3.2-0",
    }
)
