"""Checks each line of standard input against a definition of a JSON schema, more strictly than it says:
a member that it does not name is an error. Arguments: the schema's file, the definition's name."""

import json
import sys

import jsonschema_rs


def closed(schema):
    """The schema without leave for members that it does not name."""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    parts = {key: closed(part) for key, part in schema.items()}
    if isinstance(schema.get("properties"), dict):
        parts.setdefault("additionalProperties", False)
    return parts


path, name = sys.argv[1:]
with open(path, encoding="utf-8") as file:
    document = closed(json.load(file))
document["$ref"] = f"#/$defs/{name}"
validator = jsonschema_rs.validator_for(document, validate_formats=True)
lines = [line for line in sys.stdin if line.strip()]
if not lines:
    sys.exit("there is nothing to check")
for line in lines:
    errors = [str(error) for error in validator.iter_errors(json.loads(line))]
    if errors:
        sys.exit("\n".join([line, *errors]))
