"""Webhooks: jobs tell chosen hosts of their end, signed, tried again, and never an address inside."""
