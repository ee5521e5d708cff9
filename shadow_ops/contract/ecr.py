"""Addresses of images that SageMaker takes without a private registry: of Amazon ECR's private repositories."""

from __future__ import annotations

import re

# Amazon ECR User Guide, ecr-requests: <account>.dkr.ecr.<region>.<suffix>, dkr.ecr-fips for FIPS, and dkr-ecr or
# dkr-ecr-fips under on.aws (in China on.amazonwebservices.com.cn) where IPv6 is spoken too.
ADDRESS = re.compile(
    r"(?P<account>\d{12}|TOKEN\d+)\.(?:dkr\.ecr(?:-fips)?|dkr-ecr(?:-fips)?)\.(?P<region>[a-z0-9-]+|TOKEN\d+)\."
    r"(?P<suffix>[a-z0-9.-]+|TOKEN\d+)/(?P<repository>(?:[a-z0-9._/-]|TOKEN\d+)+?)"
    r"(?:(?P<mark>[:@])(?P<version>(?:[A-Za-z0-9_.:-])+))?"
)
"""The parts of one; each may be the place of something unknown, written TOKEN and a number."""

LONGEST = 255
"""API member ContainerImage."""
EXAMPLE = "<account>.dkr.ecr.<region>.amazonaws.com/churn:7"
