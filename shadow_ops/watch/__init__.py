"""What runs every quarter of an hour while a shadow is tested: look, judge, keep, tell. It changes no endpoint."""
