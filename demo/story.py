"""One month of the demonstration's factory, day by day."""

from datetime import date, datetime, time, timedelta

from .documents import Documents

#: Every month has as many business days.
BUSINESS_DAYS = 20
OPENING = time(9)


def days_of_last_month(today: date) -> list[date]:
    """The business days (Monday to Friday) of the calendar month before `today`.

    >>> days_of_last_month(date(2025, 6, 15))[0]
    datetime.date(2025, 5, 1)
    """
    last = today.replace(day=1) - timedelta(days=1)
    days = (last.replace(day=number) for number in range(1, last.day + 1))
    return [day for day in days if day.weekday() < 5]


class Story:
    """Plays the month: each scene on a business day, in order.

    :param clock: set to the day of each scene (`freezegun`)
    :param echo: prints one line for each scene
    """

    def __init__(self, factory, days, clock, echo):
        self.factory = factory
        self.documents = Documents(factory)
        self.days = days
        self.clock = clock
        self.echo = echo

    def play(self):
        self._buy()
        self._make_tables()
        self._make_chairs_and_shelves()
        self._sell_dining_sets()
        self._make_and_sell_lamps()
        self._furnish_the_hotel()
        self._restock()
        self._pay_for_conversion()

    def _day(self, number, text):
        """Turn to the business day `number` (from 1) and say what happens."""
        day = self.days[number - 1]
        self.clock.move_to(datetime.combine(day, OPENING))
        self.echo(f"  {day:%a %d %b}  {text}")

    # -- scenes -----------------------------------------------------------------

    def _buy(self):
        do = self.documents
        self._day(1, "Timber, fittings, cushions and lamp parts are ordered.")
        timber = do.order(
            "timber", {"oak": (320, 6.4), "ash": (20, 7.1), "plywood": (25, 11.5)}
        )
        fittings = do.order(
            "fittings", {"screw": (2000, 0.025), "glue": (10, 9), "oil": (8, 18)}
        )
        cushions = do.order("cushions", {"cushion": (60, 7.5)})
        lighting = do.order(
            "lighting", {"rod": (60, 3), "shade": (45, 8), "socket": (45, 5.2)}
        )
        self._day(2, "Everything arrives.")
        do.receive(timber, fittings, cushions, lighting)
        self._day(3, "The bills: oak dearer, cushions cheaper, the rest as expected.")
        do.bill(timber, {"oak": 6.55})
        do.bill(cushions, {"cushion": 7.2})
        do.bill(fittings)
        do.bill(lighting)

    def _make_tables(self):
        do = self.documents
        self._day(4, "12 table frames, exactly as on the card.")
        do.finish(do.plan("frame", 12), (174, 144))
        self._day(5, "10 tables: less oil used than allowed.")
        do.finish(do.plan("table", 10), (125, 290), used={"oil": 1.8})

    def _make_chairs_and_shelves(self):
        do = self.documents
        self._day(6, "24 chairs: 3 m of oak more than allowed.")
        do.finish(do.plan("chair", 24), (180, 372, 144), used={"oak": 63})
        self._day(7, "8 bookshelves: ash in place of some of the oak.")
        do.finish(do.plan("shelf", 8), (150, 150), used={"oak": 35, "ash": 5})
        self._day(8, "20 chairs are begun; 12 are ready by the evening.")
        self.rest = do.finish(do.plan("chair", 20), (102, 180, 75), made=12)

    def _sell_dining_sets(self):
        do = self.documents
        self._day(9, "4 dining sets (a kit) and 6 bookshelves go to a shop.")
        order = do.sell("store", {"set": 4, "shelf": 6})
        do.deliver(order)
        self._day(10, "They are invoiced.")
        do.invoice(order)

    def _make_and_sell_lamps(self):
        do = self.documents
        self._day(11, "20 lamps; one shade breaks.")
        do.finish(do.plan("lamp", 20), (250,), used={"shade": 21})
        self._day(12, "12 lamps are delivered to a retailer.")
        first = do.sell("retail", {"lamp": 12})
        do.deliver(first)
        self._day(13, "They are invoiced. 12 more lamps are made.")
        do.invoice(first)
        do.finish(do.plan("lamp", 12), (144,))
        self._day(14, "15 lamps are delivered and invoiced.")
        second = do.sell("retail", {"lamp": 15})
        do.deliver(second)
        do.invoice(second)

    def _furnish_the_hotel(self):
        do = self.documents
        self._day(
            15, "A hotel orders 20 chairs and 3 tables; 12 chairs can go at once."
        )
        order = do.sell("hotel", {"chair": 20, "table": 3})
        do.deliver(order, {"chair": 12})
        do.invoice(order)
        self._day(16, "The 8 chairs left over from the second order are finished.")
        do.finish(self.rest, (48, 120, 48))
        self._day(17, "The hotel gets its other 8 chairs, and the invoice.")
        do.deliver(order)
        do.invoice(order)

    def _restock(self):
        do = self.documents
        self._day(18, "60 m of oak, at a lower price.")
        order = do.order("timber", {"oak": (60, 6.4)})
        do.receive(order)
        do.bill(order, {"oak": 6.2})

    def _pay_for_conversion(self):
        do = self.documents
        elements = self.factory.elements
        self._day(BUSINESS_DAYS, "Wages, energy and rent of the month are booked.")
        do.pay_wages(elements["labour"].control_account_id, 1050)
        do.bill_cost(
            "energy",
            "Energy",
            elements["variable_overhead"].control_account_id,
            270,
        )
        do.bill_cost(
            "landlord", "Rent", elements["fixed_overhead"].control_account_id, 420
        )
