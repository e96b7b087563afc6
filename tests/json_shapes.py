"""Whether what `--json` prints is what `mlkanban schema` says, down to the last key."""

import json
import re

from mlkanban.display.json_output import output_model


def check_shape(text: str) -> None:
    """ValidationError for an object that its model does not describe."""
    # Names of files may hold bytes that are no text; pydantic reads none of these.
    text = re.sub(r"\\ud[89a-f][0-9a-f]{2}", "?", text)
    output_model(json.loads(text)["kind"]).model_validate_json(text, strict=True)
