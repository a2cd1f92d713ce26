"""Sends tasks to a Celery worker in another thread, through a broker in memory."""

import sys

from celery import Celery
from celery.contrib.testing.worker import start_worker

app = Celery("tasks", broker="memory://", backend="cache+memory://")


@app.task
def add(first, second):
    return first + second


@app.task
def prefix():
    return sys.prefix


with start_worker(app, perform_ping_check=False):
    print(add.delay(2, 3).get(timeout=60))
    print(prefix.delay().get(timeout=60))
