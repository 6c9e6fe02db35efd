"""A made-up retailer whose truths are known, at any size and from any seed.

Read in this order: `truths` (what is planted), `people`, `answers`, `shop`,
`responses` (the survey and its flaws), `comments`, `canaries`, `documents`, `coders`,
`surroundings`, `company` (all of it), `qualtrics`, `sheets` and `exports` (files),
`population` (what is true of a company that was drawn).
"""
