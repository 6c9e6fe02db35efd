"""Notebook 04, what customers say: codebook, coders, agreement, shares, quotes.

In reading order:

- `codebook`: what each code means (`load_codebook`, `lint`)
- `plan`: which comments people read, drawn with known chances
- `units`: talks split into units that are fixed before coding
- `workbooks`: blank workbooks for coders, blind to the score
- `adjudication`: what readers differ on, for a third one to decide
- `versions`, `bridge`: what a new codebook does to the trend
- `decisions`: who gave which code to which document
- `disagreement`, `coincidence`, `sets`, `alpha`, `kappa`, `agreement`,
  `agreement_table`: how far coders agree
- `saturation`: whether more documents would bring new codes
- `cooccurrence`: codes that share a comment more often than chance has it
- `coder_audit`: whether coders differ or err more in one group than in another
- `gate`: which codes agree well enough to be counted
- `shares`: how often customers speak of each theme, and who does
- `audited`, `powered`, `measured`, `prevalence`, `prevalence_contrasts`: theme shares
  by people and machine, with the coding error inside, and what they differ by
- `feedback`: texts of all sources beside their codes, and shares by group
- `impact`: the promoter score without who speaks of a theme
- `quotes`: quotes chosen by rule, of the usual tone and of the opposite one
- `checklist`: every quote, for somebody to read before it is published
- `journey`: how customers feel at each stage, and on each theme
- `spikes`: weeks in which more people wrote, or complained
- `spike_texts`: the texts that make such a week, and quotes from them
- `words`: words that tell two groups apart
- `personas`: customers who are alike, if they are (imported by itself)
- `method_note`: how the coding was done, in sentences
- `exchange`: codebook and codings to and from other programs (REFI-QDA, Taguette)
"""

from analysis.coding.adjudication import write_adjudication
from analysis.coding.agreement import (
    by_code,
    overall_agreement,
    percent_agreement,
    positive_agreement,
)
from analysis.coding.agreement_table import tabulate_agreement
from analysis.coding.alpha import krippendorff_alpha, set_alpha
from analysis.coding.audited import Floors, with_machine
from analysis.coding.bridge import Bridge, bridge_versions
from analysis.coding.checklist import (
    passed,
    publishable,
    read_checklist,
    write_checklist,
)
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
from analysis.coding.decisions import (
    changed_codings,
    final,
    independent,
    tabulate_disagreements,
)
from analysis.coding.feedback import (
    code_feedback,
    drawn_only,
    heard,
    keepers,
    prevalences_by,
    tabulate_sources,
    text_of,
    writers,
)
from analysis.coding.further import joined_draws
from analysis.coding.gate import countable, judge_codes
from analysis.coding.impact import theme_impact, theme_impacts
from analysis.coding.journey import stage_tones, stage_tones_within, theme_tones
from analysis.coding.kappa import (
    brennan_prediger,
    cohen_kappa,
    fleiss_kappa,
    gwet_ac1,
)
from analysis.coding.method_note import coding_facts, method_sentences
from analysis.coding.plan import documents_for_margin, draw_coding_sample, drawn_sample
from analysis.coding.prevalence import prevalence, prevalences, tabulate_methods
from analysis.coding.prevalence_contrasts import (
    broken,
    prevalence_changes,
    prevalence_differences,
)
from analysis.coding.quotes import choose_quotes, draw_quotes, tones
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
    theme_share,
)
from analysis.coding.spike_texts import documents_of, spike_quotes
from analysis.coding.spikes import spikes_by, tone_spikes, volume_spikes
from analysis.coding.units import refuse_changed_units, split_units, with_units
from analysis.coding.versions import (
    broken_codes,
    coded_under,
    compare_codebooks,
    predecessors,
    version_agreement,
    version_shift,
)
from analysis.coding.words import telling_words, word_odds
from analysis.coding.workbooks import write_workbook, write_workbooks

__all__ = [
    "Bridge",
    "Codebook",
    "Floors",
    "agreement_by_group",
    "agreement_gaps",
    "brennan_prediger",
    "bridge_versions",
    "broken",
    "broken_codes",
    "by_code",
    "changed_codings",
    "choose_quotes",
    "code_answers",
    "code_coverage",
    "code_documents",
    "code_feedback",
    "code_lifts",
    "coded_under",
    "codes_in_all",
    "coding_facts",
    "cohen_kappa",
    "coming_codes",
    "compare_codebooks",
    "countable",
    "decision_errors",
    "documents_for_margin",
    "documents_of",
    "draw_coding_sample",
    "draw_quotes",
    "drawn_only",
    "drawn_sample",
    "error_gap",
    "error_shares",
    "final",
    "fleiss_kappa",
    "gwet_ac1",
    "heard",
    "independent",
    "joined_draws",
    "judge_codes",
    "keepers",
    "krippendorff_alpha",
    "lint",
    "load_codebook",
    "method_sentences",
    "one_code",
    "overall_agreement",
    "passed",
    "percent_agreement",
    "positive_agreement",
    "predecessors",
    "prevalence",
    "prevalence_changes",
    "prevalence_differences",
    "prevalences",
    "prevalences_by",
    "publishable",
    "read_checklist",
    "refuse_changed_units",
    "saturation_curve",
    "score_group",
    "seen_codes",
    "set_alpha",
    "spike_quotes",
    "spikes_by",
    "split_share",
    "split_units",
    "stage_tones",
    "stage_tones_within",
    "tabulate_agreement",
    "tabulate_codebook",
    "tabulate_disagreements",
    "tabulate_lifts",
    "tabulate_methods",
    "tabulate_sources",
    "telling_words",
    "text_of",
    "theme_impact",
    "theme_impacts",
    "theme_share",
    "theme_tones",
    "tone_spikes",
    "tones",
    "version_agreement",
    "version_shift",
    "volume_spikes",
    "with_machine",
    "with_units",
    "word_odds",
    "write_adjudication",
    "write_checklist",
    "write_workbook",
    "write_workbooks",
    "writers",
]
