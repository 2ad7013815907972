"""Addresses of the service as a client writes them: paths wherever it is mounted, and the format chosen in them."""

from __future__ import annotations

from starlette.requests import Request


def base_path(request: Request) -> str:
    """Return the path that the service is mounted under, without a final slash; empty at the root."""
    return str(request.scope.get("root_path", "")).rstrip("/")


def local_path(request: Request) -> str:
    """Return the path of a request below the mount, whether or not a proxy has taken the mount's prefix away."""
    path, base = str(request.scope["path"]), base_path(request)
    return path[len(base) :] if base and path.startswith(base + "/") else path


def full_path(request: Request) -> str:
    """Return the path of a request as its client wrote it: the mount's prefix and the path below it."""
    return base_path(request) + local_path(request)


def chosen_format(request: Request) -> str | None:
    """Return what ``?format=`` says, the first time that it is given (SPARQLWrapper gives it twice)."""
    if alone(request.scope["query_string"]) is not None:
        return None
    return next(iter(request.query_params.getlist("format")), None)


def alone(query_string: bytes) -> bytes | None:
    """Return the value, still encoded, of a query string that has ``query`` and nothing else; None for others.

    >>> alone(b"query=ASK+%7B%7D"), alone(b"query=ASK+%7B%7D&format=json")
    (b'ASK+%7B%7D', None)
    """
    return query_string[6:] if query_string.startswith(b"query=") and b"&" not in query_string else None
