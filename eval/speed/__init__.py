"""How fast this machine reads, embeds, searches and answers, and how much memory that takes."""

from eval.speed.measuring import measure_speed
from eval.speed.records import Machine, Speed, Stage

__all__ = ["Machine", "Speed", "Stage", "measure_speed"]
