"""Shadow tests that are written as data, in TOML: changed as a person would, comments and order kept."""
