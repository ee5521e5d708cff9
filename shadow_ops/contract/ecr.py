"""Addresses of images that SageMaker takes without a private registry: of Amazon ECR's private repositories."""

from __future__ import annotations

import re

# Amazon ECR User Guide, ecr-requests: <account>.dkr.ecr.<region>.<suffix>, dkr.ecr-fips for FIPS, and dkr-ecr or
# dkr-ecr-fips under on.aws (in China on.amazonwebservices.com.cn) where IPv6 is spoken too.
ADDRESS = re.compile(
    r"(?P<account>\d{12}|TOKEN\d+)\.(?:dkr\.ecr(?:-fips)?|dkr-ecr(?:-fips)?)\.(?P<region>[a-z0-9-]+|TOKEN\d+)\."
    r"(?P<suffix>[a-z0-9.-]+|TOKEN\d+)/(?P<repository>[^\s:@]+)(?::(?P<tag>[^\s@]*))?(?:@(?P<digest>\S*))?"
)
"""The parts of one, not yet looked at; each may be the place of something unknown, written TOKEN and a number."""

# API members RepositoryName and imageDigest; Docker's rule for tags.
_WORD = r"[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*"
REPOSITORY = re.compile(rf"(?=.{{2,256}}\Z){_WORD}(?:/{_WORD})*")
REPOSITORY_RULE = "2 to 256 small letters and digits, with single . or /, one or two _ or any - between them"
TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")

LONGEST = 255
"""API member ContainerImage."""
EXAMPLE = "<account>.dkr.ecr.<region>.amazonaws.com/churn:7"
