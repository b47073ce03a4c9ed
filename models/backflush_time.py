import logging
from contextlib import contextmanager
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL
from psycopg2.errors import DataError

from ..costing.sql.time_orders import (
    CONCERNED,
    PERIOD,
    PROJECT_MATES,
    WITH_MATES,
)
from ..costing.sql.time_rows import recompute
from .backflush_bulk import forget

_logger = logging.getLogger(__name__)

#: Orders that are recomputed at once when the time that they share changes.
AT_ONCE = 200
#: So many orders are better joined table by table.
MANY = 500
#: Reports that are older are computed again, even if no new record is known.
LONGEST_AGE = timedelta(hours=1)
#: Orders that one statement recomputes; more are taken in turns.
BATCH = 20_000


class BackflushTime(models.Model):
    """Variances of time, which follow what was recorded until the close books them.

    One record for each company; it says when the time of all orders was last compared.
    """

    _name = "backflush.time"
    _description = "Backflush Time Variances"
    _rec_name = "company_id"

    company_id = fields.Many2one("res.company", required=True, readonly=True)
    date_computed = fields.Datetime(
        readonly=True, help="When all time was last compared with the standards."
    )
    last_records = fields.Char(
        readonly=True, help="What was known then: the youngest record of each kind."
    )

    _company_unique = models.UniqueIndex("(company_id)")

    # -- recomputing ------------------------------------------------------------

    @api.model
    def _recompute(self, orders):
        """Bring the provisional time variances of `orders` in line with their time.

        Whoever records more of it meanwhile, or finishes the order, starts over:
        neither would know of what the other has written.
        """
        self.env["backflush.engine"]._touch(orders)
        self._recompute_together(orders)

    @api.model
    def _recompute_together(self, orders):
        """The same where something else than `orders` themselves has changed.

        sudo: whoever records time need not see cost. It covers our own rows alone.
        """
        self.env.flush_all()
        for company, batch in orders.sudo().grouped("company_id").items():
            self.sudo()._recompute_ids(company, self._expand(company, batch.ids))

    @api.model
    def _recompute_period(self, company, date_from, date_to):
        """The same for all orders of a company that a period is about."""
        company = company.sudo()
        self.env.flush_all()
        self.sudo()._take_turns(company)
        query = SQL(PERIOD, company=company.id, date_from=date_from, date_to=date_to)
        ids = [row[0] for row in self.env.execute_query(query)]
        self.sudo()._recompute_ids(company, self._expand(company, ids))

    @api.model
    def _recompute_outdated(self, companies):
        """The same for the orders that were marked as out of date, and no others."""
        for company in companies:
            orders = self.env["backflush.outdated"].sudo()._take(company)
            self._recompute_together(orders)

    def _take_turns(self, company):
        """Let one at a time recompute all of a company; who comes later starts over."""
        self.env.execute_query(
            SQL(
                """INSERT INTO backflush_time (company_id, date_computed)
                   VALUES (%s, %s)
                   ON CONFLICT (company_id)
                   DO UPDATE SET date_computed = EXCLUDED.date_computed
                   RETURNING id""",
                company.id,
                fields.Datetime.now(),
            )
        )
        self.invalidate_model(flush=False)

    # -- by schedule, by button and before a report opens ------------------------

    @api.model
    def _refresh(self, companies, *, force=False):
        """Have reports of `companies` show the variances of today's facts.

        Of orders that were marked as out of date, and of the months that no close is
        about; `force` also where nothing seems to have happened since the last time.
        """
        for company in companies.sudo():
            # branches, too: their books are their own
            if not company._backflush_config("backflush_journal_id"):
                continue
            self._recompute_outdated(company)
            known = self._get_last_records(company)
            if force or self.sudo()._is_stale(company, known):
                self.sudo()._recompute_months(company)
                self.sudo()._remember(company, known)

    @api.model
    def _get_last_records(self, company):
        self.env.flush_all()
        query = """
            SELECT (SELECT MAX(id) FROM backflush_posting), (
                    SELECT MAX(id) FROM account_move_line), (
                    SELECT MAX(id) FROM account_analytic_line), %s::date
        """
        today = fields.Date.context_today(self)
        return str(self.env.execute_query(SQL(query, today))[0])

    def _is_stale(self, company, known):
        """Whether anything is new, or changes without a number are to be expected."""
        last = self.search([("company_id", "=", company.id)])
        oldest = fields.Datetime.now() - LONGEST_AGE
        return (
            last.last_records != known
            or not last.date_computed
            or last.date_computed < oldest
        )

    def _remember(self, company, known):
        self.search([("company_id", "=", company.id)]).last_records = known

    def _recompute_months(self, company):
        """This period until today, and the one before where that is not closed."""
        today = fields.Date.context_today(self)
        current = company._get_backflush_period(today)
        before = fields.Date.subtract(current.first, days=1)
        closes = self.env["backflush.close"]
        self._take_turns(company)
        for period in (company._get_backflush_period(before), current):
            end = min(period.last, today)
            if not closes._find_between(company, period.first, end):
                closes._recompute_rows(company, period.first, end)

    @api.model
    def _cron_refresh(self):
        """One company after the other, each in a transaction of its own."""
        groups = self.env["backflush.posting"]._read_group([], ["company_id"])
        companies = [company for (company,) in groups]
        self.env["ir.cron"]._commit_progress(remaining=len(companies))
        for company in companies:
            self.with_company(company)._refresh(company, force=True)
            if not self.env["ir.cron"]._commit_progress(1):
                break

    def _expand(self, company, ids):
        """`ids` and those whose allowed hours depend on them: set-up is allowed once
        for an order and its backorders.
        """
        query = SQL(WITH_MATES, orders=list(ids), company=company.id)
        return [row[0] for row in self.env.execute_query(query)]

    def _recompute_ids(self, company, ids):
        values = self._prepare_recompute(company)
        for start in range(0, len(ids), BATCH):
            batch = ids[start : start + BATCH]
            values["projects"] = self._find_projects(company, batch)
            with self._plan_for(len(batch)):
                self.env.execute_query(recompute(batch, **values))
        if ids:
            variances = self.env["backflush.variance"]
            variances.invalidate_model(flush=False)
            forget(variances)

    @contextmanager
    def _plan_for(self, orders):
        """Keep the database from taking many orders one by one.

        It knows nothing of the tables that the statement makes on its way, and takes
        them for small; then time grows with the square of the orders.
        """
        if orders <= MANY:
            yield
            return
        query = "SELECT set_config('enable_nestloop', %s, TRUE)"
        self.env.execute_query(SQL(query, "off"))
        yield
        self.env.execute_query(SQL(query, "on"))

    def _prepare_recompute(self, company):
        """What the statement asks of a company, besides its orders."""
        source = company._backflush_config("backflush_labour_source")
        closed = company._get_backflush_closed_until()
        categories = self.env["product.category"].with_company(company)
        version = self.env["backflush.version"]._get_active(company)
        return {
            "company": company.id,
            "version": version.id or None,
            "categories": categories.search(
                [("property_backflush_trigger", "!=", False)]
            ).ids,
            "hour": self.env.ref("uom.product_uom_hour").id,
            "pool": company._get_backflush_element("conversion").id or None,
            "by_sheet": source != "workorder",
            "by_machine": source != "timesheet",
            "unit": company.currency_id.rounding,
            "is_closed": bool(closed),
            "open": fields.Date.add(closed, days=1) if closed else None,
            "uid": self.env.uid,
            "now": self.env.cr.now(),
            "until": fields.Date.to_date("9999-12-31"),
            "zone": self._get_zone(company),
        }

    def _get_zone(self, company):
        """The time zone whose days count, as for postings."""
        zone = company.partner_id.tz or company.resource_calendar_id.tz
        return zone or "UTC"

    def _find_projects(self, company, ids):
        """Projects of orders whose time, where it names no order, is shared by them."""
        domain = Domain("id", "in", ids) & Domain("project_id", "!=", False)
        orders = self.env["mrp.production"].search_fetch(domain, ["project_id"])
        return self._get_shared_projects(company, orders.project_id).ids

    # -- after events -----------------------------------------------------------

    @api.model
    def _follow(self, orders):
        """Bring variances in line after something was booked on `orders`.

        Most need nothing: no time was recorded, and their quantity takes exactly the
        hours of the card.
        """
        if not orders:
            return
        self.env.flush_all()
        query = SQL(CONCERNED, orders=orders.ids)
        concerned = [row[0] for row in self.env.execute_query(query)]
        if concerned:
            orders = orders.sudo().browse(concerned)
            with self._later_if_impossible(orders):
                self._recompute(orders)
                self._follow_mates(orders)

    @contextmanager
    def _later_if_impossible(self, orders):
        """What cannot be computed is looked at later: it must not keep anybody from
        finishing an order or recording time.
        """
        try:
            with self.env.cr.savepoint(flush=False):
                yield
        except DataError:
            _logger.exception("Time variances of %s could not be computed", orders)
            for company, batch in orders.sudo().grouped("company_id").items():
                self.env["backflush.outdated"]._mark(company, batch.ids)

    @api.model
    def _follow_sheets(self, orders, places):
        """The same after time was recorded, changed or deleted, on `orders` or on
        projects: `places` is {(project, company, day)}.
        """
        self.env.flush_all()
        with self._later_if_impossible(orders):
            if orders:
                self._recompute(orders)
            self._follow_projects(places)

    def _follow_mates(self, orders):
        """Other orders of a project share its time with those just finished."""
        self._follow_projects(self._get_shared_months(orders))

    @api.model
    def _get_shared_months(self, orders):
        """{(project, company, day)}: whose time `orders` share, now or before they were
        booked on another day.
        """
        return {
            (order.project_id, order.company_id, posting.date)
            for order in orders.sudo().filtered("project_id")
            for posting in order.backflush_posting_ids
            if posting.date and posting.res_model == orders._name
        }

    @api.model
    def _follow_projects(self, places):
        """Variances of the orders that share the time of projects, each month once."""
        months = {
            (project.id, company.id, fields.Date.start_of(day, "month"))
            for project, company, day in places
        }
        for project, company, month in sorted(months):
            self._follow_project(
                self.env["project.project"].browse(project),
                self.env["res.company"].browse(company),
                month,
            )

    def _follow_project(self, project, company, day):
        company = company.sudo()
        if project not in self._get_shared_projects(company, project):
            return
        self.env.flush_all()
        query = SQL(PROJECT_MATES, project=project.id, company=company.id, day=day)
        ids = [row[0] for row in self.env.execute_query(query)]
        if len(ids) > AT_ONCE:
            self.env["backflush.outdated"]._mark(company, ids)
        elif ids:
            self._recompute_together(self.env["mrp.production"].browse(ids))

    def _get_shared_projects(self, company, projects):
        """Those of `projects` whose time, where it names no order, is shared.

        What is booked on the project of order time names no order by mistake.
        """
        reserved = company._backflush_config("backflush_project_id")
        return projects.sudo() - reserved.sudo()
