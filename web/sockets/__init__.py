"""Websockets: one bounded queue and one sender for each, and what brings the events of jobs to them."""
