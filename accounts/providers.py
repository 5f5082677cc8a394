"""Signing in by a provider: what Microsoft and Google are asked and what of their answer is kept.

OpenID Connect with a code, PKCE, a nonce, and a state that lives in the session for ten minutes.
The issuer and the subject that the provider names are who somebody is; an e-mail address in its
answer proves nothing, for the owner of any organisation can write any address into it.
"""

from typing import Any
from urllib.parse import urlsplit

import jwt
import requests
from allauth.socialaccount.internal import jwtkit
from allauth.socialaccount.models import SocialToken
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.core.cache import cache

# How long a provider's description of itself is believed, in seconds.
KEPT_FOR = 60 * 60
NEEDED = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")
# Microsoft describes all organisations at once; each signs as an issuer of its own.
TENANT = "{tenantid}"


class Conversation(OpenIDConnectOAuth2Adapter):
    """The portal's questions to a provider. Whatever is wrong with an answer is an OAuth2Error."""

    @property
    def openid_config(self) -> dict[str, Any]:
        address = self.get_provider().server_url
        key = f"sign-in-provider:{address}"
        found = cache.get(key)
        if found is None:
            found = _described(address)
            cache.set(key, found, KEPT_FOR)
        return found

    def parse_token(self, data: dict[str, Any]) -> SocialToken:
        """Take nothing over: the portal asks the provider for nothing after signing in."""
        return SocialToken(token="")

    def complete_login(self, request, app, token, **kwargs):
        try:
            claims = self._proven(app, kwargs["response"]["id_token"])
        except (KeyError, TypeError, ValueError, jwt.PyJWTError) as wrong:
            raise OAuth2Error("The provider's answer cannot be read.") from wrong
        login = self.get_provider().sociallogin_from_response(request, claims)
        login.nonce = claims.get("nonce")
        return login

    def _proven(self, app, id_token: str) -> dict[str, Any]:
        """Return what the token says, once its signature, issuer, audience and time are right."""
        description = self.openid_config
        issuer = description["issuer"]
        if TENANT in issuer:
            claimed = jwt.decode(id_token, options={"verify_signature": False})
            issuer = issuer.replace(TENANT, str(claimed["tid"]))
        claims = jwtkit.verify_and_decode(
            credential=id_token,
            keys_url=description["jwks_uri"],
            issuer=issuer,
            audience=app.client_id,
            lookup_kid=jwtkit.lookup_kid_jwk,
        )
        if not claims["sub"] or not claims["exp"]:
            raise ValueError
        return claims


class SignInProvider(OpenIDConnectProvider):
    """A provider out of the settings; see `reseller_portal.environment.sign_in_providers`."""

    oauth2_adapter_class = Conversation

    def extract_uid(self, data: dict[str, Any]) -> str:
        return f"{data['iss']} {data['sub']}"

    def extract_common_fields(self, data: dict[str, Any]) -> dict[str, Any]:
        return {}

    def extract_email_addresses(self, data: dict[str, Any]) -> list[Any]:
        return []

    def extract_extra_data(self, data: dict[str, Any]) -> dict[str, str]:
        """Keep what its owner knows the account by, and nothing else."""
        return {"email": str(data.get("email") or data.get("preferred_username") or "")[:254]}


def form_targets() -> list[str]:
    """Return the origins that a form may lead to when it asks a provider to sign somebody in."""
    return [_origin(each["server"]) for each in settings.SIGN_IN_PROVIDERS.values()]


def _described(address: str) -> dict[str, Any]:
    try:
        answer = requests.get(address, timeout=5)
        answer.raise_for_status()
        said = answer.json()
        description = {name: said[name] for name in NEEDED}
        if _origin(description["issuer"]) != _origin(address):
            raise ValueError
    except (requests.RequestException, AttributeError, KeyError, TypeError, ValueError) as wrong:
        raise OAuth2Error("The provider does not describe itself.") from wrong
    return description


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
