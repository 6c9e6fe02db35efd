"""A made-up retailer whose truths are known, at any size and from any seed.

Read in this order: `planted` (what is true), `people`, `answers`, `shop`, `responses`
(the survey and its flaws), `comments`, `dangerous_text`, `documents`, `coders`,
`purchases` (the survey after a purchase), `surroundings`, `company` (all of it),
`qualtrics`, `sheets` and `exports` (files), `population` (what is true of a company
that was drawn).
"""

from analysis.example.company import Company, invent, survey_again
from analysis.example.exports import draw, write
from analysis.example.planted import SEED, Truths
from analysis.example.population import canaries, truths

__all__ = [
    "SEED",
    "Company",
    "Truths",
    "canaries",
    "draw",
    "invent",
    "survey_again",
    "truths",
    "write",
]
