"""What the columns and states of a small log of another tool mean."""

TWO_STAGES = """
board = "desk"
[columns]
card = "case"
timestamp = "at"
state = "state"
[[stage]]
name = "New"
states = ["new"]
commit = true
[[stage]]
name = "Closed"
states = ["closed"]
done = true
"""

THREE_STAGES = """
board = "desk"
timezone = "UTC"
[columns]
card = "case"
timestamp = "at"
state = "state"
[[stage]]
name = "New"
states = ["new"]
[[stage]]
name = "Working"
states = ["work"]
commit = true
[[stage]]
name = "Closed"
states = ["done"]
done = true
"""
