"""The query language: text -> tree -> predicate.

`stage:train tag:gpu blocked:yes age>5d due<1w metric:auc>=0.9 "free text"`: all of them (and),
`or`, `-` or `not`, parentheses. What is no field of the table is searched in title, id and tags.
"""
