"""The example app's own folder: what app.py composes. The library's stacks are in `shadow_constructs`."""
