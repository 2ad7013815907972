"""Preconditions (RFC 9110 §13): whether a client wants an answer only if it is, or is not, the one that it has."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from starlette.datastructures import Headers

_FORMATS = ("%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y")


def failed(asked: Headers, answer: Mapping[str, str]) -> bool:
    """Say whether ``If-Match``, or without it ``If-Unmodified-Since``, asks for another answer (412).

    ``answer`` has the headers of the answer as it is now; its ``ETag`` is compared strongly (RFC 9110 §8.8.3.2).
    """
    if "if-match" in asked:
        return not {"*", answer.get("ETag")} & set(_tags(asked, "if-match"))
    return _newer(answer, _date(asked, "if-unmodified-since")) is True


def unchanged(asked: Headers, answer: Mapping[str, str]) -> bool:
    """Say whether the client has the answer, by ``If-None-Match``, or without it by ``If-Modified-Since`` (304)."""
    if "if-none-match" in asked:
        return bool({"*", answer.get("ETag")} & held(asked))
    return _newer(answer, _date(asked, "if-modified-since")) is False


def held(asked: Headers) -> set[str]:
    """Return the entity tags in ``If-None-Match``, without the sign of weakness, which does not matter there."""
    return {tag.removeprefix("W/") for tag in _tags(asked, "if-none-match")}


def _tags(asked: Headers, name: str) -> list[str]:
    return [tag.strip() for line in asked.getlist(name) for tag in line.split(",")]


def _date(asked: Headers, name: str) -> datetime | None:
    """Return the date of a header; None for what is not one HTTP-date (RFC 9110 §5.6.7), which is to be ignored."""
    lines = asked.getlist(name)
    return _http_date(lines[0].strip()) if len(lines) == 1 else None


def _http_date(value: str) -> datetime | None:
    for form in _FORMATS:
        try:
            return datetime.strptime(value, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None


def _newer(answer: Mapping[str, str], date: datetime | None) -> bool | None:
    """Say whether an answer was last modified after a date; None when either is not known."""
    modified = _http_date(answer.get("Last-Modified", "")) if date else None
    return modified > date if modified and date else None
