"""The rehearsal: a shadow test's whole life on this machine, with the real CDK command line and a local AWS."""
