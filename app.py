#!/usr/bin/env python3
"""The churn example: version 2 of a model is tested beside version 1, then promoted.

Its parameters are the context values in cdk.json; override one with ``cdk deploy churn-shadow -c sampling_percent=20``.
"""

from pathlib import Path

import aws_cdk as cdk

from shadow_constructs import PromotionStack, ShadowTestStack
from stacks.churn import churn_test
from stacks.context import Parameters, written_in

# What the CDK command line gives wins; without it the app runs with the values of cdk.json all the same.
app = cdk.App(context=written_in(Path(__file__).parent / "cdk.json"))
churn = churn_test(Parameters(app))

# Both are one stack in CloudFormation, named like the endpoint: deploying the second updates the first in place.
ShadowTestStack(app, "churn-shadow", test=churn)
PromotionStack(app, "churn-promotion", test=churn)

app.synth()
