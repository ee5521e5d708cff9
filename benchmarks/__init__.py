"""Speed and scale, side by side with what users would otherwise write. ``make bench`` runs them."""
