"""What tables cost a month, and what a change of them costs: from settings, sizes, rates and prices.

`plan_cost` gives the cost of a plan, `live_cost` that of a table. Amounts are US dollars as Decimal, with
bounds. What is not known has no upper bound, and is never counted as nothing. `read` reads a file of prices,
`download` gets AWS's price list of a region. All else is pure.
"""

from tableadmin.cost.amount import Amount, total
from tableadmin.cost.lines import Line, Quantity
from tableadmin.cost.price_files import read, read_all
from tableadmin.cost.prices import PriceError, Prices, packaged
from tableadmin.cost.published import download
from tableadmin.cost.table_cost import TableCost, live_cost, plan_cost, table_cost, worst_increase
from tableadmin.cost.usage import Consumed, Rates, Usage

__all__ = [
    "Amount",
    "Consumed",
    "Line",
    "PriceError",
    "Prices",
    "Quantity",
    "Rates",
    "TableCost",
    "Usage",
    "download",
    "live_cost",
    "packaged",
    "plan_cost",
    "read",
    "read_all",
    "table_cost",
    "total",
    "worst_increase",
]
