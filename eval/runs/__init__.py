"""Run files: written, read, stamped with the machine, compared."""

from eval.runs.comparing import Comparison, compare_runs, comparison_json
from eval.runs.files import read_run, read_runs, run_json, write_json, write_run
from eval.runs.machine import describe_machine, moment, stamped
from eval.runs.tables import comparison_table, run_table

__all__ = [
    "Comparison",
    "compare_runs",
    "comparison_json",
    "comparison_table",
    "describe_machine",
    "moment",
    "read_run",
    "read_runs",
    "run_json",
    "run_table",
    "stamped",
    "write_json",
    "write_run",
]
