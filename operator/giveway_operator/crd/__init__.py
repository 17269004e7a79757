"""The definition of PriorityQueue for the API server, and checking of files without one.

`definition`: the CustomResourceDefinition, made from `model`. `schema`: from what pydantic says of
a class to what the API server takes. `documents`: YAML with line numbers. `unknown`: fields that do
not exist. `check`: all that is wrong with a file.
"""
