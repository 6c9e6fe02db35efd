"""Products, order lines and returns."""

import numpy as np
import pandas as pd
from numpy.random import Generator
from numpy.typing import NDArray

from analysis.example.people import Feelings
from analysis.example.planted import END, START, Truths, days_between, moments

# Name, category, price, popularity, first day on sale (ISO).
PRODUCTS = (
    ("Kettle Juno 1.7 l", "Kitchen", 39.9, 1.5, "2021-03-01"),
    ("Toaster Duo", "Kitchen", 44.9, 1.2, "2021-03-01"),
    ("Salt & pepper mill <Mira>", "Kitchen", 24.5, 1.0, "2022-05-10"),
    ("Cast-iron pan 28 cm", "Kitchen", 59.0, 0.8, "2020-09-01"),
    ("Espresso maker Vela", "Kitchen", 189.0, 1.3, "2023-02-15"),
    ("Rain jacket Fjell", "Clothing", 119.0, 1.6, "2021-08-20"),
    ("Wool jumper Isla", "Clothing", 79.0, 1.5, "2022-09-01"),
    ("Linen shirt", "Clothing", 49.0, 1.1, "2022-04-01"),
    ("Trail shoes Kern", "Clothing", 129.0, 1.4, "2023-03-01"),
    ("Merino socks, 3 pairs", "Clothing", 22.0, 1.3, "2020-01-15"),
    ("Floor lamp Arc", "Home", 149.0, 0.9, "2021-10-01"),
    ("Cotton bed linen", "Home", 69.0, 1.4, "2020-02-01"),
    ("Storage basket, large", "Home", 29.0, 1.0, "2021-01-10"),
    ("Desk chair Form", "Home", 219.0, 0.8, "2022-01-15"),
    ("Wall clock Nord", "Home", 34.0, 0.6, "2023-06-01"),
    ("Headphones Aria", "Electronics", 139.0, 1.7, "2023-09-01"),
    ("Bluetooth speaker Puck", "Electronics", 59.0, 1.3, "2022-11-01"),
    ("Desk lamp Lux LED", "Electronics", 54.0, 0.9, "2021-05-01"),
    ("Fitness watch Pulse 2", "Electronics", 169.0, 1.5, "2025-03-15"),
    ("Charger 65 W", "Electronics", 32.0, 1.2, "2023-01-10"),
    ("Yoga mat Terra", "Sport", 45.0, 1.0, "2020-03-01"),
    ("Camping stove Ember", "Sport", 65.0, 0.7, "2022-03-15"),
    ("Daypack 22 l", "Sport", 89.0, 1.2, "2021-04-01"),
    ("Swim goggles", "Sport", 19.0, 0.8, "2020-05-01"),
    ("Resistance bands, set", "Sport", 25.0, 0.9, "2025-09-01"),
)
REASONS = {
    "Kitchen": ("damaged", "not as described", "changed mind", "late delivery"),
    "Clothing": ("too small", "too large", "not as described", "changed mind"),
    "Home": ("damaged", "not as described", "changed mind", "late delivery"),
    "Electronics": ("faulty", "not as described", "changed mind", "late delivery"),
    "Sport": ("too small", "faulty", "changed mind", "late delivery"),
}
RETURN_WINDOW = 30.0


def invent_products(rng: Generator) -> pd.DataFrame:
    """Give the catalogue and draw its promotion months.

    Parameters
    ----------
    rng : Generator
        Source of randomness.

    Returns
    -------
    DataFrame
        One row per product: `product_id`, `name`, `category`, `price`,
        `popularity`, `launched_on` and `promotions`, an array of bool per month
        of the order book: months at 20 per cent off.

    Examples
    --------
    >>> len(invent_products(np.random.default_rng(1)))
    25
    """
    columns = ["name", "category", "price", "popularity", "launched_on"]
    products = pd.DataFrame(PRODUCTS, columns=columns)
    ids = [f"P{number:03d}" for number in range(101, 101 + len(products))]
    promotions = rng.random((len(products), len(_months()))) < 0.14
    return products.assign(product_id=ids, promotions=list(promotions))


def invent_orders(
    rng: Generator,
    customers: pd.DataFrame,
    *,
    feelings: Feelings,
    products: pd.DataFrame,
    truths: Truths,
) -> pd.DataFrame:
    """Draw the order lines of two years.

    Parameters
    ----------
    rng : Generator
        Source of randomness.
    customers : DataFrame
        With `joined`, `left`, `pace` and `basket`.
    feelings : Feelings
        Experience raises the pace until the next wave.
    products : DataFrame
        With `price`, `popularity`, `launched_on` and `promotions`.
    truths : Truths
        Effect of experience on purchases.

    Returns
    -------
    DataFrame
        One row per line in order of time: `order_id`, `line`, `customer` and
        `product` (row numbers), `span` (column of `Feelings` in force),
        `ordered` (days since `START`), `quantity`, `promotion`, `revenue`.

    Examples
    --------
    >>> from analysis.example.company import invent
    >>> company = invent(np.random.default_rng(1), scale=0.02)
    >>> company.orders.groupby("order_id")["line"].min().eq(1).all()
    np.True_
    """
    orders = _invent_baskets(rng, customers, feelings, truths)
    lines = 1 + rng.poisson(customers["basket"].to_numpy()[orders["customer"]])
    lines = np.minimum(lines, 8)
    order = np.repeat(np.arange(len(orders)), lines)
    book = orders.iloc[order].reset_index(drop=True)
    first = np.repeat(np.cumsum(lines) - lines, lines)
    month = _month_of(book["ordered"].to_numpy())
    product = _choose_products(rng, month, products)
    quantity = 1 + (rng.random(len(book)) < 0.12)
    promotion = np.stack(products["promotions"].to_list())[product, month]
    price = products["price"].to_numpy()[product] * np.where(promotion, 0.8, 1.0)
    purse = np.exp(truths.spending_spread * rng.standard_normal(len(customers)))
    price = price * purse[book["customer"]]
    return book.assign(
        order_id=[f"O{number:08d}" for number in 20_000_001 + order],
        line=np.arange(len(book)) - first + 1,
        product=product,
        quantity=quantity,
        promotion=promotion,
        revenue=np.round(price * quantity, 2),
    )


def return_chance(
    orders: pd.DataFrame,
    *,
    feelings: Feelings,
    products: pd.DataFrame,
    truths: Truths,
) -> NDArray[np.float64]:
    """Chance that each line comes back.

    Parameters
    ----------
    orders : DataFrame
        As drawn by `invent_orders`.
    feelings : Feelings
        Experience at the last wave before the line.
    products : DataFrame
        With `price`.
    truths : Truths
        Base and effects.

    Returns
    -------
    array of float, shape (n_lines,)
        Between .005 and .8: linear in experience, promotion and log price.

    Examples
    --------
    >>> from analysis.example.company import invent
    >>> company = invent(np.random.default_rng(1), scale=0.02)
    >>> chance = return_chance(
    ...     company.orders,
    ...     feelings=company.feelings,
    ...     products=company.products,
    ...     truths=company.settings,
    ... )
    >>> bool(0.005 <= chance.min() <= chance.max() <= 0.8)
    True
    """
    price = np.log(products["price"].to_numpy())
    dear = ((price - price.mean()) / price.std())[orders["product"]]
    mood = feelings.experience[orders["customer"], orders["span"]]
    chance = (
        truths.return_base
        + truths.return_price * dear
        + truths.return_promotion * orders["promotion"].to_numpy()
        - truths.return_effect * mood
    )
    return np.clip(chance, 0.005, 0.8)


def invent_returns(
    rng: Generator,
    orders: pd.DataFrame,
    *,
    chance: NDArray[np.float64],
    products: pd.DataFrame,
) -> pd.DataFrame:
    """Draw which lines come back, when and why.

    Parameters
    ----------
    rng : Generator
        Source of randomness.
    orders : DataFrame
        As drawn by `invent_orders`.
    chance : array of float
        As given by `return_chance`.
    products : DataFrame
        With `category`.

    Returns
    -------
    DataFrame
        One row per returned line: `order` (row number in `orders`), `returned`
        (days since `START`), `quantity`, `refund`, `reason`. One return in thirty
        comes after the return window; returns after `END` are not known yet.

    Examples
    --------
    >>> from analysis.example.company import invent
    >>> company = invent(np.random.default_rng(1), scale=0.02)
    >>> returns = invent_returns(
    ...     np.random.default_rng(2),
    ...     company.orders,
    ...     chance=company.chance,
    ...     products=company.products,
    ... )
    >>> returns["order"].is_unique
    True
    """
    back = np.flatnonzero(rng.random(len(orders)) < chance)
    delay = np.minimum(3.0 + rng.gamma(2.2, 4.0, len(back)), RETURN_WINDOW - 0.5)
    late = rng.random(len(back)) < 0.03
    delay = np.where(late, RETURN_WINDOW + rng.uniform(1, 25, len(back)), delay)
    returned = orders["ordered"].to_numpy()[back] + delay
    category = products["category"].to_numpy()[orders["product"].to_numpy()[back]]
    pick = rng.choice(4, len(back), p=[0.36, 0.27, 0.22, 0.15])
    table = np.array([REASONS[name] for name in REASONS])
    row = pd.Index(list(REASONS)).get_indexer(category)
    returns = pd.DataFrame(
        {
            "order": back,
            "returned": returned,
            "quantity": orders["quantity"].to_numpy()[back],
            "refund": orders["revenue"].to_numpy()[back],
            "reason": table[row, pick],
        }
    )
    return returns[returned < days_between(START, END)].reset_index(drop=True)


def _invent_baskets(
    rng: Generator, customers: pd.DataFrame, feelings: Feelings, truths: Truths
) -> pd.DataFrame:
    """Orders without their lines: one Poisson count per customer and span."""
    starts, ends = _spans(customers, feelings)
    boost = np.exp(truths.purchase_effect * feelings.experience)
    length = np.clip(ends - starts, 0.0, None)
    expected = customers["pace"].to_numpy()[:, None] * boost * length * _PEAK
    count = rng.poisson(expected).ravel()
    cell = np.repeat(np.arange(count.size), count)
    when = starts.ravel()[cell] + rng.random(len(cell)) * length.ravel()[cell]
    kept = rng.random(len(cell)) < _season(when) / _PEAK
    cell, when = cell[kept], when[kept]
    customer, span = np.divmod(cell, starts.shape[1])
    born = np.flatnonzero(customers["joined"].to_numpy() >= 0)
    first_span = (starts[born] <= customers["joined"].to_numpy()[born, None]).sum(1) - 1
    orders = pd.DataFrame(
        {
            "customer": np.concatenate([customer, born]),
            "span": np.concatenate([span, first_span]),
            "ordered": np.concatenate([when, customers["joined"].to_numpy()[born]]),
        }
    )
    return orders.sort_values("ordered", kind="stable", ignore_index=True)


_PEAK = 1.45


def _season(days: NDArray[np.float64]) -> NDArray[np.float64]:
    """Relative demand: a peak in November and December, a dip in February."""
    month = _month_of(days) % 12
    return np.array([1.0, 1.4, 1.45, 0.9, 0.8, 0.9, 0.95, 1, 1, 0.95, 0.9, 0.95])[month]


def _spans(
    customers: pd.DataFrame, feelings: Feelings
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """When each column of `Feelings` is in force, cut to the time as a customer."""
    count = len(customers)
    last = float(days_between(START, END))
    edges = np.column_stack([np.zeros(count), feelings.answered, np.full(count, last)])
    joined = np.maximum(customers["joined"].to_numpy(), 0.0)[:, None]
    left = customers["left"].fillna(last).to_numpy()[:, None]
    cut = np.clip(edges, joined, np.maximum(left, joined))
    return cut[:, :-1], cut[:, 1:]


def _months() -> pd.PeriodIndex:
    last = pd.Timestamp(END) - pd.Timedelta(days=1)
    return pd.period_range(START, last, freq="M")


def _month_of(days: NDArray[np.float64]) -> NDArray[np.int64]:
    """Month of the order book, from 0."""
    months = moments(days).astype("datetime64[M]").astype(int)
    return months - np.datetime64(START, "M").astype(int)


def _choose_products(
    rng: Generator, month: NDArray[np.int64], products: pd.DataFrame
) -> NDArray[np.int64]:
    """Choose by popularity; a promotion sells nearly twice as much."""
    promoted = np.stack(products["promotions"].to_list())
    days = pd.to_datetime(products["launched_on"]).dt.to_period("M")
    on_sale = np.asarray(days)[:, None] < np.asarray(_months())[None, :]
    share = products["popularity"].to_numpy()[:, None] * (1 + 0.9 * promoted) * on_sale
    chosen = np.empty(len(month), dtype=int)
    draw = rng.random(len(month))
    for column in range(share.shape[1]):
        rows = month == column
        edges = np.cumsum(share[:, column]) / share[:, column].sum()
        chosen[rows] = np.searchsorted(edges[:-1], draw[rows], side="right")
    return chosen
