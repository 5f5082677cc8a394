"""A sign-in provider for the tests: OpenID Connect over real HTTP, as the real ones speak it."""

import base64
import hashlib
import json
import secrets
from collections.abc import Iterator
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from reseller_portal import clock

CLIENT_ID, SECRET = "portal", "a-secret-between-portal-and-provider"
TENANT = "8f6e5d0c-0000-4000-8000-3b2a1f0e9d8c"


@cache
def private_key(whose: str) -> rsa.RSAPrivateKey:
    """Return a key, the same for each name: making one takes its time."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Provider(ThreadingHTTPServer):
    """Signs in whoever `claims` describes, and checks what a provider checks of its clients.

    `claims` replace those of the token (None leaves one out); `key` signs it. `answers` is what a
    path answers instead: a status and a body. `asked` keeps the questions of each authorisation.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.issuer = self.url
        self.claims: dict[str, Any] = {}
        self.key = private_key("own")
        self.answers: dict[str, tuple[int, str]] = {}
        self.asked: list[dict[str, str]] = []
        self.codes: dict[str, dict[str, str]] = {}

    def authorise(self, question: dict[str, str]) -> str:
        """Return the address to send the browser back to, with a code that opens once."""
        self.asked.append(question)
        code = secrets.token_urlsafe(8)
        self.codes[code] = question
        back = urlencode({"code": code, "state": question["state"]})
        return f"{question['redirect_uri']}?{back}"

    def token(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        question = self.codes.pop(form.get("code", ""), None)
        verifier = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        proof = base64.urlsafe_b64encode(verifier).rstrip(b"=").decode()
        known = (form.get("client_id"), form.get("client_secret")) == (CLIENT_ID, SECRET)
        if not question or not known or question.get("code_challenge") != proof:
            return 400, {"error": "invalid_grant"}
        now = int(clock.real_now().timestamp())
        usual = {
            "iss": self.issuer.replace("{tenantid}", TENANT),
            "aud": CLIENT_ID,
            "sub": "subject-1",
            "tid": TENANT,
            "nonce": question["nonce"],
            "email": "anna@work.example",
            "iat": now,
            "exp": now + 600,
        }
        claims = {name: value for name, value in (usual | self.claims).items() if value is not None}
        token = jwt.encode(claims, self.key, algorithm="RS256", headers={"kid": "one"})
        return 200, {"access_token": "unused", "token_type": "Bearer", "id_token": token}

    def describe(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.url}/authorise",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
        }


class _Answers(BaseHTTPRequestHandler):
    server: Provider

    def do_GET(self) -> None:
        path, question = self._asked()
        if path == "/authorise":
            self.send_response(302)
            self.send_header("Location", self.server.authorise(question))
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif path == "/keys":
            public = jwt.algorithms.RSAAlgorithm.to_jwk(
                private_key("own").public_key(), as_dict=True
            )
            self._say(200, {"keys": [{**public, "kid": "one", "alg": "RS256", "use": "sig"}]})
        else:
            self._say(200, self.server.describe())

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = {name: values[0] for name, values in parse_qs(body).items()}
        self._say(*self.server.token(form))

    def _asked(self) -> tuple[str, dict[str, str]]:
        address = urlsplit(self.path)
        return address.path, {name: values[0] for name, values in parse_qs(address.query).items()}

    def _say(self, status: int, body: dict[str, Any]) -> None:
        status, text = self.server.answers.get(urlsplit(self.path).path, (status, json.dumps(body)))
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, format: str, *args: Any) -> None:
        """Stay quiet: the tests say what went wrong."""


@pytest.fixture
def provider(settings) -> Iterator[Provider]:
    """A provider that the portal knows as Microsoft; Google is not set up."""
    server = Provider()
    Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
    settings.SIGN_IN_PROVIDERS = {
        "microsoft": {"server": server.url, "client_id": CLIENT_ID, "secret": SECRET}
    }
    yield server
    server.shutdown()
    server.server_close()
