"""Wiring only: settings, addresses, the queue, the clock. No rule of the business lives here."""

# The web process must know the Celery application too, or it publishes to the default broker.
from reseller_portal.celery import app as celery_app

__all__ = ["celery_app"]
