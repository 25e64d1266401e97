"""Prefect and Dask glue that is neither flow nor task: server, workers, caching, artifacts."""
