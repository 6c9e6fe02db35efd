"""What each table must look like, and where processed tables are kept.

Reading order: ``columns`` (the vocabulary), ``received`` (tables of the exports),
``made`` (tables of the run), ``units`` (keys of parts of talks), ``store`` (reading
and writing), ``dictionary`` (``docs/data.md``).
"""

from analysis.contracts.store import CONTRACTS, Tables, contract_of, read, row_is, write

__all__ = ["CONTRACTS", "Tables", "contract_of", "read", "row_is", "write"]
