"""Migrations of the job tables, for alembic."""
