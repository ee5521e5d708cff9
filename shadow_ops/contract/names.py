"""Names of AWS's that people type: of endpoints and Regions."""

from __future__ import annotations

import re

# API members EndpointName, VariantName, InferenceSpecificationName (botocore 1.44, sagemaker/2017-07-24): their pattern
# and their maximum of 63, which the pattern alone, taking runs of hyphens for nothing, doesn't hold.
SERVICE_NAME = re.compile(r"(?=.{1,63}\Z)[a-zA-Z0-9](-*[a-zA-Z0-9])*")
SERVICE_NAME_RULE = "be 1 to 63 letters, digits or inner hyphens"
# API member InferenceExperimentName.
EXPERIMENT_NAME = re.compile(r"(?=.{1,120}\Z)[a-zA-Z0-9](-*[a-zA-Z0-9])*")
EXPERIMENT_NAME_RULE = "be 1 to 120 letters, digits or inner hyphens"
REGION = re.compile(r"[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}")
