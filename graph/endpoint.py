"""One call to a SPARQL 1.1 endpoint over HTTP, through SPARQLWrapper: bounded, and stopped when nobody waits for it."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from email.message import Message
from functools import cache
from typing import Any, Protocol

from SPARQLWrapper import POST, SPARQLWrapper

from evidensgraf.graph.engine import EngineFault, EngineUnavailable

AGENT = "evidensgraf (https://w3id.org/evidensgraf/)"
"""``User-Agent`` of every call."""
CONNECT = 3.0
"""How long it may take to connect, in seconds."""
_ERROR_BYTES = 4096
_PASSING = (502, 503, 504)


@dataclass(frozen=True)
class Endpoint:
    """Where a SPARQL 1.1 endpoint is, and the credentials that it is called with, which never show in ``repr()``.

    ``query`` is the IRI of the query operation. With ``user`` and ``password`` the challenge of the endpoint decides
    between Basic and Digest (RFC 7617, RFC 7616); ``token`` is a bearer token (RFC 6750).
    """

    query: str
    user: str = ""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)


class Passing(EngineUnavailable):
    """A failure that may have passed in a moment: no connection, or 502, 503 or 504. ``retry_after`` is in seconds."""


class Missing(EngineFault):
    """There is nothing at the address (404 or 410)."""


class TooLate(Exception):
    """The deadline of a call has passed, or nobody waits for it any longer."""


class Call:
    """The life of one call: its deadline (``time.monotonic``), and the connection that is cut to end it early."""

    def __init__(self, seconds: float) -> None:
        self.deadline = time.monotonic() + seconds
        self._stopped = threading.Event()
        self._socket: socket.socket | None = None

    def left(self) -> float:
        """Return the seconds that are left. Raises ``TooLate`` when there are none."""
        left = self.deadline - time.monotonic()
        if self._stopped.is_set() or left <= 0:
            raise TooLate
        return left

    def pause(self, seconds: float) -> None:
        """Wait. Raises ``TooLate`` at once when so much time is not left, and when the call is stopped meanwhile."""
        if self.left() <= seconds or self._stopped.wait(seconds):
            raise TooLate

    def connected(self, connection: socket.socket) -> None:
        """Take the connection of the call; it is cut at once when the call was stopped before it was made."""
        self._socket = connection
        if self._stopped.is_set():
            self.stop()

    def stop(self) -> None:
        """End the call from another thread: whatever it waits for fails at once."""
        self._stopped.set()
        if self._socket is not None:
            try:
                self._socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                return


class Response(Protocol):
    """What is used of ``http.client.HTTPResponse``."""

    status: int
    headers: http.client.HTTPMessage

    def read(self, amount: int = -1, /) -> bytes:
        """Return at most ``amount`` bytes."""
        ...

    def close(self) -> None:
        """Close the connection."""
        ...


class Handshake:
    """What an endpoint has asked for by way of authentication; shared by its calls, so that each is asked once."""

    def __init__(self) -> None:
        self.basic = False
        self.digest: dict[str, str] | None = None
        self.nonce: tuple[str | None, int] = (None, 0)


class _Wrapper(SPARQLWrapper):
    """SPARQLWrapper for a query whose form is known, with an opener of its own (its module's is global)."""

    def __init__(self, endpoint: Endpoint, form: str, accept: str, opener: urllib.request.OpenerDirector) -> None:
        self._form, self._accept, self._opener = form, accept, opener
        super().__init__(endpoint.query, agent=AGENT)
        self.setMethod(POST)
        self.setOnlyConneg(True)

    def _parseQueryType(self, query: str) -> str:  # noqa: N802
        return self._form

    def _getAcceptHeader(self) -> str:  # noqa: N802
        return self._accept

    def open(self, seconds: float) -> Response:
        """Send the query and return the response. Raises what ``urllib.request`` raises."""
        response: Response = self._opener.open(self._createRequest(), timeout=seconds)
        return response


def ask(
    endpoint: Endpoint,
    call: Call,
    text: str,
    form: str,
    accept: str,
    dataset: Mapping[str, Sequence[str]] | None = None,
    handshake: Handshake | None = None,
) -> Response:
    """Send a query (or an update, with the form ``INSERT``) by POST and return the response of an endpoint that
    answers with 2xx (SPARQL 1.1 Protocol §2.1.2, §2.2.1).

    ``dataset`` has the values of ``default-graph-uri`` and ``named-graph-uri``. Raises ``TooLate``, ``Passing``,
    ``EngineFault``, and ``Rejected`` for a status that says that the query is at fault.
    """
    handshake = handshake or Handshake()
    wrapper = _Wrapper(endpoint, form, accept, opener(endpoint, call, handshake))
    if handshake.basic:
        wrapper.setCredentials(endpoint.user, endpoint.password)
    if endpoint.token:
        wrapper.addCustomHttpHeader("Authorization", f"Bearer {endpoint.token}")
    for name, graphs in (dataset or {}).items():
        for graph in graphs:
            wrapper.addParameter(name, graph)
    wrapper.setQuery(text)
    return send(wrapper.open, call)


class Rejected(Exception):
    """The endpoint does not accept the query (400 or 500): ``str()`` is what it says."""


def send(call_out: Callable[[float], Response], call: Call) -> Response:
    """Return the response of ``call_out(seconds)``; raise what ``ask`` raises for anything but success."""
    try:
        return call_out(max(call.left(), 0.001))
    except urllib.error.HTTPError as error:
        with error:
            raise _refusal(error.code, error.headers, _said(error)) from None
    except (OSError, http.client.HTTPException) as error:
        call.left()
        raise Passing(f"The endpoint cannot be reached: {_reason(error)}.") from None
    except ValueError:  # urllib's handler of Digest gives up on another scheme with this
        raise EngineFault("The endpoint asks for a kind of authentication that is not known here.") from None


def _reason(error: Exception) -> str:
    inner = getattr(error, "reason", error)
    if isinstance(inner, TimeoutError):
        return "it does not answer in time"
    return str(getattr(inner, "strerror", None) or inner or type(inner).__name__).rstrip(".")


def _said(error: urllib.error.HTTPError) -> str:
    try:
        return " ".join(error.read(_ERROR_BYTES).decode("utf-8", "replace").split())
    except (OSError, http.client.HTTPException):
        return ""


def _refusal(status: int, headers: Message, said: str) -> Exception:
    if status in _PASSING:
        return Passing(f"The endpoint answers with status {status}.")
    if status in (401, 403, 407):
        return EngineFault(
            f"The endpoint refuses the call (status {status}). "
            "Its credentials are EVIDENSGRAF_ENDPOINT_USER and _PASSWORD, or _TOKEN."
        )
    if 300 <= status < 400:
        return EngineFault(f"The endpoint has moved to {headers.get('Location', 'another address')}. Name that one.")
    if status in (404, 410):
        return Missing(f"The endpoint has nothing at that address (status {status}).")
    if status in (400, 500) and "<html" not in said.lower():
        return Rejected(said)
    return EngineFault(f"The endpoint answers with status {status}, which is not an answer to a SPARQL query.")


class _Digest(urllib.request.HTTPDigestAuthHandler):
    """Answers a challenge for Digest (RFC 7616), and from then on does not wait for it: a server that asks again in the
    middle of a large request cuts the connection.
    """

    handshake: Handshake

    def http_request(self, req: urllib.request.Request) -> urllib.request.Request:
        """Authenticate a request with the challenge that is known."""
        if self.handshake.digest is not None and not req.has_header("Authorization"):
            self._authorise(req, self.handshake.digest)
        return req

    https_request = http_request

    def http_error_401(self, req: Any, fp: Any, code: int, msg: str, headers: Any) -> Any:
        """Answer a challenge (RFC 7616)."""
        try:
            return _closing(fp, super().http_error_401(req, fp, code, msg, headers))
        except ValueError:  # another scheme
            fp.close()
            raise

    def retry_http_digest_auth(self, req: urllib.request.Request, auth: str) -> Any:
        """Remember a challenge, and send the request again with the answer to it."""
        challenge = urllib.request.parse_keqv_list(urllib.request.parse_http_list(auth.partition(" ")[2]))
        if getattr(self, "retried", 0) > 1:
            return None  # what was sent is wrong
        self.handshake.digest = challenge
        self._authorise(req, challenge)
        return self.parent.open(req, timeout=req.timeout)

    def _authorise(self, req: urllib.request.Request, challenge: dict[str, str]) -> None:
        self.last_nonce, self.nonce_count = self.handshake.nonce
        if answer := self.get_authorization(req, challenge):
            req.add_unredirected_header("Authorization", f"Digest {answer}")
        self.handshake.nonce = self.last_nonce, self.nonce_count


def _closing(refused: Any, answer: Any) -> Any:
    """Return the answer to a request that was sent again; what was refused is closed."""
    if answer is not None:
        refused.close()
    return answer


@cache
def _trust() -> ssl.SSLContext:
    return ssl.create_default_context()


class _Redirected(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: credentials and queries go to the endpoint that was named, and nowhere else."""

    def redirect_request(self, *_: object) -> None:
        """Refuse."""
        return


class _Basic(urllib.request.HTTPBasicAuthHandler):
    """Answers a challenge for Basic, and remembers it."""

    handshake: Handshake

    def http_error_401(self, req: Any, fp: Any, code: int, msg: str, headers: Any) -> Any:
        """Answer a challenge (RFC 7617)."""
        if "basic" in " ".join(headers.get_all("www-authenticate", ())).lower():
            self.handshake.basic = True
        if req.has_header("Authorization"):
            return None  # they were sent, and are wrong
        return _closing(fp, super().http_error_401(req, fp, code, msg, headers))


class _Cuttable(http.client.HTTPConnection):
    """A connection that is given up when it is not made soon, and that its call can cut."""

    of: Call

    def connect(self) -> None:
        """Connect, within ``CONNECT`` seconds."""
        whole, self.timeout = self.timeout, min(self.timeout or CONNECT, CONNECT)
        try:
            super().connect()
        except TimeoutError as error:
            raise ConnectionError("no connection is made") from error
        self.timeout = whole
        self.sock.settimeout(whole)
        self.of.connected(self.sock)


def opener(endpoint: Endpoint, call: Call, handshake: Handshake) -> urllib.request.OpenerDirector:
    """Return an opener for one call, whose connection the call can cut."""

    class Plain(_Cuttable, http.client.HTTPConnection):
        of = call

    class Secure(_Cuttable, http.client.HTTPSConnection):
        of = call

    class Http(urllib.request.HTTPHandler):
        def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
            return self.do_open(Plain, req)

    class Https(urllib.request.HTTPSHandler):
        def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
            return self.do_open(Secure, req, context=_trust())

    handlers: list[urllib.request.BaseHandler] = [Http(), Https(), _Redirected()]
    if endpoint.user and not endpoint.token:
        passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
        passwords.add_password(None, endpoint.query, endpoint.user, endpoint.password)
        basic, digest = _Basic(passwords), _Digest(passwords)
        basic.handshake = digest.handshake = handshake
        handlers += [digest, basic]
    return urllib.request.build_opener(*handlers)
