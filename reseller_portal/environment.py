"""Reading the environment: what each setting may be, and one clear sentence when it is not."""

import os
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

MODES = ("demo", "test", "production")
# What each provider is asked at when the environment names no other server. Microsoft's takes in
# people of every organisation, but no private accounts.
SIGN_IN_SERVERS = {
    "microsoft": "https://login.microsoftonline.com/organizations/v2.0",
    "google": "https://accounts.google.com",
}


def running_servers(folder: Path) -> None:
    """Take what the running demo wrote to `servers.env`, where the environment says nothing itself.

    So `python manage.py …` in a second terminal finds the servers that `make run` started.
    """
    file = folder / "servers.env"
    if "PORTAL_MODE" not in os.environ and file.is_file():
        environ.Env.read_env(str(file))


def secret(name: str, *, mode: str, least: int = 32) -> str:
    """Return a secret from NAME, or from the file that NAME_FILE points to.

    Raises ImproperlyConfigured naming the variable, never its value, if missing or too weak.
    """
    file = os.environ.get(f"{name}_FILE", "")
    value = Path(file).read_text().strip() if file else os.environ.get(name, "")
    if not value:
        raise ImproperlyConfigured(
            f"{name} is not set. In production every secret comes from the environment;"
            " to try the portal, use `make run`."
        )
    if mode == "production" and (len(value) < least or len(set(value)) < 8 or "only-for" in value):
        raise ImproperlyConfigured(f"{name} is too weak: use at least {least} random characters.")
    return value


def optional_secret(name: str) -> str:
    """Return a secret from NAME or from the file that NAME_FILE points to; empty when unset."""
    file = os.environ.get(f"{name}_FILE", "")
    return Path(file).read_text().strip() if file else os.environ.get(name, "")


def sign_in_providers(*, mode: str) -> dict[str, dict[str, str]]:
    """Return the providers by which people may sign in: name → server, client id and secret.

    Raises ImproperlyConfigured when half of a provider is set, or its server is not https.
    """
    providers = {}
    for name, usual_server in SIGN_IN_SERVERS.items():
        prefix = f"{name.upper()}_SIGN_IN"
        client_id = os.environ.get(f"{prefix}_CLIENT_ID", "")
        client_secret = optional_secret(f"{prefix}_SECRET")
        if bool(client_id) != bool(client_secret):
            raise ImproperlyConfigured(
                f"Set both {prefix}_CLIENT_ID and {prefix}_SECRET, or neither of them."
            )
        server = os.environ.get(f"{prefix}_SERVER", "").rstrip("/") or usual_server
        if mode == "production" and not server.startswith("https://"):
            raise ImproperlyConfigured(f"{prefix}_SERVER must begin with https:// in production.")
        if client_id:
            providers[name] = {"server": server, "client_id": client_id, "secret": client_secret}
    return providers


def signing_keys(name: str, *, mode: str) -> dict[str, bytes]:
    """Return key id → key from `id:hex,id:hex`; the first one signs, all of them verify."""
    keys = {}
    for part in secret(name, mode=mode).split(","):
        key_id, _, hexadecimal = part.strip().partition(":")
        try:
            keys[key_id] = bytes.fromhex(hexadecimal)
        except ValueError:
            raise ImproperlyConfigured(
                f"{name} must read like k1:<64 hexadecimal digits>."
            ) from None
        if not key_id.isalnum() or len(keys[key_id]) < 32:
            raise ImproperlyConfigured(f"{name} must read like k1:<64 hexadecimal digits>.")
    return keys


def require_production_values(values: dict[str, str]) -> None:
    """Refuse to start in production with a setting that only makes sense on one's own machine."""
    for name, value in values.items():
        if not value:
            raise ImproperlyConfigured(f"{name} is not set, and production needs it.")
    if "*" in values["ALLOWED_HOSTS"]:
        raise ImproperlyConfigured("ALLOWED_HOSTS must name the hosts, not `*`.")
    if not values["BASE_URL"].startswith("https://"):
        raise ImproperlyConfigured("BASE_URL must begin with https:// in production.")
