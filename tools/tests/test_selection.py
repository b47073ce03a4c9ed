"""How the words after ``./dev test`` are sorted."""

import pytest

import selection
from console import Trouble


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    root = tmp_path.resolve() / "checkout"
    for name in ("tests/kernel/test_k.py", "tests/test_o.py", "name"):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    monkeypatch.chdir(root)
    return root


def test_kernel_paths_odoo_paths_and_options_are_told_apart(checkout):
    words = ["tests/kernel", "tests/test_o.py::TestX", "-k", "name", "-x"]
    found = selection.select(checkout, words)
    assert found.plain == ["tests/kernel"]
    assert found.odoo == ["tests/test_o.py::TestX"]
    assert found.options == ["-k", "name", "-x"]


def test_paths_count_from_where_the_user_stands(checkout, monkeypatch):
    monkeypatch.chdir(checkout / "tests")
    found = selection.select(checkout, ["test_o.py", "kernel/test_k.py"])
    assert (found.odoo, found.plain) == (
        ["tests/test_o.py"],
        ["tests/kernel/test_k.py"],
    )


def test_options_alone_leave_all_tests_selected(checkout):
    assert not selection.select(checkout, ["-k", "name"]).has_paths


@pytest.mark.parametrize("word", ["tests/absent.py", ".."])
def test_a_path_that_is_not_in_the_checkout_is_refused(checkout, word):
    with pytest.raises(Trouble, match=r"does not exist|outside"):
        selection.select(checkout, [word])
