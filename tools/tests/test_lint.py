"""The checks of ``./dev lint`` that are our own."""

import pytest

import lint_checks
from layout import Layout
from lint_checks import Sources


def _sources(root, name, text):
    path = root / name
    path.write_text(text)
    return Sources(Layout(root), root, [path.relative_to(root)])


_HOME = "/".join(("", "home", "ann", "x"))
_HOST = ".".join(("registry", "npmjs", "org"))


@pytest.mark.parametrize("text", [f"path = '{_HOME}'", f"see https://{_HOST}/x"])
def test_private_paths_and_registries_are_found(tmp_path, text):
    sources = _sources(tmp_path, "a.txt", f"fine\n{text}\n")
    assert lint_checks.paths(sources).startswith("a.txt:2: ")


@pytest.mark.parametrize(
    "text", ["https://x.example/home/ann", "./work/x", "usr/home/"]
)
def test_other_paths_are_left_alone(tmp_path, text):
    assert not lint_checks.paths(_sources(tmp_path, "a.txt", text))


def test_xml_must_be_well_formed_and_begin_as_usual(tmp_path):
    header = '<?xml version="1.0" encoding="UTF-8" ?>\n'
    assert not lint_checks.xml(_sources(tmp_path, "a.xml", f"{header}<odoo />\n"))
    assert "mismatched" in lint_checks.xml(
        _sources(tmp_path, "b.xml", f"{header}<odoo></data>\n")
    )
    assert "begin" in lint_checks.xml(_sources(tmp_path, "c.xml", "<odoo />\n"))
