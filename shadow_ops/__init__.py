"""What runs: the policy, the judge, the deployment guard and the command line. Never imports aws_cdk."""
