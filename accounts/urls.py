"""The doors that let people in. Only those of allauth's pages that the portal uses."""

from allauth.account import views as allauth
from django.urls import path, re_path

from accounts import views
from accounts.access import everybody

urlpatterns = [
    path("sign-in/", everybody(allauth.login), name="account_login"),
    path("sign-out/", everybody(allauth.logout), name="account_logout"),
    path("account/closed/", everybody(allauth.account_inactive), name="account_inactive"),
    path("password/", everybody(allauth.password_reset), name="account_reset_password"),
    path(
        "password/asked/",
        everybody(allauth.password_reset_done),
        name="account_reset_password_done",
    ),
    re_path(
        r"^password/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        everybody(allauth.password_reset_from_key),
        name="account_reset_password_from_key",
    ),
    path(
        "password/chosen/",
        everybody(allauth.password_reset_from_key_done),
        name="account_reset_password_from_key_done",
    ),
    path("preferences/", views.set_preferences, name="set_preferences"),
]
