from odoo import http
from odoo.http import content_disposition, request

from ..report.close_statement_data import CloseStatement
from ..report.close_statement_xlsx import write_workbook

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class CloseStatementController(http.Controller):
    """The statement of close as a workbook."""

    @http.route(
        "/backflush/close/<int:close_id>/statement.xlsx",
        type="http",
        auth="user",
        methods=["GET"],
        readonly=True,
    )
    def get_statement(self, close_id):
        close = request.env["backflush.close"].browse(close_id).exists()
        if not close:
            raise request.not_found()
        # whoever may not read the close is refused there
        content = write_workbook(CloseStatement(close))
        return request.make_response(
            content,
            headers=[
                ("Content-Type", XLSX),
                (
                    "Content-Disposition",
                    content_disposition(f"{close._get_statement_name()}.xlsx"),
                ),
                ("X-Content-Type-Options", "nosniff"),
            ],
        )
