from collections import defaultdict
from decimal import Decimal

from odoo import Command, api, models

from ..costing.entry import APPLIED, Target, merge, relieve
from ..costing.revaluation import Part, Restated, Revaluation, revalue
from .backflush_books import Books, local_date, number
from .backflush_bulk import insert


class BackflushRevaluation(models.AbstractModel):
    """Brings the goods on hand to new standards, with one posting and one entry.

    Used when a costing version is activated or a price is changed by hand. Stock
    accounts hold standards only (DESIGN §4, rule 10), so they change in the moment in
    which the standards do.
    """

    _name = "backflush.revaluation"
    _description = "Revaluation at New Standards"

    @api.model
    def _post_version(self, version, restated, old_cards):
        """Post what activating `version` does to the goods on hand.

        :param restated: [(product, quantity on hand, old price, new price)]
        :param old_cards: {product id: card in force before}
        :return: the posting; empty where nothing changes
        """
        books = self._get_books(version.company_id, version)
        new_cards = {card.product_id.id: card for card in version.standard_ids}
        result = self._compute(books, restated, old_cards, new_cards)
        label = self.env._("New standards: %(name)s", name=version.name)
        return self._post(books, [(version, result, {})], label)

    @api.model
    def _post_prices(self, company, restated):
        """Post what prices changed by hand do to the goods on hand.

        :param restated: [(product, quantity on hand, old price, new price)]
        :return: one posting for each product, in one entry; empty where nothing changes
        """
        products = self.env["product.product"].union(*(item[0] for item in restated))
        books = self._get_books(company, products)
        books.prefetch(products)
        cards = self.env["backflush.standard"]._get_active_cards(products, company)
        cards = {product.id: card for product, card in cards.items()}
        label = self.env._("Cost changed by hand")
        if len(products) == 1:
            label = f"{label}: {products.display_name}"
        results = []
        for product, quantity, old, new in restated:
            item = (product, quantity, old, new)
            result = self._compute(books, [item], cards, cards)
            card = cards.get(product.id)
            values = {
                "product_id": product.id,
                "standard_id": card and card.id,
                "quantity": quantity,
            }
            results.append((product, result, values))
        return self._post(books, results, label)

    # -- computing --------------------------------------------------------------

    @api.model
    def _get_books(self, company, records):
        """What is read to revalue goods of `company` because of `records`.

        sudo: setting standards takes no right to make journal entries.
        """
        engine = self.env["backflush.engine"]._as_engine(company)
        return Books(engine.env.company, records.with_env(engine.env))

    @api.model
    def _compute(self, books, restated, old_cards, new_cards):
        """What new standards do to the goods on hand; writes nothing.

        :param restated: [(product, quantity on hand, old price, new price)]
        :param old_cards: {product id: card in force before}
        :param new_cards: {product id: card in force afterwards}
        :return: costing.revaluation.Revaluation
        """
        if not restated:
            return Revaluation(Target({}, {}), {})
        books.prefetch(self.env["product.product"].union(*(x[0] for x in restated)))
        goods = [
            Restated(
                product.id,
                number(quantity),
                self._get_parts(product, old, old_cards, books),
                self._get_parts(product, new, new_cards, books),
            )
            for product, quantity, old, new in restated
        ]
        return revalue(goods, self._get_account(books), books.unit)

    def _get_account(self, books):
        account = books.company._backflush_config("backflush_revaluation_account_id")
        return books.usable(
            account,
            self.env._("revaluation account"),
            lambda: self.env._("Settings › Backflush Costing"),
        )

    def _get_parts(self, product, price, cards, books):
        """Where one unit at `price` stands, by account and element.

        A price that departs from its card (set by hand) does so in materials.
        """
        product = product.with_env(books.env)
        standard = cards.get(product.id)
        card = standard and books.card(standard.with_env(books.env))
        if product._get_backflush_trigger() == "delivery":
            # on no account at all as long as there is no card
            return self._get_content(card, cards, books) if card else ()
        account = books.accounts.stock[product.id]
        content = card.content() if card else {}
        rest = number(price) - sum(content.values())
        content[books.material.id] = content.get(books.material.id, 0) + rest
        return tuple(Part(account, element, x) for element, x in content.items() if x)

    def _get_content(self, card, cards, books):
        """Where goods costed at delivery stand: their materials, on those' accounts."""
        inner = self._find_inner_cards(card, cards, books)
        return tuple(
            Part(
                None if part.kind == APPLIED else part.account,
                part.element,
                part.amount,
            )
            for part in relieve(card, books.accounts, inner)
        )

    def _find_inner_cards(self, card, cards, books):
        """Cards of the components costed at delivery, all levels, of the same set.

        A component without a card there counts as a material at the line's amount: it
        came under its trigger after the cards were made.
        """
        result = {}
        level = [line.product for line in card.lines if line.product]
        while level:
            inner = {
                id_: books.card(cards[id_].with_env(books.env))
                for id_ in level
                if id_ in cards
                and id_ not in result
                and books.product(id_)._get_backflush_trigger() == "delivery"
            }
            result |= inner
            level = [x.product for c in inner.values() for x in c.lines if x.product]
        return result

    # -- posting ----------------------------------------------------------------

    def _post(self, books, results, label, day=None):
        """Write down computed revaluations, all in one journal entry.

        :param results: [(event record, Revaluation, further values of its posting)]
        :param day: the day of the event; without, today
        """
        results = [
            (record, result, values)
            for record, result, values in results
            if result.target.amounts or result.open_rows
        ]
        self = self.with_env(books.env)
        if not results:
            return self.env["backflush.posting"]
        date_event = day or local_date(books.company)
        entry = self._create_entry(
            books, [r.target.amounts for _, r, _ in results], date_event, label
        )
        postings = self.env["backflush.posting"].create(
            [
                {
                    **self._prepare_posting_vals(books, record, result, date_event),
                    "account_move_id": entry.id,
                    **values,
                }
                for record, result, values in results
            ]
        )
        lines, rows = [], []
        for posting, (_, result, _) in zip(postings, results, strict=True):
            lines += self._prepare_lines(posting, result.target.amounts)
            rows += self._prepare_variances(posting, result.target.rows, entry)
            rows += self._prepare_variances(posting, result.open_rows, entry.browse())
        # a statement instead of the ORM's work per record: there may be thousands
        insert(self.env["backflush.posting.line"], lines)
        insert(self.env["backflush.variance"], rows)
        return postings

    def _prepare_posting_vals(self, books, record, result, date_event):
        date, reason = books.date(date_event)
        amounts = result.target.amounts
        sequences = books.previous[record.id].mapped("sequence")
        return {
            "name": books.next_name(date_event),
            "event": "revaluation",
            "state": "posted",
            "date_event": date_event,
            "date": date,
            "date_reason": reason or False,
            "res_model": record._name,
            "res_id": record.id,
            "sequence": max(sequences, default=0) + 1,
            "company_id": books.company.id,
            "amount": float(sum(x for x in amounts.values() if x > 0)),
        }

    def _create_entry(self, books, parts, date_event, label):
        """One entry by account, so that it stays short however many products change."""
        totals = defaultdict(Decimal)
        for key, amount in merge(parts).items():
            totals[key.account] += amount
        lines = [
            Command.create(
                {
                    "account_id": account,
                    "name": label,
                    "balance": float(amount),
                    "analytic_distribution": False,
                }
            )
            for account, amount in totals.items()
            if amount
        ]
        if not lines:
            return self.env["account.move"]
        entry = self.env["account.move"].create(
            {
                "move_type": "entry",
                "journal_id": books.journal.id,
                "date": books.date(date_event)[0],
                "ref": label,
                "line_ids": lines,
            }
        )
        entry._post(soft=False)
        return entry

    def _prepare_lines(self, posting, amounts):
        """Values of all columns, those that the ORM would compute included."""
        return [
            {
                "posting_id": posting.id,
                "account_id": key.account,
                "element_id": key.element,
                "kind": key.kind,
                "product_id": key.product,
                "amount": amount,
                "company_id": posting.company_id.id,
                "date": posting.date,
            }
            for key, amount in amounts.items()
        ]

    def _prepare_variances(self, posting, rows, entry):
        """Values of all columns, those that the ORM would compute included."""
        return [
            {
                "kind": key.kind,
                "element_id": key.element,
                "date": posting.date,
                "product_id": key.product,
                "posting_id": posting.id,
                "quantity_standard": float(row.quantity_standard),
                "quantity_actual": float(row.quantity_actual),
                "price_standard": float(row.price_standard),
                "price_actual": float(row.price_actual),
                "amount": row.amount,
                "account_id": key.account,
                "account_move_id": entry.id or None,
                "state": "provisional",
                "company_id": posting.company_id.id,
            }
            for key, row in rows.items()
        ]
