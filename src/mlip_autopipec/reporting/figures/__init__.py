"""Figures of a report: labelled axes with units, colours that all can tell apart."""
