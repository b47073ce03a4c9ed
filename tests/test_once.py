"""Rule 5: what two people record at once is recorded once, and nobody is told."""

from odoo.exceptions import ConcurrencyError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import BackflushCommon


@tagged("post_install", "-at_install")
class TestOnce(BackflushCommon):
    def test_fact_taken_meanwhile(self):
        # `./dev bench concurrency` has two users; here one of them is played
        self._activate_standards(m=5.0, s=6.0)
        fact = self._produce(self.p, 10).move_raw_ids.backflush_fact_ids
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(ConcurrencyError),  # Odoo starts over after it
            self.env.cr.savepoint(),
        ):
            fact.sudo().copy({"sequence": fact.sequence, "posting_id": False})
