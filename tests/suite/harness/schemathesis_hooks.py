"""What a JSON schema cannot say of the API's requests, so that only valid ones are taken for valid."""

import base64
import unicodedata
from decimal import Decimal

import schemathesis
from hypothesis import strategies as st

# What DynamoDB keeps: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
MAX_DEPTH = 32
MAX_DIGITS = 38
EXPONENTS = range(-130, 126)


def usernames():
    """Texts of 1 to 128 characters in Normalization Form C that are one segment of a path."""
    letters = st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="/")
    texts = st.text(letters, min_size=1, max_size=128)
    return (
        texts.map(lambda text: unicodedata.normalize("NFC", text))
        .filter(lambda text: 1 <= len(text) <= 128)
        .filter(lambda text: text not in (".", ".."))
    )


def page_tokens():
    """Tokens of the shape that the API gives out."""

    def token(username):
        return base64.urlsafe_b64encode(username.encode()).rstrip(b"=").decode()

    return usernames().map(token)


def entity_tags():
    """`*`, or some entity tags."""
    opaque = st.text(
        st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters='"'), max_size=40
    )
    tags = st.builds(lambda weak, text: f'{weak}"{text}"', st.sampled_from(["", "W/"]), opaque)
    return st.just("*") | st.lists(tags, min_size=1, max_size=5).map(", ".join)


schemathesis.openapi.format("nfc", usernames())
schemathesis.openapi.format("page-token", page_tokens())
schemathesis.openapi.format("entity-tags", entity_tags())


def is_storable(value, depth=0):
    """Whether DynamoDB can hold the value, as one that stands at that level of an item."""
    if depth > MAX_DEPTH:
        return False
    if isinstance(value, dict):
        return all(name and is_storable(part, depth + 1) for name, part in value.items())
    if isinstance(value, list):
        return all(is_storable(part, depth + 1) for part in value)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        number = Decimal(repr(value)).normalize()
        return not number or (
            len(number.as_tuple().digits) <= MAX_DIGITS and number.adjusted() in EXPONENTS
        )
    return True


@schemathesis.hook
def filter_body(context, body):
    return not isinstance(body, dict) or is_storable(body)


@schemathesis.hook
def filter_case(context, case):
    """A user keeps its name: one in the body must be that of the path."""
    body, path = case.body, case.path_parameters or {}
    if case.method != "PUT" or not isinstance(body, dict) or "username" not in body:
        return True
    return body["username"] == path.get("username")
