"""From any amount to the documents behind it, and back."""

from odoo import Command
from odoo.tests import Form, new_test_user, tagged

from .common import BackflushCommon
from .people import People
from .variants import Variant2


class TrailCommon(BackflushCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._activate_standards(m=5.0, s=6.0)

    def _records(self, action):
        """What a button opens."""
        model = self.env[action["res_model"]]
        if "res_id" in action and action["res_id"]:
            return model.browse(action["res_id"])
        return model.search(action["domain"])

    def _item(self, entry, account):
        return entry.line_ids.filtered(
            lambda item: item.account_id == self.accounts[account]
        )

    def assertMadeUp(self, items, sign=1):
        """Each journal item is the sum of the posting lines it opens."""
        for item in items:
            lines = self._records(item.action_view_backflush_lines())
            self.assertEqual(item.backflush_line_count, len(lines), item.name)
            total = sum(lines.mapped("amount"))
            self.assertAlmostEqual(sign * total, item.balance, 2, item.name)


@tagged("post_install", "-at_install")
class TestTrail(TrailCommon):
    def test_from_journal_item_to_the_purchase_and_back(self):
        bill = self._buy(self.m, 100, 5.0, 5.2)
        order = self._produce(self.p, 10, used={self.m: 22})
        entry = order.backflush_posting_ids.account_move_id
        self.assertMadeUp(entry.line_ids)
        line = self._records(
            self._item(entry, "materials").action_view_backflush_lines()
        )
        self.assertEqual((line.kind, line.product_id), ("material", self.m))
        posting = self._records(line.action_open_posting())
        self.assertEqual(posting, order.backflush_posting_ids)
        self.assertEqual(
            self._records(posting.action_open_standard()).product_id, self.p
        )
        self.assertEqual(self._records(posting.action_open_event()), order)
        self.assertEqual(self._records(posting.action_open_entry()), entry)
        used = posting.fact_ids.filtered(lambda fact: fact.product_id == self.m)
        self.assertEqual(self._records(used.action_open_document()), order)
        # back from the product: what was bought, made and used
        postings = self._records(self.m.action_view_backflush_postings())
        self.assertEqual(postings, posting | bill.backflush_posting_ids)
        facts = self._records(self.m.action_view_backflush_facts())
        self.assertEqual(sorted(facts.mapped("quantity")), [-22, 100])
        receipt = facts.filtered(lambda fact: fact.quantity == 100)
        picking = self._records(receipt.action_open_document())
        self.assertEqual(picking.purchase_id.invoice_ids, bill)
        self.assertEqual(picking.backflush_fact_count, 1)
        self.assertEqual(self._records(picking.action_view_backflush_facts()), receipt)
        rows = self._records(self.m.action_view_backflush_variances())
        self.assertEqual(
            sorted(rows.mapped("kind")), ["material_price", "material_usage"]
        )

    def test_items_that_were_added_to_a_bill(self):
        bill = self._buy(self.m, 100, 5.0, 5.2)
        added = bill.line_ids.filtered(lambda item: item.display_type == "cogs")
        self.assertEqual(len(added), 2)
        self.assertMadeUp(added)
        # the user's own items are none of the addon's
        self.assertFalse(any((bill.line_ids - added).mapped("backflush_line_count")))
        posting = bill.backflush_posting_ids
        self.assertEqual(self._records(posting.action_open_event()), bill)
        self.assertEqual(posting.document_name, bill.display_name)
        self.assertEqual(posting.document_type, "Vendor Bill")
        # posted once more: the first posting's lines went with their items
        bill.button_draft()
        bill.action_post()
        self.assertEqual(len(bill.backflush_posting_ids), 2)
        self.assertMadeUp(bill.line_ids.filtered(lambda x: x.display_type == "cogs"))

    def test_reversal(self):
        posting = self._produce(self.p, 10).backflush_posting_ids
        posting.action_reverse()
        reversal = posting.reversal_move_id
        self.assertMadeUp(reversal.line_ids, sign=-1)
        self.assertMadeUp(posting.account_move_id.line_ids)
        self.assertEqual(self._records(posting.action_open_reversal()), reversal)
        self.assertEqual(reversal.backflush_posting_count, 1)
        self.assertEqual(
            self._records(reversal.action_view_backflush_postings()), posting
        )

    def test_order(self):
        order = self._produce(self.p, 10)
        facts = self._records(order.action_view_backflush_facts())
        self.assertEqual(facts.production_id, order)
        self.assertEqual(sorted(facts.mapped("quantity")), [-20, 10])
        posting = order.backflush_posting_ids
        self.assertEqual(posting.document_type, "Manufacturing Order")
        self.assertEqual(posting.document_name, order.name)

    def test_product_form(self):
        template = self.p.product_tmpl_id
        self.assertTrue(template.is_backflush_covered)
        order = self._produce(self.p, 10)
        for record in template, self.p:
            self.assertEqual(
                self._records(record.action_view_backflush_postings()),
                order.backflush_posting_ids,
            )
        plain = self._create_product("Plain", self.materials)
        self.assertFalse(plain.product_tmpl_id.is_backflush_covered)

    def test_other_entries_are_left_alone(self):
        journal = self.company.backflush_journal_id
        account = self.accounts["labour_control"]
        entry = self.env["account.move"].create(
            {
                "journal_id": journal.id,
                "line_ids": [
                    Command.create({"account_id": account.id, "balance": balance})
                    for balance in (5, -5)
                ],
            }
        )
        self.assertEqual(entry.line_ids.mapped("backflush_line_count"), [0, 0])

    def test_counting_takes_as_many_queries_for_many_items(self):
        entries = self.env["account.move"].union(
            *(
                self._produce(self.p, 10).backflush_posting_ids.account_move_id
                for _ in range(6)
            )
        )
        counts = []
        for moves in entries[:1], entries[1:]:
            self.env.invalidate_all()
            moves.line_ids.mapped("display_type")
            moves.mapped("move_type")
            before = self.env.cr.sql_log_count
            moves.line_ids.mapped("backflush_line_count")
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0])

    def test_names_are_shown_to_readers_without_other_rights(self):
        order = self._produce(self.p, 10)
        reader = new_test_user(
            self.env,
            "reader",
            "base.group_user,backflush_costing.group_backflush_user",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        posting = order.backflush_posting_ids.with_user(reader)
        self.assertEqual(posting.document_name, order.name)
        self.assertEqual(posting.fact_ids.production_id.ids, order.ids)
        self.assertFalse(order.with_user(reader).has_access("write"))


@tagged("post_install", "-at_install")
class TestTrailOfOtherDocuments(TrailCommon):
    """Scraps, unbuilds and counts are documents of their own."""

    def assertBackAndForth(self, document, posting):
        """From the posting and its facts to what people made, and back again."""
        self.assertEqual(self._records(posting.action_open_event()), document)
        name = document.reference if document == posting.move_id else document.name
        self.assertEqual(posting.document_name, name)
        if document == posting.move_id:
            self.assertEqual(posting.account_move_id.ref, name)
        for fact in posting.fact_ids:
            self.assertEqual(self._records(fact.action_open_document()), document)
        self.assertEqual(document.backflush_posting_count, 1)
        found = self._records(document.action_view_backflush_postings())
        self.assertEqual(found, posting)
        self.assertEqual(document.backflush_fact_count, len(posting.fact_ids))
        found = self._records(document.action_view_backflush_facts())
        self.assertEqual(found, posting.fact_ids)

    def test_scrap(self):
        self._produce(self.p, 10)
        scrap = self._scrap(self.p, 1)
        posting = self._find_posting("scrap")
        self.assertEqual(posting.document_type, "Scrap")
        self.assertBackAndForth(scrap, posting)

    def test_component_scrapped_from_an_order(self):
        order = self._create_production(self.p, 10)
        scrap = self._scrap(self.m, 1, production_id=order.id)
        self._finish(order)
        posting = self._find_posting("scrap")
        self.assertBackAndForth(scrap, posting)
        self.assertEqual(posting.production_id, order)
        self.assertIn(posting, self._records(order.action_view_backflush_postings()))

    def test_unbuild(self):
        order = self._produce(self.p, 10)
        unbuild = self._unbuild(self.p, 1, order)
        posting = self._find_posting("unbuild")
        self.assertEqual(posting.document_type, "Unbuild Order")
        self.assertBackAndForth(unbuild, posting)
        self.assertEqual(posting.production_id, order)
        self.assertEqual(order.backflush_posting_count, 2)

    def test_count(self):
        self._buy(self.m, 100, 5.0)
        move = self._count(self.m, 98)
        self.assertBackAndForth(move, self._find_posting("count"))

    def test_failed_scrap(self):
        self._produce(self.p, 10)
        self.company.backflush_journal_id.active = False
        scrap = self._scrap(self.p, 1)
        posting = self._records(scrap.action_view_backflush_postings())
        self.assertEqual((posting.event, posting.state), ("scrap", "failed"))

    def _find_posting(self, event):
        return self.env["backflush.posting"].search(
            [("event", "=", event), ("company_id", "=", self.company.id)]
        )


@tagged("post_install", "-at_install")
class TestTrailOfReaders(People, TrailCommon):
    """Every step of the trail opens for those who only read."""

    def _play(self):
        """One of each document that a posting may lead to, with its postings."""
        order = self._produce(self.p, 10, used={self.m: 22})
        scrap = self._scrap(self.p, 1)
        unbuild = self._unbuild(self.p, 1, order)
        picking = self._deliver(self._sell(self.p, 4, 40.0))
        count = self._count(self.m, 500)
        return order, scrap, unbuild, picking, count

    def _check_open(self, user, record):
        """The form opens with all that it shows."""
        form = Form(record.with_user(user).with_company(self.company))
        self.assertEqual(form._record.id, record.id)

    def _check_trail(self, user):
        documents = self._play()
        postings = self.env["backflush.posting"].search(
            [("company_id", "=", self.company.id)]
        )
        self.assertIn(self.p, postings.product_id)
        for posting in postings:
            mine = posting.with_user(user)
            self._check_open(user, mine)
            for action in mine.action_open_event(), mine.action_open_standard():
                if action:
                    self._check_open(user, self._records(action))
            for fact in mine.fact_ids:
                self._check_open(user, fact)
                self._check_open(user, self._records(fact.action_open_document()))
                self._check_open(user, fact.move_id)
        for document in documents:
            mine = document.with_user(user)
            found = self._records(mine.action_view_backflush_postings())
            self.assertLessEqual(found, postings)
            self.assertTrue(self._records(mine.action_view_backflush_facts()))
        return postings

    def test_auditor(self):
        """Whoever reads the books also gets to the entries, and from those back."""
        user = self._create_user("auditor", groups="account.group_account_readonly")
        for posting in self._check_trail(user):
            entry = posting.with_user(user).account_move_id
            if entry:
                self._check_open(user, entry)
                self.assertTrue(entry.backflush_posting_count)

    def test_reader_of_costs_alone(self):
        user = self._create_user("reader")
        self._check_trail(user)
        menus = self.env["ir.ui.menu"].with_user(user)._visible_menu_ids()
        for name in ("posting", "posting_failed", "posting_line", "stock_fact"):
            menu = self.env.ref(f"backflush_costing.backflush_{name}_menu")
            while menu:
                self.assertIn(menu.id, menus, menu.display_name)
                menu = menu.parent_id


@tagged("post_install", "-at_install")
class TestTrailAtDelivery(Variant2, TrailCommon):
    def test_delivery(self):
        self._produce(self.p, 10)
        picking = self._deliver(self._sell(self.p, 4, 40.0))
        posting = picking.backflush_posting_ids
        self.assertMadeUp(posting.account_move_id.line_ids)
        self.assertEqual(self._records(posting.action_open_event()), picking)
        fact = posting.fact_ids
        self.assertEqual(self._records(fact.action_open_document()), picking)
        self.assertEqual(self._records(picking.action_view_backflush_facts()), fact)
