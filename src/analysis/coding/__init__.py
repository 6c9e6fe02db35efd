"""Notebook 04, what customers say: codebook, coders, agreement, shares, quotes.

In reading order:

- `codebook`: what each code means (`load_codebook`, `lint`)
- `workbooks`: blank workbooks for coders, blind to the score
- `decisions`: who gave which code to which document
- `disagreement`, `coincidence`, `sets`, `alpha`, `kappa`, `agreement`: how far
  coders agree
- `saturation`: whether more documents would bring new codes
- `cooccurrence`: codes that share a comment more often than chance has it
- `coder_audit`: whether coders differ or err more in one group than in another
- `gate`: which codes agree well enough to be counted
- `shares`: how often customers speak of each theme, and who does
- `audited`, `powered`, `measured`, `prevalence`, `prevalence_contrasts`: theme shares
  by people and machine, with the coding error inside, and what they differ by
- `impact`: the promoter score without who speaks of a theme
- `quotes`: quotes chosen by rule, of the usual tone and of the opposite one
"""

from analysis.coding.agreement import (
    by_code,
    overall_agreement,
    percent_agreement,
    positive_agreement,
    tabulate_agreement,
)
from analysis.coding.alpha import krippendorff_alpha, set_alpha
from analysis.coding.audited import Floors, with_machine
from analysis.coding.codebook import Codebook, lint, load_codebook, tabulate_codebook
from analysis.coding.coder_audit import (
    agreement_by_group,
    agreement_gaps,
    decision_errors,
    error_gap,
    error_shares,
    one_code,
)
from analysis.coding.cooccurrence import code_lifts, tabulate_lifts
from analysis.coding.decisions import final, independent, tabulate_disagreements
from analysis.coding.gate import countable, judge_codes
from analysis.coding.impact import theme_impact, theme_impacts
from analysis.coding.kappa import (
    brennan_prediger,
    cohen_kappa,
    fleiss_kappa,
    gwet_ac1,
)
from analysis.coding.prevalence import prevalence, prevalences, tabulate_methods
from analysis.coding.prevalence_contrasts import (
    broken,
    prevalence_changes,
    prevalence_differences,
)
from analysis.coding.quotes import choose_quotes, tones
from analysis.coding.saturation import (
    code_coverage,
    codes_in_all,
    coming_codes,
    saturation_curve,
    seen_codes,
)
from analysis.coding.shares import (
    code_answers,
    code_documents,
    score_group,
    split_share,
    theme_differences,
    theme_share,
    theme_shares,
)
from analysis.coding.workbooks import write_workbook

__all__ = [
    "Codebook",
    "Floors",
    "agreement_by_group",
    "agreement_gaps",
    "brennan_prediger",
    "broken",
    "by_code",
    "choose_quotes",
    "code_answers",
    "code_coverage",
    "code_documents",
    "code_lifts",
    "codes_in_all",
    "cohen_kappa",
    "coming_codes",
    "countable",
    "decision_errors",
    "error_gap",
    "error_shares",
    "final",
    "fleiss_kappa",
    "gwet_ac1",
    "independent",
    "judge_codes",
    "krippendorff_alpha",
    "lint",
    "load_codebook",
    "one_code",
    "overall_agreement",
    "percent_agreement",
    "positive_agreement",
    "prevalence",
    "prevalence_changes",
    "prevalence_differences",
    "prevalences",
    "saturation_curve",
    "score_group",
    "seen_codes",
    "set_alpha",
    "split_share",
    "tabulate_agreement",
    "tabulate_codebook",
    "tabulate_disagreements",
    "tabulate_lifts",
    "tabulate_methods",
    "theme_differences",
    "theme_impact",
    "theme_impacts",
    "theme_share",
    "theme_shares",
    "tones",
    "with_machine",
    "write_workbook",
]
