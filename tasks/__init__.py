"""The workers: Celery calls the flow, and holds no logic."""
