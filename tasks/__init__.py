"""Prefect tasks: a few lines each over the pipeline, cached by content in the run directory."""
