"""What the demonstration's factory buys, makes and sells, as plain values.

Amounts are in company currency, quantities in the unit of measure of the product.
"""

CONVERSION = ("labour", "variable_overhead", "fixed_overhead")
#: Normal capacity of each work center, in hours a month.
NORMAL_HOURS = 20

CHART_ACCOUNTS = {
    "stock": "110100",
    "payable": "211000",
    "salaries": "230000",
    "sales": "400000",
    "cost_of_sales": "500000",
}
OWN_ACCOUNTS = {
    "materials": ("110200", "Materials and in-process", "asset_current"),
    "parts": ("110300", "Sub-assemblies", "asset_current"),
    "finished": ("110310", "Finished goods", "asset_current"),
    "cost_of_lamps": ("500100", "Cost of lamps sold", "expense_direct_cost"),
    "difference": ("500200", "Purchase price difference", "expense_direct_cost"),
}

_VALUATION = "property_stock_valuation_account_id"
_EXPENSE = "property_account_expense_categ_id"
_DIFFERENCE = "property_price_difference_account_id"
#: name: (label, inventory valuation, trigger, accounts)
CATEGORIES = {
    "materials": (
        "Materials",
        "real_time",
        False,
        {_VALUATION: "materials", _DIFFERENCE: "difference"},
    ),
    "parts": (
        "Sub-assemblies",
        "real_time",
        "completion",
        {_VALUATION: "parts", _EXPENSE: "cost_of_sales"},
    ),
    "furniture": (
        "Furniture",
        "real_time",
        "completion",
        {_VALUATION: "finished", _EXPENSE: "cost_of_sales"},
    ),
    "lamps": ("Lamps", "periodic", "delivery", {_EXPENSE: "cost_of_lamps"}),
    "sets": ("Sets", "real_time", False, {_EXPENSE: "cost_of_sales"}),
}

PARTNERS = {
    "timber": "Timber Supplies Ltd",
    "fittings": "Fittings & Finish Co.",
    "cushions": "Soft Seating Works",
    "lighting": "Lighting Parts Ltd",
    "energy": "Coast Energy",
    "landlord": "Harbour Estates",
    "store": "Homestead Stores",
    "retail": "Lumen Retail",
    "hotel": "Harbour Hotel",
}

#: name: (label, unit of measure, standard price)
MATERIALS = {
    "oak": ("Oak plank", "meter", 6.40),
    "ash": ("Ash plank", "meter", 7.10),
    "plywood": ("Plywood panel", "unit", 11.50),
    "cushion": ("Seat cushion", "unit", 7.50),
    "screw": ("Wood screw", "unit", 0.025),
    "glue": ("Wood glue", "kgm", 9.00),
    "oil": ("Hard wax oil", "litre", 18.00),
    "rod": ("Steel rod", "meter", 3.00),
    "shade": ("Lamp shade", "unit", 8.00),
    "socket": ("Socket with cable", "unit", 5.20),
}
#: name: (label, category, sales price; 0 = not sold)
GOODS = {
    "frame": ("Table frame", "parts", 0),
    "chair": ("Chair Skerry", "furniture", 95),
    "table": ("Table Fjord", "furniture", 290),
    "shelf": ("Bookshelf Holm", "furniture", 189),
    "lamp": ("Reading lamp Beacon", "lamps", 59),
    "set": ("Dining set (1 table, 4 chairs)", "sets", 640),
}

#: name: (label, minutes of set-up per order, hourly rates as in CONVERSION)
WORKCENTERS = {
    "cutting": ("Cutting", 30, (24, 8, 10)),
    "assembly": ("Assembly", 0, (20, 4, 6)),
    "finishing": ("Finishing", 0, (22, 5, 6)),
}
#: name: (standard lot, materials per unit, operations with minutes per unit)
BOMS = {
    "frame": (
        10,
        {"oak": 4, "screw": 20, "glue": 0.1},
        (("Cut legs and rails", "cutting", 12), ("Join", "assembly", 12)),
    ),
    "chair": (
        20,
        {"oak": 2.5, "cushion": 1, "screw": 16, "glue": 0.05, "oil": 0.05},
        (
            ("Cut", "cutting", 6),
            ("Assemble", "assembly", 15),
            ("Oil", "finishing", 6),
        ),
    ),
    "table": (
        10,
        {"frame": 1, "oak": 6, "screw": 8, "oil": 0.2},
        (("Cut top", "cutting", 9), ("Sand and oil", "finishing", 30)),
    ),
    "shelf": (
        10,
        {"oak": 5, "plywood": 2, "screw": 24, "glue": 0.1, "oil": 0.1},
        (("Cut", "cutting", 15), ("Assemble", "assembly", 18)),
    ),
    "lamp": (
        20,
        {"rod": 1.2, "shade": 1, "socket": 1},
        (("Assemble and test", "assembly", 12),),
    ),
}
KITS = {"set": {"table": 1, "chair": 4}}
