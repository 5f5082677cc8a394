"""The portal as a Django application: shared commands, template tags and the admin site."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class PortalConfig(AppConfig):
    name = "reseller_portal"
    label = "portal"

    def ready(self):
        from reseller_portal import checks  # noqa: F401 registers itself


class PortalAdminConfig(AdminConfig):
    default_site = "reseller_portal.admin_site.PortalAdminSite"

    def ready(self):
        super().ready()
        from allauth.account.models import EmailAddress
        from allauth.mfa.models import Authenticator
        from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
        from django.contrib import admin
        from django.contrib.auth.models import Group

        # The portal knows roles, not groups, and keeps one address per user; the secrets of second
        # factors are nobody's to see; providers are settings, and only people connect them.
        admin.site.unregister(
            [Group, EmailAddress, Authenticator, SocialAccount, SocialApp, SocialToken]
        )
