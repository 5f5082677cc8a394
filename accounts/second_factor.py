"""How the secrets of second factors are kept, as django-allauth asks."""

import base64

from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.utils.translation import gettext as _


class SecondFactorAdapter(DefaultMFAAdapter):
    """Secrets are encrypted with SECOND_FACTOR_KEYS: the first key writes, all of them read."""

    def encrypt(self, text: str) -> str:
        return _keys().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _keys().decrypt(encrypted_text.encode()).decode()

    def get_totp_issuer(self) -> str:
        return _("Reseller Portal")

    def _get_site_name(self) -> str:
        return _("Reseller Portal")

    def generate_authenticator_name(self, user, type) -> str:
        number = user.authenticator_set.filter(type=type).count() + 1
        return _("Passkey %(number)d") % {"number": number}


def _keys() -> MultiFernet:
    keys = settings.SECOND_FACTOR_KEYS.values()
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key[:32])) for key in keys])
