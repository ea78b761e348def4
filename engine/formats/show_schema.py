"""The JSON Schema of show.yaml, for editors that check and complete while one writes."""

from __future__ import annotations

from typing import Any

from engine.model.show import Show

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def show_schema() -> dict[str, Any]:
    """The schema of show.yaml as JSON values, in JSON Schema 2020-12. Any thread.

    It says of one value at a time what the models say; what needs other values or other files (exactly one of two
    keys, a clip that exists) only `read_show` finds out. A movement's layers carry the descriptions of the layers.
    """
    schema: dict[str, Any] = {"$schema": DIALECT, **Show.model_json_schema()}
    layer = schema["$defs"]["Layer"]["properties"]
    for key, value in schema["$defs"]["LayerOverride"]["properties"].items():
        value.setdefault("description", layer[key]["description"])
    return schema
