"""The funnel itself, one file per stage."""
