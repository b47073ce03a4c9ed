"""What happens to existing companies when the addon is installed and uninstalled."""

from odoo.exceptions import UserError
from odoo.tools import mute_logger
from psycopg2.errors import ForeignKeyViolation


def post_init_hook(env):
    """Configure every company; those without a chart follow when one is loaded."""
    companies = env["res.company"].with_context(active_test=False).search([])
    companies._backflush_create_sequences()
    companies._backflush_configure()


def uninstall_hook(env):
    """Take back the accounts, journals and projects that nothing uses.

    What carries entries, or what the user has put to another use, is part of the books
    and stays. Everything else of the addon goes with its models and external ids.
    """
    xmlids = env["ir.model.data"].search(
        [
            ("module", "=", "account"),
            ("name", "=like", "%\\_backflush\\_%"),
            ("model", "in", ("account.account", "account.journal", "project.project")),
        ],
        order="model desc",  # a journal may point at an account
    )
    for xmlid in xmlids:
        record = env[xmlid.model].browse(xmlid.res_id).exists()
        if record and not _has_entries(record):
            _unlink_if_unused(record)


def _has_entries(record):
    if record._name == "project.project":
        Line = record.env["account.analytic.line"]
        return bool(Line.search_count([("project_id", "=", record.id)], limit=1))
    field = "journal_id" if record._name == "account.journal" else "account_id"
    Line = record.env["account.move.line"]
    return bool(Line.search_count([(field, "=", record.id)], limit=1))


def _unlink_if_unused(record):
    """Delete `record`, unless another record refuses to let it go."""
    try:
        with mute_logger("odoo.sql_db"), record.env.cr.savepoint():
            record.unlink()
    except (ForeignKeyViolation, UserError):
        record.env.invalidate_all()
