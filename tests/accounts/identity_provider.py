"""Stand-ins for other organisations' log-in systems: OpenID Connect over real HTTP, and SAML answers with a real signature.

Each can be told to lie.
"""

import base64
import hashlib
import json
import secrets
import threading
import time
import uuid
import zlib
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from lxml import etree
from onelogin.saml2.constants import OneLogin_Saml2_Constants as C
from onelogin.saml2.utils import OneLogin_Saml2_Utils


def new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


class OpenIDProvider:
    """Hands out codes for claims; `key` signs, `published_key` is what the world is told to check with."""

    client_id = "vakwijs"
    secret = "geheim-van-de-koppeling"

    def __init__(self) -> None:
        self.key = self.published_key = new_key()
        self.codes: dict[str, dict[str, Any]] = {}
        self.tokens: dict[str, dict[str, Any]] = {}
        self.id_token_changes: dict[str, Any] = {}
        self.userinfo_changes: dict[str, Any] = {}
        self.algorithm = "RS256"
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def app(self) -> dict[str, Any]:
        return {"id": "noord", "name": "Ziekenhuis Noord", "server_url": self.url, "client_id": self.client_id, "secret": self.secret}

    def log_in(self, address: str, **claims: Any) -> dict[str, str]:
        """What this system does when someone logs in at the address our site sent them to: the answer that their browser carries back."""
        query = {key: values[0] for key, values in parse_qs(urlsplit(address).query).items()}
        code = secrets.token_urlsafe()
        self.codes[code] = {"claims": {"sub": "persoon-1", **claims}, **query}
        return {"code": code, "state": query["state"]}

    def _token(self, form: dict[str, str]) -> dict[str, Any] | None:
        asked = self.codes.pop(form.get("code", ""), None)
        if asked is None:
            return None
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest()).decode().rstrip("=")
        if challenge != asked.get("code_challenge"):
            return None
        access_token = secrets.token_urlsafe()
        self.tokens[access_token] = asked["claims"]
        now = int(time.time())
        claims = {"iss": self.url, "aud": self.client_id, "iat": now, "exp": now + 300, **asked["claims"], **self.id_token_changes}
        key: Any = self.key if self.algorithm.startswith("RS") else (self.secret if self.algorithm == "HS256" else None)
        answer = {"access_token": access_token, "token_type": "Bearer", "expires_in": 300}
        if self.algorithm != "absent":
            answer["id_token"] = jwt.encode(claims, key, algorithm=self.algorithm, headers={"kid": "sleutel-1"})
        return answer

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *args: Any) -> None:
                pass

            def answer(self, body: dict[str, Any] | None) -> None:
                data = json.dumps(body or {"error": "invalid_grant"}).encode()
                self.send_response(200 if body else 400)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def do_GET(self) -> None:
                if self.path == "/.well-known/openid-configuration":
                    names = {"authorization": "authorize", "token": "token", "userinfo": "userinfo"}
                    endpoints = {f"{name}_endpoint": f"{provider.url}/{path}" for name, path in names.items()}
                    self.answer({"issuer": provider.url, "jwks_uri": f"{provider.url}/jwks", **endpoints})
                elif self.path == "/jwks":
                    jwk = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(provider.published_key.public_key()))
                    self.answer({"keys": [{**jwk, "kid": "sleutel-1", "alg": "RS256", "use": "sig"}]})
                else:
                    claims = provider.tokens.get(self.headers.get("Authorization", "").removeprefix("Bearer "))
                    self.answer({**claims, **provider.userinfo_changes} if claims else None)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                self.answer(provider._token({key: values[0] for key, values in parse_qs(body).items()}))

        return Handler


class SAMLProvider:
    """Answers a log-in request with an assertion, signed with `key`; the site knows `certificate`."""

    entity_id = "https://idp.zuid.example/metadata"
    sso_url = "https://idp.zuid.example/sso"

    def __init__(self) -> None:
        self.key = new_key()
        self.certificate = self.certificate_for(self.key)

    @staticmethod
    def certificate_for(key: rsa.RSAPrivateKey) -> str:
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "idp.zuid.example")])
        now = datetime.now(UTC)
        builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        built = (
            builder.serial_number(1)
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=9))
            .sign(key, hashes.SHA256())
        )
        return built.public_bytes(serialization.Encoding.PEM).decode()

    def app(self) -> dict[str, Any]:
        attributes = {"uid": "uid", "email": "mail", "email_verified": "mailVerified", "first_name": "givenName", "last_name": "sn"}
        return {
            "id": "zuid",
            "name": "Ziekenhuis Zuid",
            "entity_id": self.entity_id,
            "sso_url": self.sso_url,
            "x509cert": self.certificate,
            "attributes": attributes,
            "allow_single_label_domains": True,
        }

    @staticmethod
    def request_id(address: str) -> str:
        packed = base64.b64decode(parse_qs(urlsplit(address).query)["SAMLRequest"][0])
        return etree.fromstring(zlib.decompress(packed, -15)).get("ID")

    def answer(
        self,
        *,
        in_response_to: str,
        base: str,
        key: rsa.RSAPrivateKey | None = None,
        audience: str = "",
        minutes: int = 5,
        signed: bool = True,
        **attributes: str,
    ) -> str:
        """A SAMLResponse as a browser posts it."""
        now, moment = datetime.now(UTC), "%Y-%m-%dT%H:%M:%SZ"
        acs, until = f"{base}/account/saml/zuid/acs/", (now + timedelta(minutes=minutes)).strftime(moment)
        issued = (now - timedelta(minutes=1)).strftime(moment)
        values = "".join(
            f'<saml:Attribute Name="{name}"><saml:AttributeValue>{value}</saml:AttributeValue></saml:Attribute>'
            for name, value in attributes.items()
        )
        assertion = f"""<saml:Assertion xmlns:saml="{C.NS_SAML}" ID="_{uuid.uuid4().hex}" Version="2.0" IssueInstant="{issued}"><saml:Issuer>{self.entity_id}</saml:Issuer><saml:Subject><saml:NameID Format="{C.NAMEID_PERSISTENT}">{attributes.get("uid", "persoon-1")}</saml:NameID><saml:SubjectConfirmation Method="{C.CM_BEARER}"><saml:SubjectConfirmationData NotOnOrAfter="{until}" Recipient="{acs}" InResponseTo="{in_response_to}"/></saml:SubjectConfirmation></saml:Subject><saml:Conditions NotBefore="{issued}" NotOnOrAfter="{until}"><saml:AudienceRestriction><saml:Audience>{audience or base + "/account/saml/zuid/metadata/"}</saml:Audience></saml:AudienceRestriction></saml:Conditions><saml:AuthnStatement AuthnInstant="{issued}"><saml:AuthnContext><saml:AuthnContextClassRef>{C.AC_PASSWORD}</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement><saml:AttributeStatement>{values}</saml:AttributeStatement></saml:Assertion>"""
        if signed:
            private = (
                (key or self.key)
                .private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
                .decode()
            )
            assertion = OneLogin_Saml2_Utils.add_sign(assertion, private, self.certificate_for(key) if key else self.certificate)
            assertion = assertion.decode() if isinstance(assertion, bytes) else assertion
            assertion = assertion.split("?>", 1)[-1] if assertion.startswith("<?xml") else assertion
        response = f"""<samlp:Response xmlns:samlp="{C.NS_SAMLP}" xmlns:saml="{C.NS_SAML}" ID="_{uuid.uuid4().hex}" Version="2.0" IssueInstant="{issued}" Destination="{acs}" InResponseTo="{in_response_to}"><saml:Issuer>{self.entity_id}</saml:Issuer><samlp:Status><samlp:StatusCode Value="{C.STATUS_SUCCESS}"/></samlp:Status>{assertion}</samlp:Response>"""
        return base64.b64encode(response.encode()).decode()
