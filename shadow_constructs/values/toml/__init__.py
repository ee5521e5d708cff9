"""A shadow test written as data: `ShadowTest.from_file`."""
