"""Frameworks of competencies, and the evidence that learners gather for them."""

from competencies.models.evidence import Evidence
from competencies.models.frameworks import Competency, Framework

__all__ = ["Competency", "Evidence", "Framework"]
