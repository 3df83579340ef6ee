"""octi's pages in a real browser: Debian's Chromium, its fake microphone playing real speech, `octi serve` behind it.

Fixtures, in conftest.py:

    octi                        an `octi serve` with the embedded engine, shared by a module's tests; `.base`
    octi_server(**settings)     one of its own, with settings by their names; `.base`, `.kill()`, `.start()`
    simulator(script, pace_s=)  a simulated provider; its address, for `octi_server(simulator=...)`
    page_for(octi, path="/", audio=[...], locale=, ...)   a fresh profile's page, opened: a `Visit`
    chromium                    the browser, to be asked for by what opens pages in a way of its own

What the microphone hears is a list of pauses (seconds) and recordings (WAV files), over and over again. A `Visit` has
`.page` (Playwright's) and says what came of it: states, captions, the server's messages, what sounded (`.ears`). All
its waits have a deadline. At its end each visit has had no script error and broken no Content-Security-Policy.

Tests are plain functions, since Playwright's synchronous interface runs an event loop of its own: no async test may
stand in a module that opens a browser.
"""
