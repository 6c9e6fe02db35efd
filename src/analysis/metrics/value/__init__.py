"""What customers are worth, and who they are by what they bought.

In reading order:

- `cohort`: whose purchases can be modelled, and what was seen of them
- `likelihood`: maximum likelihood with each customer's influence
- `purchase_fit`: how often customers come back, and until when (BG/NBD)
- `purchases`: what that says of a customer
- `spending`: what a purchase brings (Gamma-Gamma)
- `prediction`: means and ratios of predictions, with all of their error
- `lifetime`: value over a stated time
- `holdout`: whether the model may be believed
- `contract`: value where customers have contracts
- `recency`: segments by recency, frequency and money
"""

from analysis.metrics.value.cohort import Cohort, cohort, observed
from analysis.metrics.value.contract import contract_value, retained
from analysis.metrics.value.holdout import (
    Holdout,
    holdout,
    holdout_happened,
    holdout_predicted,
    holdout_ratio,
    verdict,
)
from analysis.metrics.value.lifetime import (
    Lifetimes,
    Terms,
    alive_share,
    coming_purchases,
    lifetimes,
    mean_value,
    total_value,
)
from analysis.metrics.value.likelihood import model_parameters
from analysis.metrics.value.purchase_fit import fit_purchases
from analysis.metrics.value.recency import rfm, segment_revenue, segment_shares
from analysis.metrics.value.spending import fit_spending, spend_correlation

__all__ = [
    "Cohort",
    "Holdout",
    "Lifetimes",
    "Terms",
    "alive_share",
    "cohort",
    "coming_purchases",
    "contract_value",
    "fit_purchases",
    "fit_spending",
    "holdout",
    "holdout_happened",
    "holdout_predicted",
    "holdout_ratio",
    "lifetimes",
    "mean_value",
    "model_parameters",
    "observed",
    "retained",
    "rfm",
    "segment_revenue",
    "segment_shares",
    "spend_correlation",
    "total_value",
    "verdict",
]
