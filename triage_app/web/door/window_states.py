"""What Gradio keeps on the server for each open window of a browser, held small.

Gradio copies the description of every component of all pages for each window, some 0.4 MB, so
that a deep link could show the window again, and keeps the copy up with each event, which takes a
third of an event's time; deep links are shut here, so windows do without. It keeps ten thousand
windows, and everything that was ever drawn in one. Here it keeps the windows used last, those with
drawn lines (the batch page) longest, and only what they show. A window that was dropped works on
like a new one; its drawn lines answer that the page must be reloaded, which loses nothing, since
what is typed is kept as a draft.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from types import SimpleNamespace
from typing import Any

import gradio as gr
from gradio.state_holder import SessionState

# Without drawn lines a window takes some 0.1 MB, and some 3 MB more with a hundred drawn lines.
KEPT = 60
KEPT_DRAWN = 40
# Components that may lie in a window beyond those it shows, before they are cleared away.
SPARE_COMPONENTS = 500
# Gradio remembers for good under which number each drawn component once stood.
SPARE_KEYS = 20_000


class WindowStates:
    """Windows by Gradio's session hash. ``pages`` are the mounted pages.

    Its methods run where Gradio takes its events in, on the server's event loop.
    """

    def __init__(self, pages: gr.Blocks, kept: int = KEPT, kept_drawn: int = KEPT_DRAWN) -> None:
        self._pages = pages
        self._holder = pages.state_holder
        self._kept = kept
        self._kept_drawn = kept_drawn
        # Gradio's own bound, for windows that it takes in by itself.
        self._holder.capacity = kept + kept_drawn

    def of(self, session_hash: str) -> SessionState:
        """The state of a window that is about to send an event; a new one for a new window."""
        windows = self._holder.session_data
        if session_hash not in windows:
            self._make_room()
            windows[session_hash] = _Window(self._pages)
        elif self._rests(session_hash):
            self._clear_away(windows[session_hash])
        return self._holder[session_hash]

    def _rests(self, session_hash: str) -> bool:
        """Whether no event of the window is under way, so that nothing is being drawn in it."""
        return not self._pages._queue.pending_event_ids_session.get(session_hash)

    def _clear_away(self, state: SessionState) -> None:
        """Forget drawn components that a later drawing has replaced."""
        config, own = state.blocks_config, self._pages.blocks
        if len(config.blocks) <= len(own) + SPARE_COMPONENTS:
            return
        shown = {
            number
            for drawing in config.renderables
            for number in _below(config.blocks.get(drawing.container_id))
        }
        for number in [n for n in config.blocks if n not in own and n not in shown]:
            del config.blocks[number]

    def _make_room(self) -> None:
        """Drop the windows that were used least lately, and what Gradio keeps of them."""
        idle = [name for name in self._holder.session_data if self._rests(name)]
        drawn = [name for name in idle if self._is_drawn(name)]
        plain = [name for name in idle if not self._is_drawn(name)]
        gone = [*_surplus(plain, self._kept), *_surplus(drawn, self._kept_drawn)]
        if not gone:
            return
        with self._holder.lock:
            for name in gone:
                self._holder.session_data.pop(name, None)
                self._holder.time_last_used.pop(name, None)
                self._pages._queue.pending_event_ids_session.pop(name, None)
                # Its line of messages is empty, since the window rests. Gradio keeps 2,000 of them,
                # 5 kB each.
                self._pages._queue.pending_messages_per_session.pop(name, None)
        self._forget_lines()

    def _is_drawn(self, session_hash: str) -> bool:
        state = self._holder.session_data[session_hash]
        return len(state.blocks_config.fns) > len(self._pages.fns)

    def _forget_lines(self) -> None:
        # The time that each event took is kept with the event, and so with its whole window.
        times = self._pages._queue.process_time_per_fn
        own = set(self._pages.fns.values())
        for event in [event for event in times if event not in own]:
            times.pop(event, None)
        for drawing in self._pages.default_config.renderables:
            numbers = drawing.key_to_id_map
            for key in list(islice(numbers, max(0, len(numbers) - SPARE_KEYS))):
                numbers.pop(key, None)


class _Window(SessionState):
    """A window's state without the descriptions that only deep links would need."""

    def __init__(self, pages: gr.Blocks) -> None:
        without: Any = SimpleNamespace(default_config=pages.default_config, blocks={})
        super().__init__(without)

    def __setitem__(self, key: int, value: Any) -> None:
        if isinstance(self.blocks_config.blocks.get(key), gr.State):
            super().__setitem__(key, value)
        else:
            self.blocks_config.blocks[key] = value

    def _update_config(self, key: int) -> None:
        pass

    def _update_value_in_config(self, key: int, value: Any) -> None:
        pass


def _surplus(names: list[str], kept: int) -> Iterable[str]:
    """The first of ``names``, so that with a new one ``kept`` stay."""
    return names[: max(0, len(names) + 1 - kept)]


def _below(block: Any) -> Iterator[int]:
    for child in getattr(block, "children", ()):
        yield child._id
        yield from _below(child)
