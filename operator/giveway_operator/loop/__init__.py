"""The one loop over all queues: look, decide, act.

* `register`: which resources there are; kopf and a list of our own fill it;
* `entry`: what is remembered of one queue between two looks;
* `judge`: from what was seen of a queue to its plan; pure but for the clock it is given;
* `hands`: carries one plan out, in its order, looking again before anything is taken away;
* `statuses`: writes statuses, on change and within a rate;
* `recycling`: which queues the recycler looks after, and what people hear of what it did;
* `farewell`: gives back what a queue was given, when its resource has gone;
* `retiring`: empties a Deployment that was made from a template which is there no more;
* `sources`: where each queue's Redis is;
* `standing`: for whom an operator waits that does not lead;
* `rounds`: the loop itself.
"""
