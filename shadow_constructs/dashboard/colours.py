"""The colours of the dashboard: the same meaning everywhere, told apart by colour-blind eyes too.

Blue, orange, green and purple of the palette by Okabe and Ito ("Color Universal Design", 2008).
"""

from __future__ import annotations

PRODUCTION = "#0072B2"
SHADOW = "#E69F00"
DIFFERENCE = "#009E73"
"""Of what is neither variant's but computed from both."""
THRESHOLD = "#CC79A7"
"""Of what the policy allows, and what is expected."""

OTHERS = ("#56B4E9", "#F0E442", "#009E73", "#D55E00", "#999999", "#CC79A7", "#000000", "#56B4E9", "#F0E442")
"""Of further production variants, which only an endpoint without a shadow has."""
