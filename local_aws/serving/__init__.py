"""What serves requests: model-server processes, invocation, mirroring, capture and measurements."""
