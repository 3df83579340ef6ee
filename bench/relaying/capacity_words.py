"""What docs/capacity.md says besides figures."""

INTRODUCTION = """\
# Capacity: what one octi carries

Written by `make bench` from [bench/results.json](../bench/results.json); a test fails when it is old. All that octi
does for a session is on: ledger, recorder with a SQLite file, metrics, log. One octi is one process, and its sessions
share one core."""
METHOD = """\
## What was measured, and what was not

Everything runs on one machine, over loopback: the relay alone on one core; clients and a scripted provider, in C, on
another. A *message* is a piece of sound from the client, one from the provider, or a word of transcript; the events
that begin and end a turn (sixteen in ten seconds of a session) are part of the load and not of the count. `sat`: 32
sessions, the next piece follows the answer to the last. `p100`, `p400`: so many voices in real time, 40 ms of sound
both ways 25 times a second, a word with every fifth. `f10` to `f1000`: so many sessions that share 2,500 pieces a
second. `opens`: eight at a time that come, hear the first event, and leave. `+tls`: TLS between the relay and the
provider.

CPU is that of all the relay's processes and threads, by the kernel's nanosecond count, in the window. A round trip is
client, relay, provider, relay, client; the provider answers at once, so nearly all of it is the relay's. Memory is
what no other process shares. Rounds are interleaved, each trial starts the relay anew; figures are medians of the
rounds, the ratios those of medians in the same run.

Not measured: TLS towards clients (a proxy in front does that), a provider's own time, networks, several processes,
Windows and macOS. On a virtual machine a wake-up costs much of what a paced message costs, also for a relay in C; on
bare metal paced figures come closer to saturated ones."""
WHERE_IT_GOES = """\
## Where the time goes, and what is next

Saturated, a piece of sound takes octi some 45 calls of Python, half of its CPU: found by the poll, out of its frame,
read, counted in the ledger and for truncations, decided by the door, into another frame. A third is the kernel's, two
thirds of that in `send`, and half of that to wake the peer; a tenth the thread that writes to the store. In real time
the same calls cost three times as much, for a core that slept between two pieces has forgotten them; Node pays the
same way, for fewer. What would bring more: frames spliced whole, as they came (no masking anew, and no codec);
gathering for a millisecond before anything moves (half of the CPU of paced voices, and a millisecond more each way:
octi does not); several octis, each on its core (docs/operations.md).

A session's set-up is where octi costs most beside a relay that does nothing else: sixteen tasks under one nursery, a
row, log lines, metrics and a span, the checks of who comes and what he may, instructions, two handshakes, the
provider's configuration. The profile is flat: a third accepts and answers the client, a quarter is the provider's
leg, a fifteenth each are the log and the store. `OCTI_WARM_LEGS` takes the leg out of the way of whoever waits.

Of a session's memory half is its tasks, 3 KiB each with their frames and scopes; the rest is what it knows of the
conversation. Node's figures are what V8 has collected at the moment: they differ by a factor of two from run to run."""
REPRODUCE = """\
## Reproduce it

```
$ make bench                                    # everything; writes this page, its plots and the figures
$ make bench BENCH="--rounds 5 --minutes 60"    # more of it, and the first minute of an hour against the last
$ python -m bench.relaying --quick              # a look, in a few minutes
$ python -m bench.relaying --relays octi,node-raw --loads sat,p100,p400,flat
$ python -m bench.relaying --relays octi,octi-own --octi ../another-checkout
$ python -m bench.relaying --profile octi sat   # where its time goes
```

It needs Linux, a C compiler, and two cores that nothing else uses; OpenSSL's headers for the rows with TLS, nginx for
its row."""
