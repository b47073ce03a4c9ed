"""The exit code of ``./dev test``."""

import pytest

import odoo_log
from layout import Layout
from selection import Selection
from testing import Report

_ENTRY = odoo_log.Entry("WARNING", "odoo.x", "a field is missing", "x.log")


@pytest.mark.parametrize(
    ("codes", "options", "expected"),
    [
        ({"kernel": 0, "tests": 0}, [], 0),
        ({"kernel": 1, "tests": 0}, [], 1),
        ({"kernel": 1, "tests": 2}, [], 2),
        ({"kernel": 0, "tests": 5}, [], 5),
        ({"kernel": 0, "tests": 5}, ["-k", "x"], 0),
        ({"kernel": 5, "tests": 5}, ["-k", "x"], 5),
        ({"kernel": 5, "tests": 1}, ["-k", "x"], 1),
        ({"tests": -9}, [], -9),
    ],
)
def test_the_worst_part_decides_and_no_test_at_all_is_a_failure(
    tmp_path, codes, options, expected
):
    report = Report(Layout(tmp_path), dict(codes))
    assert report.close(Selection(options=options)) == expected


def test_a_serious_line_in_a_log_fails_the_run(tmp_path, capsys):
    report = Report(Layout(tmp_path), {"tests": 0})
    report.log("update", [_ENTRY])
    assert report.close(Selection()) == 1
    assert "a field is missing" in capsys.readouterr().out


def test_a_log_without_one_does_not(tmp_path):
    report = Report(Layout(tmp_path), {"tests": 0})
    report.log("update", [])
    assert report.close(Selection()) == 0
