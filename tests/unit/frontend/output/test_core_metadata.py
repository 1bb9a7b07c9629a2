"""Core metadata as JSON: PEP 566, with the names of packaging."""

import json

from packaging.metadata import Metadata, parse_email

from lbuild_frontend.output.core_metadata import to_json

METADATA = """\
Metadata-Version: 2.4
Name: demo
Version: 0.1.0
Summary: Grüße
Keywords: one,two words, three
Platform: any
License-Expression: MIT
License-File: LICENSE
Classifier: Programming Language :: Python
Classifier: Topic :: Software Development
Requires-Python: >=3.8
Requires-Dist: a>=1; extra == "x"
Requires-Dist: b
Provides-Extra: x
Project-URL: Docs, https://example.org/a,b
Description-Content-Type: text/markdown

# Demo

Kind regards.
""".encode()


def test_the_fields_of_packaging() -> None:
    fields = to_json(METADATA)
    assert list(fields.items())[:4] == [
        ("metadata_version", "2.4"),
        ("name", "demo"),
        ("version", "0.1.0"),
        ("platforms", ["any"]),
    ]
    assert json.loads(json.dumps(fields)) == parse_email(METADATA)[0]
    assert fields["requires_dist"] == ['a>=1; extra == "x"', "b"]
    assert fields["keywords"] == ["one", "two words", "three"]
    assert fields["project_urls"] == {"Docs": "https://example.org/a,b"}
    assert fields["description"] == "# Demo\n\nKind regards.\n"
    assert Metadata.from_raw(dict(fields)).name == "demo"  # type: ignore[arg-type]


def test_what_packaging_does_not_know_is_kept() -> None:
    odd = (
        b"Name: a\nName: b\nX-Origin: here\nX-Origin: there\nClassifiers: no such field\n"
        b"Classifier: A\nDescription: head\xff\n\nbody\xff"
    )
    fields = to_json(odd)
    assert json.loads(json.dumps(fields)) == {
        "classifiers": ["A"],
        "description": ["head\ufffd", "body\ufffd"],
        "name": ["a", "b"],
        "x_origin": ["here", "there"],
    }


def test_no_fields() -> None:
    assert to_json(b"") == {}
