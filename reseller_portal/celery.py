"""The Celery application: what workers run and what the web process queues to."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "reseller_portal.settings")

app = Celery("reseller_portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
for module in ("tasks", "jobs", "schedule"):
    app.autodiscover_tasks(related_name=module)
