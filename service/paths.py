"""Paths of the service as a client sees them, wherever it is mounted."""

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
