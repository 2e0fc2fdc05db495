"""Images in a registry behind a front, whose requests are given up as soon as they hang, whatever the time is."""

from __future__ import annotations

import threading
from contextlib import suppress
from queue import Empty, SimpleQueue
from urllib.parse import urlsplit

from seatrial.release.registry.http import HttpClient, NoAnswer, Reply, Request, Timeouts
from seatrial.release.registry.remote import RemoteImages
from support.registry_front import Front

PATIENT = Timeouts(connect=60, read=60, store=60, pause=0.002)
"""Times that no machine is too slow for."""


class GivingUp(HttpClient):
    """A client that raises what it does after its time, once the front says that a request hangs."""

    def __init__(self, front: Front) -> None:
        super().__init__(PATIENT.connect)
        self._front = front

    def send(self, request: Request, deadline: float) -> Reply:
        """Send a request, in a thread that is left to itself where it hangs."""
        done: SimpleQueue[Reply | Exception] = SimpleQueue()

        def attempt() -> None:
            try:
                done.put(HttpClient.send(self, request, deadline))
            except Exception as failed:
                done.put(failed)

        threading.Thread(target=attempt, daemon=True).start()
        while True:
            try:
                said = done.get(timeout=0.002)
            except Empty:
                self._give_up_if_stuck(request)
                continue
            if isinstance(said, Exception):
                raise said
            return said

    def _give_up_if_stuck(self, request: Request) -> None:
        parts = urlsplit(request.url)
        with suppress(ValueError):
            self._front.stuck.remove((request.method, parts.path + f"?{parts.query}" * bool(parts.query)))
            raise NoAnswer("did not answer within 60 seconds", retries=1)


def images_behind(front: Front) -> RemoteImages:
    """Return the images of the registry behind a front."""
    images = RemoteImages(PATIENT)
    images._client = GivingUp(front)
    return images
