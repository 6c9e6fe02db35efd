"""Stub."""


def receive_warehouse(study, until, *, responses):
    return []
