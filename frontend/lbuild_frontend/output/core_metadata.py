"""Core metadata as JSON, by the rules of PEP 566 and with the names of ``packaging``."""

from collections.abc import Mapping


def to_json(content: bytes) -> Mapping[str, object]:
    """Return the fields of a METADATA file in types that JSON has.

    Names are in lower case, with underscores. Fields that may be repeated are lists, keywords too;
    project_urls is an object. The body of the file is the description. Names and types are those of
    ``packaging.metadata.RawMetadata``, in its order. What that does not know, or cannot read, comes
    after it: for each name the list of its values.

    Args:
        content: the file. Bytes that are not UTF-8 become U+FFFD.
    """
    from packaging.metadata import RawMetadata, parse_email  # brings all of email

    known, others = parse_email(content.decode("utf-8", "replace"))
    order = list(RawMetadata.__annotations__)
    fields: dict[str, object] = dict(sorted(known.items(), key=lambda field: order.index(field[0])))
    rest = {name.replace("-", "_"): others[name] for name in sorted(others)}
    return fields | {name: values for name, values in rest.items() if name not in fields}
