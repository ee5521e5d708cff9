"""As much of CodePipeline as whoever answers for a pipeline calls: what waits, and how it is answered."""
