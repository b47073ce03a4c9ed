"""Cards of generated structures: the same cost as Odoo's own calculation.

Five levels of bills over shared materials, with kits, by-products, other units of
measure, and operations at work centers with capacities and efficiency.
"""

import random
from unittest.mock import patch

from odoo import Command
from odoo.tests import tagged

from .test_standards import StandardsCase


class GeneratedCase(StandardsCase):
    """`count` bills of both types, records made in batches."""

    conversion_elements = ("conversion",)
    count = 60
    levels = 5
    # part of the products that a work center names; Odoo sorts all of these each time
    named = 0.4

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.random = random.Random(19)
        cls.bill.active = False
        cls.uoms = {
            cls.unit: (cls.unit, cls.dozen),
            cls.kg: (cls.kg, cls.gram, cls.env.ref("uom.product_uom_lb")),
        }
        cls.workcenters = [cls._generate_workcenter(number) for number in range(4)]
        cls.leaves = cls._generate_products("Leaf", max(12, cls.count // 10))
        for leaf in cls.leaves:
            leaf.standard_price = round(cls.random.uniform(0.001, 90), 5)
        cls._generate_levels()

    @classmethod
    def _generate_workcenter(cls, number):
        choice = cls.random.choice
        return cls._create_workcenter(
            f"WC{number}",
            costs_hour=choice([0, 12.5, 31.07]),
            time_start=choice([0, 7, 12.5]),
            time_stop=choice([0, 3]),
            time_efficiency=choice([100, 80, 125]),
            capacity_ids=[
                Command.create(
                    {"product_uom_id": uom.id, "capacity": choice([0, 0.3, 1.5, 7])}
                )
                for uom in cls.random.sample([cls.unit, cls.dozen, cls.kg], number)
            ],
        )

    @classmethod
    def _generate_products(cls, name, count):
        return cls.env["product.product"].create(
            [
                {
                    "name": f"{name}.{number}",
                    "is_storable": True,
                    "categ_id": cls.materials.id,
                    "company_id": cls.company.id,
                    "uom_id": cls.random.choice(list(cls.uoms)).id,
                }
                for number in range(count)
            ]
        )

    @classmethod
    def _generate_levels(cls):
        below = list(cls.leaves)
        cls.generated = []
        for level in range(cls.levels):
            made = cls._generate_products(f"Made {level}", cls.count // cls.levels)
            boms = cls._generate_boms(made, level)
            cls._generate_components(boms, below)
            cls._generate_operations(boms)
            cls._generate_capacities(boms)
            cls.generated.append(boms)
            below += list(made)

    @classmethod
    def _generate_boms(cls, products, level):
        """Bills without lines: with them, Odoo looks for circles from each of them."""
        kits = cls.random.sample(products.ids, len(products) // 4)
        if level == cls.levels - 1:
            kits = []
        return cls.env["mrp.bom"].create(
            [
                {
                    "product_tmpl_id": product.product_tmpl_id.id,
                    "company_id": cls.company.id,
                    "type": "phantom" if product.id in kits else "normal",
                    "product_qty": cls.random.choice([1, 3, 12.5]),
                    "product_uom_id": cls.random.choice(cls.uoms[product.uom_id]).id,
                }
                for product in products
            ]
        )

    @classmethod
    def _generate_components(cls, boms, below):
        def line(bom, product, most):
            return {
                "bom_id": bom.id,
                "product_id": product.id,
                "product_qty": round(cls.random.uniform(most / 100, most), 2),
                "product_uom_id": cls.random.choice(cls.uoms[product.uom_id]).id,
            }

        cls.env["mrp.bom.line"].create(
            [line(bom, p, 9) for bom in boms for p in cls._sample(below, 5)]
        )
        # Odoo offers no by-products on kits
        cls.env["mrp.bom.byproduct"].create(
            [
                {
                    **line(bom, p, 5),
                    "cost_share": cls.random.choice([0, 3.33, 12.5]),
                }
                for bom in boms
                if bom.type == "normal"
                for p in cls._sample(list(cls.leaves), 2)
            ]
        )

    @classmethod
    def _generate_operations(cls, boms):
        cls.env["mrp.routing.workcenter"].create(
            [
                {
                    "name": "Make",
                    "bom_id": bom.id,
                    "workcenter_id": workcenter.id,
                    "time_cycle_manual": round(cls.random.uniform(0.5, 99), 1),
                }
                for bom in boms
                for workcenter in cls._sample(cls.workcenters, 2)
            ]
        )

    @classmethod
    def _generate_capacities(cls, boms):
        """Capacities for single products, at the work center of their first step."""
        chosen = [bom for bom in boms if cls.random.random() < cls.named]
        cls.env["mrp.workcenter.capacity"].create(
            [
                {
                    "workcenter_id": bom.operation_ids[0].workcenter_id.id,
                    "product_id": bom.product_tmpl_id.product_variant_id.id,
                    "product_uom_id": bom.product_tmpl_id.uom_id.id,
                    "capacity": cls.random.choice([0.7, 2, 5]),
                    "time_start": 11,
                    "time_stop": 1,
                }
                for bom in chosen
            ]
        )

    @classmethod
    def _sample(cls, population, at_most):
        return cls.random.sample(population, cls.random.randint(1, at_most))

    def _get_made(self):
        """Products that get a card."""
        boms = self.env["mrp.bom"].union(*self.generated)
        made = boms.filtered(lambda bom: bom.type == "normal").product_tmpl_id
        return made.product_variant_ids


@tagged("post_install", "-at_install")
class TestAgainstOdoo(GeneratedCase):
    """Same cost as Odoo's own `_compute_bom_price`, through all levels at once."""

    def test_every_card_equals_odoos_price(self):
        cards = self._roll_up(self._version(rates=False))
        self.assertEqual(set(cards), set(self._get_made()))
        self.assertGreater(len(cards), 40)
        boms = self.env["mrp.bom"].union(*self.generated)
        for product, card in cards.items():
            expected = product._compute_bom_price(card.bom_id, boms)
            self.assertAlmostEqual(
                card.amount / expected, 1, delta=1e-6, msg=product.name
            )

    def test_lines_add_up(self):
        for card in self._roll_up(self._version(rates=False)).values():
            total = sum(card.line_ids.mapped("amount"))
            self.assertAlmostEqual(total / card.amount, 1, delta=1e-12)
            split = card.amount_material + card.amount_conversion
            self.assertAlmostEqual(split / card.amount, 1, delta=1e-12)

    def test_queries_do_not_grow_with_products(self):
        version = self._version(rates=False)
        version.action_roll_up()

        def queries():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            version.action_roll_up()
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        queries()
        many = queries()
        boms = self.env["mrp.bom"].search([("company_id", "=", self.company.id)])
        boms[10:].active = False
        self.assertLessEqual(many, queries() + 5)


@tagged("post_install", "-at_install")
class TestManyAgainstOdoo(GeneratedCase):
    """The same over a thousand products.

    Odoo calculates every price from the bottom again; here each level is calculated
    from the prices of the one below, by Odoo's own method. A few are calculated both
    ways.
    """

    count = 1300
    named = 0.1

    def _get_odoo_prices(self):
        """{product: Odoo's price of its bill}, kits included."""
        prices = {}
        for boms in self.generated:
            for bom in boms:
                product = bom.product_tmpl_id.product_variant_id
                prices[product] = product._compute_bom_price(bom)
            for bom in boms:
                product = bom.product_tmpl_id.product_variant_id
                product = product.with_context(disable_auto_revaluation=True)
                product.standard_price = prices[product]
            self.env.flush_all()
        return prices

    def test_every_card_equals_odoos_price(self):
        cards = self._roll_up(self._version(rates=False))
        self.assertEqual(set(cards), set(self._get_made()))
        self.assertGreaterEqual(len(cards), 1000)
        prices = self._get_odoo_prices()
        differences = {
            product.name: (card.amount, prices[product])
            for product, card in cards.items()
            if abs(card.amount / prices[product] - 1) > 1e-6
        }
        self.assertFalse(differences)
        boms = self.env["mrp.bom"].union(*self.generated)
        for product in list(cards)[:: len(cards) // 20]:
            price = product._compute_bom_price(cards[product].bom_id, boms)
            self.assertAlmostEqual(price / prices[product], 1, delta=1e-9)


@tagged("post_install", "-at_install")
class TestOtherAddons(StandardsCase):
    """Odoo's methods are asked for every line as soon as another addon extends them."""

    def test_lines_that_another_addon_leaves_out(self):
        glue = self._create_product("Glue", self.materials, standard_price=3.0)
        self.bill.bom_line_ids = [Command.create({"product_id": glue.id})]
        card = self._roll_up()[self.table]
        self.assertEqual(card.component_line_ids.component_id, self.steel | glue)

        def skip(line, product, never_attribute_values=False):
            return line.product_id == glue

        with patch.object(type(self.bill.bom_line_ids), "_skip_bom_line", skip):
            card = self._roll_up()[self.table]
        self.assertEqual(card.component_line_ids.component_id, self.steel)

    def test_capacities_that_another_addon_knows(self):
        chair = self._create_product("Chair", self.finished)
        self._bom(chair, {self.steel: 1}, operations=[(self.bench, 24)])

        def get_capacity(workcenter, product, unit, default_capacity=1):
            return (2 if product == chair else 1), 0, 0

        with patch.object(type(self.bench), "_get_capacity", get_capacity):
            cards = self._roll_up()
        self.assertEqual(cards[chair].operation_line_ids.mapped("capacity"), [2] * 3)
        self.assertEqual(
            cards[self.table].operation_line_ids.mapped("capacity"), [1] * 3
        )
