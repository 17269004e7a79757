"""The API server: asking it, waiting for it, leading by a Lease of it, and the rights that takes.

The only room that imports lightkube. Nothing here knows what a queue is: what is looked at for one
is `observe/cluster`, what is done for one is `apply/`.
"""
