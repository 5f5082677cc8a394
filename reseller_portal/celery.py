"""The Celery application: what workers run and what the web process queues to."""

import os

from celery import Celery
from celery.signals import task_prerun
from django.db import connection

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "reseller_portal.settings")

app = Celery("reseller_portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
for module in ("tasks", "jobs", "schedule"):
    app.autodiscover_tasks(related_name=module)


@task_prerun.connect
def replace_broken_connections(**task: object) -> None:
    """Begin no task on a connection that broke: CELERY_DB_REUSE_MAX would keep it for hundreds."""
    if not connection.in_atomic_block:
        connection.close_if_unusable_or_obsolete()
