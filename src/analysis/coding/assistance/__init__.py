"""What a machine suggests to those who code. It counts nothing by itself.

In reading order:

- `wording`: texts as machines read them
- `sentences`: vectors of meaning, where the extra `text` is installed
- `vectors`: one vector per document, kept for the next run (`vectorise`)
- `classifier`: which code a document may carry (`learn_codes`)
- `judging`: how well these guesses fit what people decided (`ranking`, `accuracy`)
- `language`: the language of each text (`guess_languages`)
- `valence`: praise and criticism by clause (`clause_valence`, `valence_agreement`)
- `themes`: groups among texts that no code catches (`candidate_themes`)
"""

from analysis.coding.assistance.classifier import (
    Suggestions,
    learn_codes,
    tabulate_suggestions,
    uncaught,
)
from analysis.coding.assistance.judging import accuracy, ranking
from analysis.coding.assistance.language import guess_languages, tabulate_languages
from analysis.coding.assistance.themes import Themes, candidate_themes
from analysis.coding.assistance.valence import (
    clause_valence,
    document_valence,
    pair_valence,
    telling_words,
    valence_agreement,
)
from analysis.coding.assistance.vectors import Vectors, has_model, vectorise

__all__ = [
    "Suggestions",
    "Themes",
    "Vectors",
    "accuracy",
    "candidate_themes",
    "clause_valence",
    "document_valence",
    "guess_languages",
    "has_model",
    "learn_codes",
    "pair_valence",
    "ranking",
    "tabulate_languages",
    "tabulate_suggestions",
    "telling_words",
    "uncaught",
    "valence_agreement",
    "vectorise",
]
