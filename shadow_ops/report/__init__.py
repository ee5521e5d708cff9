"""A shadow test on one page, for people who open a file: verdict, curves, answers, capacity and cost."""
