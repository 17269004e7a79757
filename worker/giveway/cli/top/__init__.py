"""`giveway top`: how a queue is, live; whoever looks for ten seconds knows if it is well.

    command.py               the command: live on a terminal, one look as text or JSON elsewhere
    gather.py, facts.py      one look at Redis, as data
    heartbeat.py             what a worker says of itself, made into facts
    past.py, waits.py        the last minute: rates, wait percentiles, how fast batches go
    verdict.py               the numbered rules that say whether all is well
    moment.py                all of this put together: what one screen shows
    picture.py, panels/      a moment drawn, for any width and height
    document.py              a moment as JSON
    desk.py                  the thread that looks and acts: the screen never waits for Redis
    keyboard.py, controls.py  keys that are pressed, and what they mean
    actions.py               what they do to the queue
    live.py                  the loop that shows moments and obeys keys

Model: a look is read, remembered (`Past`), judged (`verdict`) and becomes a `Moment`; everything
after the look and before the drawing is pure. What is shown of workers is what they said of
themselves with their last renewal, at most two seconds ago.
"""
