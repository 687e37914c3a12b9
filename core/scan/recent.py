"""What an author wrote just before: people send one thought in two messages.

In memory alone, leaned on for two minutes, dropped at the next message by anybody after that.
"""

import threading
from collections import OrderedDict
from datetime import datetime, timedelta

from core.ports import Message

TOGETHER = timedelta(minutes=2)
CHARACTERS = 400  # of what stands before, its end
KEPT = 10_000  # authors at once


class Recent:
    """The last words of each author in each conversation."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # messages are read in several threads
        self._last: OrderedDict[str, tuple[str, str, str | None, datetime]] = OrderedDict()  # id, text, before it, sent

    def before(self, message: Message) -> str | None:
        """What the author wrote before this message, within two minutes; from now on this message is the last one."""
        with self._lock:
            return self._before(message)

    def _before(self, message: Message) -> str | None:
        last = self._last.pop(message.conversation, None)
        before = None
        if last:
            name, text, earlier, sent_at = last
            if name == message.id:  # delivered again, or edited
                before = earlier
            elif timedelta() <= message.sent_at - sent_at <= TOGETHER:
                before = f"{earlier or ''}\n{text}".strip()[-CHARACTERS:]
        self._last[message.conversation] = (message.id, message.text[-CHARACTERS:], before, message.sent_at)
        while len(self._last) > KEPT or message.sent_at - next(iter(self._last.values()))[3] > TOGETHER:
            self._last.popitem(last=False)
        return before
