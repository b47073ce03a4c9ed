from collections import defaultdict

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import split_every

from ..costing.suitability import (
    BORDERLINE,
    CONDITIONS,
    FINISHED,
    FITS,
    MATERIALS,
    UNFIT,
    UNKNOWN,
    VARIANCE,
    Cycle,
    Figures,
    judge,
    share,
)
from .backflush_books import number
from .backflush_suitability_reader import Departures, SuitabilityReader

VERDICTS = [
    (UNFIT, "Unfit"),
    (BORDERLINE, "Borderline"),
    (FITS, "Fits"),
    (UNKNOWN, "Unknown"),
]
#: Conditions that do not apply to every product, and their figures.
OPTIONAL = {
    MATERIALS: ("materials_days", "materials_variability"),
    FINISHED: ("finished_days", "finished_variability"),
    VARIANCE: ("variance_share",),
}
#: Rows written at once, and in one transaction of the schedule.
BATCH = 500


class BackflushSuitability(models.Model):
    """Whether backflush costing suits a product, by the history of one company.

    Figures are those of the day when they were measured; they are judged anew when the
    company's limits change. The sentences about them are in `_get_conditions`.
    """

    _name = "backflush.suitability"
    _description = "Suitability for Backflush Costing"
    _order = "rank, orders desc, id"
    _check_company_auto = True
    _rec_name = "product_id"

    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True
    )
    product_id = fields.Many2one(
        "product.product",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
        check_company=True,
    )
    categ_id = fields.Many2one(
        related="product_id.categ_id", string="Category", store=True, index=True
    )
    date = fields.Datetime(string="Measured On", readonly=True)
    date_from = fields.Date(string="From", readonly=True)
    date_to = fields.Date(string="To", readonly=True)
    orders = fields.Integer(readonly=True, help="Orders finished in the period.")

    verdict = fields.Selection(VERDICTS, readonly=True, required=True, default=UNKNOWN)
    rank = fields.Integer(readonly=True, help="To have the worst ones first.")
    cycle_verdict = fields.Selection(VERDICTS, string="Cycle", readonly=True)
    customised_verdict = fields.Selection(VERDICTS, string="Customised", readonly=True)
    materials_verdict = fields.Selection(VERDICTS, string="Materials", readonly=True)
    finished_verdict = fields.Selection(VERDICTS, string="Finished", readonly=True)
    variance_verdict = fields.Selection(
        VERDICTS,
        string="Variances",
        readonly=True,
        groups="backflush_costing.group_backflush_user",
    )

    cycle_days = fields.Float(
        string="Cycle (Days)",
        readonly=True,
        aggregator="avg",
        help="Median of the days from start to finish of an order.",
    )
    cycle_days_high = fields.Float(
        string="Nine of Ten Cycles (Days)",
        readonly=True,
        aggregator="avg",
        help="90th percentile of the days from start to finish of an order.",
    )
    is_cycle_at_most = fields.Boolean(
        readonly=True,
        help="The start of the orders is not known: they took so long at most.",
    )
    orders_started = fields.Integer(
        string="Orders With a Start",
        readonly=True,
        help="Odoo puts the end in place of the start where nobody started the work.",
    )
    cycle_known = fields.Float(readonly=True, aggregator=None)
    cycle_known_high = fields.Float(readonly=True, aggregator=None)
    cycle_longest = fields.Float(readonly=True, aggregator=None)
    cycle_longest_high = fields.Float(readonly=True, aggregator=None)
    customised_orders = fields.Integer(
        readonly=True,
        help="Orders with other components or operations than their bill.",
    )
    customised_bill = fields.Integer(string="Orders Without Bill", readonly=True)
    customised_material = fields.Integer(string="Other Components", readonly=True)
    customised_operation = fields.Integer(string="Other Operations", readonly=True)
    customised_share = fields.Float(
        string="Customised (Share)", readonly=True, aggregator="avg"
    )
    materials_days = fields.Float(
        string="Materials (Days)",
        readonly=True,
        aggregator="avg",
        help="Average stock ÷ daily usage of the components, by the value of each.",
    )
    materials_variability = fields.Float(
        string="Variability of Materials",
        readonly=True,
        aggregator="avg",
        help="Standard deviation ÷ average of the end-of-day stock.",
    )
    finished_days = fields.Float(
        string="Finished (Days)",
        readonly=True,
        aggregator="avg",
        help="Average stock of the product ÷ what is sold or used of it in a day.",
    )
    finished_variability = fields.Float(
        string="Variability of Finished Goods",
        readonly=True,
        aggregator="avg",
        help="Standard deviation ÷ average of the end-of-day stock.",
    )
    variance_share = fields.Float(
        string="Variances (Share)",
        readonly=True,
        aggregator="avg",
        groups="backflush_costing.group_backflush_user",
        help="Variances of the orders, favourable or not, ÷ the standard of what they "
        "made. Only for products under a trigger.",
    )

    _product_unique = models.UniqueIndex(
        "(company_id, product_id)", "This product has been measured already."
    )

    # -- measuring --------------------------------------------------------------

    @api.model
    def _refresh(self, company, products=None):
        """Measure `products`, or all that the company made, and judge them."""
        for _rows in self._refresh_batches(company, products):
            pass

    @api.model
    def _refresh_batches(self, company, products=None):
        """The same, a batch at a time: yields after each, for whoever wants to commit.

        sudo: figures are of all orders of the company, and only the addon writes them.
        """
        rows = self.sudo().with_company(company)
        reader = SuitabilityReader(rows.env.company, products)
        found = reader.read_all()
        if products is not None:
            found = dict.fromkeys(products.ids) | found
        domain = Domain("company_id", "=", company.id)
        if products is not None:
            domain &= Domain("product_id", "in", products.ids)
        known = {row.product_id.id: row for row in rows.search(domain)}
        gone = [row.id for product, row in known.items() if product not in found]
        rows.browse(gone).unlink()
        for batch in split_every(BATCH, found):
            done = rows.browse()
            new = []
            for product in batch:
                vals = rows._prepare_figures(reader.window, found[product])
                if row := known.get(product):
                    row.write(vals)
                    done |= row
                else:
                    new.append({"product_id": product} | vals)
            done |= rows.create(new)
            done._judge()
            yield done

    @api.model
    def _prepare_figures(self, window, history):
        """What was measured, as values of fields; without `history`: no orders."""
        figures = history.figures if history else Figures(0, 0)
        cycle = figures.cycle or Cycle(0, None, None, 0, 0)
        departures = history.departures if history else Departures()
        vals = {
            "company_id": window.company,
            "date": fields.Datetime.now(),
            "date_from": window.first,
            "date_to": window.last,
            "orders": figures.orders,
            "orders_started": cycle.orders,
            "cycle_known": float(cycle.median or 0),
            "cycle_known_high": float(cycle.high or 0),
            "cycle_longest": float(cycle.longest_median),
            "cycle_longest_high": float(cycle.longest_high),
            "customised_share": float(share(figures.departed, figures.orders) or 0),
        }
        for name, count in departures._asdict().items():
            vals[f"customised_{name}"] = count
        for code, names in OPTIONAL.items():
            for name in names:
                vals[name] = float(getattr(figures, name) or 0)
            # whether it applies to the product; judged in a moment
            applies = getattr(figures, names[0]) is not None
            vals[f"{code}_verdict"] = UNKNOWN if applies else False
        return vals

    def _get_figures(self):
        """The row as the kernel knows it."""
        self.ensure_one()
        row = self.sudo()  # the verdict rests on all conditions, whoever asks
        cycle = None
        if row.orders:
            names = ("known", "known_high", "longest", "longest_high")
            days = [number(row[f"cycle_{name}"]) for name in names]
            cycle = Cycle(row.orders_started, *days)
        values = {
            name: number(row[name])
            for code, names in OPTIONAL.items()
            for name in names
            if row[f"{code}_verdict"]
        }
        return Figures(row.orders, row.customised_orders, cycle, **values)

    def _judge(self):
        """Compare the figures with the limits of their company."""
        limits = {}
        ranks = {verdict: rank for rank, (verdict, _name) in enumerate(VERDICTS)}
        by_vals = defaultdict(self.browse)
        for row in self:
            company = row.company_id
            if company not in limits:
                limits[company] = company._get_backflush_suitability_limits()
            result = judge(row._get_figures(), limits[company])
            verdicts = {x.code: x.verdict for x in result.conditions}
            cycle = result.get("cycle")
            vals = {
                "verdict": result.verdict,
                "rank": ranks[result.verdict],
                "cycle_days": float(cycle.figure) if cycle else 0,
                "cycle_days_high": float(cycle.second or 0) if cycle else 0,
                "is_cycle_at_most": bool(cycle and cycle.is_at_most),
            }
            for code in CONDITIONS:
                vals[f"{code}_verdict"] = verdicts.get(code, False)
            by_vals[tuple(vals.items())] |= row
        for vals, rows in by_vals.items():
            rows.write(dict(vals))

    @api.model
    def _cron_refresh(self):
        """One company after the other; a batch of products in each transaction."""
        groups = self.env["mrp.production"]._read_group(
            [("state", "=", "done")], ["company_id"]
        )
        known = self._read_group([], ["company_id"])
        companies = {company: None for (company,) in groups + known}
        progress = self.env["ir.cron"]._commit_progress
        progress(remaining=len(companies))
        for company in companies:
            for _rows in self._refresh_batches(company):
                progress()
            progress(1)

    # -- buttons ----------------------------------------------------------------

    @api.model
    def action_refresh_all(self):
        """Measure everything that the selected companies have made."""
        self.check_access("read")
        for company in self.env.companies:
            self._refresh(company)
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    def action_refresh(self):
        """Measure these products again."""
        self.check_access("read")
        for company, rows in self.grouped("company_id").items():
            self._refresh(company, rows.product_id)

    def action_view_orders(self):
        self.ensure_one()
        reader = self._get_reader()
        domain = Domain("product_id", "=", self.product_id.id)
        domain &= Domain("company_id", "=", self.company_id.id)
        domain &= Domain("state", "=", "done")
        domain &= Domain("date_finished", ">=", reader.window.since)
        domain &= Domain("date_finished", "<", reader.window.until)
        return self._open_orders(self.env._("Finished Orders"), domain)

    def action_view_departed(self):
        self.ensure_one()
        orders = self._get_reader().find_departed()
        domain = Domain("id", "in", orders)
        return self._open_orders(self.env._("Customised Orders"), domain)

    def action_view_longest(self):
        """The tenth of the orders that took longest."""
        self.ensure_one()
        count = max(1, self.orders // 10)
        orders = self._get_reader().find_longest()[:count]
        domain = Domain("id", "in", orders)
        return self._open_orders(self.env._("Longest Cycles"), domain)

    def _get_reader(self):
        self.check_access("read")
        company = self.company_id
        return SuitabilityReader(
            company.sudo().with_company(company), self.product_id.sudo()
        )

    def _open_orders(self, name, domain):
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "mrp.mrp_production_action"
        )
        return {**action, "name": name, "domain": list(domain), "context": {}}
