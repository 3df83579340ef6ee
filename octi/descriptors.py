"""Open files: as many as the connections need, or as the machine allows."""

import resource

import structlog

log = structlog.get_logger("octi.serve")

EACH = 2  # a session has two sockets: its client's and its provider's
BESIDES = 128  # the store, speech workers, logs, libraries


def room_for(connections: int) -> int:
    """Raise this process's limit of open files to what so many connections need; for how many there is room then.

    Of a machine that allows fewer the log tells. 0 connections: no bound is wanted, so all that is allowed is taken.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections * EACH + BESIDES if connections else hard
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
        soft = allowed
    if not connections or soft == resource.RLIM_INFINITY or soft >= wanted:
        return connections
    room = max(1, (soft - BESIDES) // EACH)
    log.warning("the limit of open files (ulimit -n) bounds the connections", wanted=connections, room=room, files=soft)
    return room
