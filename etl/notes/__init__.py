"""
The day's notes: facts out of marts, a prompt, the reply, its verification, the rules' own note, and the scores.

Pure: no clock, no socket, no file. Rows come in through a `Query` that the stage hands in.
"""
