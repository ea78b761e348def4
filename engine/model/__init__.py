"""Frozen values that pass between the rooms. No files, devices, clocks or GL."""
