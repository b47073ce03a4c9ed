"""A month of a small factory, played through real documents.

Called by ``./dev demo``; plays once in a database and never touches other companies.
"""

from datetime import datetime, timedelta

from freezegun import freeze_time
from odoo import fields

from .factory import Factory
from .paper import Paper
from .proof import Proof
from .report import Report
from .story import OPENING, Story, days_of_last_month

COMPANY = "Nordhaven Furniture"


def play(env, echo=print):
    """Create the demonstration company and play last month in it.

    Does nothing where the company exists. The caller commits.
    """
    if env["res.company"].search_count([("name", "=", COMPANY)]):
        echo(f"{COMPANY} is there already: nothing to do.")
        return
    days = days_of_last_month(fields.Date.today())
    echo(f"{COMPANY}: furniture costed when finished, lamps when delivered.")
    with freeze_time(datetime.combine(days[0], OPENING)) as clock:
        factory = Factory(env, COMPANY)
        factory.set_standards(days[0])
        Story(factory, days, clock, echo).play()
        factory.add_new_category()
        first_of_next = (days[-1].replace(day=1) + timedelta(days=32)).replace(day=1)
        factory.prepare_next_standards(first_of_next)
    paper = Paper(echo)
    Report(factory, paper).print()
    Proof(factory, paper).print()
