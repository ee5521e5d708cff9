"""Draws a CloudWatch dashboard of the local AWS with its real data: an HTML page and a PNG."""

from rehearsal.picture.drawing import Paths, draw

__all__ = ["Paths", "draw"]
