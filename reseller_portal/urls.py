"""Every address of the portal, room by room."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path, re_path

from mail.views import mail_reports
from reseller_portal import views
from signatures.views import network_picture, round_picture, signature_picture

urlpatterns = [
    path("", views.home, name="home"),
    path("hat/", views.hat, name="hat"),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("account/data/", views.own_data, name="own_data"),
    path("", include("accounts.urls")),
    path("", include("privacy.urls")),
    path("", include("invitations.urls")),
    path("reseller/", include("resellers.urls")),
    path("subscriptions/", include("subscriptions.urls")),
    path("invoices/", include("billing.urls")),
    path("", include("rollout.public_urls")),
    path("signatures/", include("rollout.urls")),
    path("signatures/", include("signatures.urls")),
    path("pictures/<uuid:key>.png", signature_picture, name="signature_picture"),
    path("pictures/<uuid:key>-round.png", round_picture, name="round_picture"),
    re_path(
        r"^pictures/icon-(?P<network>[a-z]{1,12})-(?P<colour>[0-9a-f]{6})\.png$",
        network_picture,
        name="network_picture",
    ),
    path("mail/reports/", mail_reports, name="mail_reports"),
    path("dev/mail/", include("mail.urls")),
    path(f"{settings.ADMIN_PATH}/", admin.site.urls),
]

handler403 = "reseller_portal.views.permission_denied"
handler500 = "reseller_portal.views.server_error"
