"""The query language: text -> tree -> predicate.

`stage:train tag:gpu blocked:yes age>5d due<1w metric:auc>=0.9 "free text"`: all of them (and),
`or`, `-` or `not`, parentheses. Words that are no field of the table are searched in title, id and
tags.
"""
