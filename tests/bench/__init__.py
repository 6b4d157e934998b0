"""Measurements, run by `make bench` and its sisters; none of them is a test."""
