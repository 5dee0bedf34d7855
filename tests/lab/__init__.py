"""The fault lab: the real client, operations and back ends against the real emulator, and all that can go wrong.

Clock, chance, transport and file system come in as arguments, so a run is its seed: the same seed, the same run.
"""
