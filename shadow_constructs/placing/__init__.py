"""Where constructs stand in an app, and what is refused there before the CDK would."""
