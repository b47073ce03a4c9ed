from odoo import fields


class KeptLink(fields.Many2one):
    """A link of a card line, without a foreign key in the database.

    A roll-up writes tens of thousands of lines at once, and PostgreSQL would look up
    every link of every line by itself: more than half of its work. What lines point at
    refuses to be deleted instead (`backflush.standard.line._refuse_deletion`).
    """

    def update_db_foreign_key(self, model, column):
        """No foreign key: see above."""
