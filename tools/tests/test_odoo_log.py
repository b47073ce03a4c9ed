"""What counts as a failure in Odoo's logs."""

import json

import odoo_log

_LOG = """\
2026-01-31 10:00:00,001 17 INFO bf_test odoo.modules.loading: loading 1 modules...
Running as user 'root' is a security risk.
2026-01-31 10:00:01,002 17 WARNING bf_test odoo.fields: Field x has no model
2026-01-31 10:00:02,003 17 ERROR bf_test odoo.sql_db: bad query: SELECT
Traceback (most recent call last):
  File "x.py", line 1, in <module>
ValueError: out of range
2026-01-31 10:00:03,004 17 WARNING ? odoo: Running as user 'root' is a security risk.
2026-01-31 10:00:04,005 17 INFO bf_test odoo.registry: Registry loaded in 3.0s
"""


def test_warnings_and_errors_of_a_log_file_are_found(tmp_path):
    path = tmp_path / "x.log"
    path.write_text(_LOG)
    found = odoo_log.in_log_file(path)
    assert [(e.level, e.logger) for e in found] == [
        ("WARNING", "odoo.fields"),
        ("ERROR", "odoo.sql_db"),
    ]


def test_an_entry_shows_its_first_and_last_line(tmp_path):
    path = tmp_path / "x.log"
    path.write_text(_LOG)
    shown = str(odoo_log.in_log_file(path)[1])
    assert shown == (
        "ERROR odoo.sql_db: bad query: SELECT ... ValueError: out of range  [x.log]"
    )


def test_records_of_a_test_run_are_read_without_the_noise(tmp_path):
    path = tmp_path / "x.records"
    common = {"level": "WARNING", "logger": "odoo.x", "source": "test_a"}
    texts = ["a field is missing", "received after termination: AssetsLoadingError"]
    lines = [json.dumps(common | {"message": text}) for text in texts]
    path.write_text("\n".join(lines) + "\n")
    assert [entry.message for entry in odoo_log.in_records(path)] == texts[:1]


def test_no_file_means_no_records(tmp_path):
    assert odoo_log.in_records(tmp_path / "absent") == []
