"""Names of AWS's that people type: of endpoints and Regions, and how ARNs end."""

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

# IAM's API members pathType (512 characters, slashes included), roleNameType and policyNameType; SageMaker's and
# Lambda's RoleArn take the letters of a name in a path, and no others.
_PATH = r"(?:(?=[^/])[\w+=,.@/-]{1,510}/)?"
ROLE = rf"role/{_PATH}[\w+=,.@-]{{1,64}}"
"""How the ARN of a role ends: its path, if it has one, and its name, which is never empty."""
POLICY = rf"policy/{_PATH}[\w+=,.@-]{{1,128}}"
"""How the ARN of a policy ends."""
# Lambda's API members FunctionName (64 characters of a name alone) and Alias, or a version's number.
FUNCTION = r"function:[\w-]{1,64}(?::(?:\$LATEST|[\w-]{1,128}))?"
"""How the ARN of a function ends."""
