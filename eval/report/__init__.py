"""A run, or several, as one HTML file that opens without a network."""

from eval.report.writing import report_html, write_report

__all__ = ["report_html", "write_report"]
