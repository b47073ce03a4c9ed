"""Rates of a costing version as the roll-up's plain values."""

from decimal import Decimal
from functools import cached_property

from odoo.exceptions import UserError

from ..costing.structure import Rate
from .backflush_books import number


class RateReader:
    """Standard rates per hour of each work center, by cost element.

    `remarks` collects sentences about work centers that cost nothing.
    """

    def __init__(self, version):
        self.version = version
        self.company = version.company_id
        self.env = version.env
        self.remarks: list[str] = []

    @cached_property
    def elements(self):
        return self.company._get_backflush_elements()

    @cached_property
    def material(self):
        """The cost element of materials; there must be one."""
        element = self._get_element("material")
        if not element:
            raise UserError(
                self.env._(
                    "%(company)s has no active cost element for materials: activate "
                    "one under Configuration › Costing › Cost Elements.",
                    company=self.company.display_name,
                )
            )
        return element

    @cached_property
    def subcontract(self):
        """The cost element of subcontractors' fees; may be empty."""
        return self._get_element("subcontract")

    def check_subcontract(self, product):
        if not self.subcontract:
            raise UserError(
                self.env._(
                    "%(product)s is made by a subcontractor, and %(company)s has no "
                    "active cost element for the fee: activate one of the type "
                    "Subcontracting under Configuration › Costing › Cost Elements.",
                    product=product.display_name,
                    company=self.company.display_name,
                )
            )

    def _get_element(self, element_type):
        return self.elements.filtered(lambda element: element.type == element_type)

    def get_rates(self, workcenters) -> dict[int, tuple[Rate, ...]]:
        """Rates by work center; where none are given, its hourly cost on the pool."""
        given = self.version.rate_ids.grouped("workcenter_id")
        self._check_elements(self.version.rate_ids)
        pool = self._get_element("conversion")
        result, without = {}, []
        for workcenter in workcenters:
            if rates := given.get(workcenter):
                result[workcenter.id] = tuple(self._read_rate(rate) for rate in rates)
            elif pool:
                result[workcenter.id] = (Rate(pool.id, number(workcenter.costs_hour)),)
            else:
                without.append(workcenter)
            if not any(rate.amount for rate in result.get(workcenter.id, ())):
                self._remark_free_workcenter(workcenter)
        self._check_pool([wc for wc in without if wc.costs_hour])
        return result

    def _read_rate(self, rate) -> Rate:
        crew = number(rate.crew) if rate.element_id.type == "labour" else Decimal(1)
        return Rate(rate.element_id.id, number(rate.rate), crew)

    def _check_elements(self, rates):
        sentences = [
            self.env._(
                "The rate of %(workcenter)s uses the cost element %(element)s, which "
                "is not active: activate it under Configuration › Costing › Cost "
                "Elements, or delete the rate.",
                workcenter=rate.workcenter_id.display_name,
                element=rate.element_id.display_name,
            )
            for rate in rates
            if rate.element_id not in self.elements
        ]
        if sentences:
            raise UserError("\n".join(sentences))

    def _check_pool(self, workcenters):
        sentences = [
            self.env._(
                "%(workcenter)s has no rate in %(version)s, and there is no active "
                "conversion pool for its hourly cost: give it rates, or activate a "
                "cost element of the type Conversion cost.",
                workcenter=workcenter.display_name,
                version=self.version.display_name,
            )
            for workcenter in workcenters
        ]
        if sentences:
            raise UserError("\n".join(sentences))

    def _remark_free_workcenter(self, workcenter):
        self.remarks.append(
            self.env._(
                "The work center %(workcenter)s costs nothing: it has neither rates in "
                "this version nor an hourly cost.",
                workcenter=workcenter.display_name,
            )
        )
