"""Predictors before a database."""
