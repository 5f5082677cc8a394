"""The portal's addresses, and some that fail with a person's data in their exception's words."""

from django.db import transaction
from django.urls import path

from accounts.access import everybody
from accounts.models import User
from reseller_portal.urls import handler403, handler500, urlpatterns  # noqa: F401 Django reads them here
from tests.planted import PLANTED


@everybody
def fail(request):
    raise ValueError(f"no number: {PLANTED.name} {PLANTED.email}")


@everybody
def fail_in_the_database(request):
    with transaction.atomic():
        User.objects.create_user(PLANTED.email, name=PLANTED.name)


urlpatterns = [
    path("fails/", fail),
    path("fails-in-the-database/", fail_in_the_database),
    *urlpatterns,
]
