"""Transports: they carry the sync files of replicas from one store to another."""
