from odoo import models


class BackflushVersionInputs(models.AbstractModel):
    """What the cards of a version are made from. Used by `backflush.version` only."""

    _name = "backflush.version.inputs"
    _description = "Inputs of a Costing Version"

    def action_open_prices(self):
        return self._open_inputs("backflush_price")

    def action_open_rates(self):
        return self._open_inputs("backflush_rate")

    def _open_inputs(self, name):
        """The version's prices or rates in a list of their own: search and import."""
        self.ensure_one()
        module = "backflush_costing"
        action = self.env["ir.actions.act_window"]._for_xml_id(
            f"{module}.{name}_action"
        )
        if self.state in ("active", "closed"):
            action["views"] = [
                (self.env.ref(f"{module}.{name}_view_list_kept").id, "list")
            ]
        return {
            **action,
            "domain": [("version_id", "=", self.id)],
            "context": {"default_version_id": self.id},
        }

    def _get_bought_products(self, reader):
        """What is bought and needs a price: what bills use, or what has a trigger.

        With superuser rights, in the version's company.

        :param reader: StructureReader of this version
        """
        wanted = reader.find_purchased() | self._find_triggered_products() - reader.made
        return wanted.sudo().with_company(self.company_id)
