"""The only code that touches ministack."""
