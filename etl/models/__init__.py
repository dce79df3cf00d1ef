"""Reads the SQL files, orders and builds them, and traces what a figure rests on."""
