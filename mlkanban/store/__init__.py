"""The only place with SQL: an append-only event log and the projections made from it."""
