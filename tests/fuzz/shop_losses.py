"""What goes wrong with goods: scrap and counts; and taking products apart again."""

from .step import step


class ShopLosses:
    @step
    def scrap(self, product, quantity, order=None):
        """Scrap from stock, or from an order: what it used, or what it made."""
        values = {"production_id": self.makings[order].order.id} if order else {}
        self.case._scrap(self.products[product], quantity, **values)

    @step
    def count(self, product, change):
        """Count the stock: more (or, negative, less) is there than is known."""
        known = float(self.model.on_hand()[product])
        self.case._count(self.products[product], known + change)

    @step
    def unbuild(self, product, quantity, order=None):
        """Take a product apart: as an order made it, or as its recipe says."""
        record = self.makings[order].order if order else None
        self.case._unbuild(self.products[product], quantity, record)
        if order:
            self.makings[order].unbuilt += quantity
