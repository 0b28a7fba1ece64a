"""How the routes of the API answer and describe themselves."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import msgspec
from fastapi import FastAPI
from starlette.responses import Response

from trialweave.faces.problems import ErrorAnswer

__all__ = ["PREFIX", "answer", "asks", "complete", "refuses", "says"]

PREFIX = "/api/v1"
_REF = "#/components/schemas/{name}"


def answer(view: object) -> Response:
    """A view as JSON."""
    return Response(msgspec.json.encode(view), media_type="application/json")


def says(view: type, *errors: int) -> dict[int | str, dict[str, Any]]:
    """What a route may answer, for its description."""
    said = (view.__doc__ or "").split("\n")[0]
    return {
        200: {"description": said, "content": _content(view)},
        **refuses(400, *errors, 422, 503),
    }


def refuses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """With which statuses a route may refuse, for its description."""
    content = _content(ErrorAnswer)
    return {
        status: {"description": HTTPStatus(status).phrase, "content": content}
        for status in statuses
    }


def asks(body: type) -> dict[str, Any]:
    """What a route takes as its body, for its description."""
    return {"requestBody": {"required": True, "content": _content(body)}}


def _content(view: type) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": _REF.format(name=view.__name__)}}}


def complete(app: FastAPI, views: Sequence[type]) -> None:
    """Complete the OpenAPI description with the schemas of the views."""
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            described = generate()
            _, schemas = msgspec.json.schema_components((*views, ErrorAnswer), ref_template=_REF)
            known = described.setdefault("components", {}).setdefault("schemas", {})
            known.update(schemas)
            for unused in ("HTTPValidationError", "ValidationError"):
                known.pop(unused, None)
        return app.openapi_schema or generate()

    app.openapi = openapi  # type: ignore[method-assign]
