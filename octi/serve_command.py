"""`octi serve`."""

import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial

import click
import structlog
import trio

from octi.advice import unknown_settings, warnings
from octi.commands import HELP, give_up, refuse_settings
from octi.config import Config
from octi.errors import BadConfig, StoreFailed
from octi.log_config import LogFormat
from octi.observe.logs import hear_strays, set_up_logs
from octi.serve import run
from octi.settings import secrets_in

log = structlog.get_logger("octi.cli")


def serve_command(configured: Callable[[], Config], environment: Callable[[], Mapping[str, str]]) -> click.Command:
    """The command, with whoever reads the settings."""

    @click.command(context_settings=HELP)
    def serve() -> None:
        """Serve voice conversations until Ctrl-C or SIGTERM.

        \b
        Clients speak the OCTI protocol at   ws://127.0.0.1:8080/ws/realtime
        or the Realtime API at               ws://127.0.0.1:8080/v1/realtime
        HOST, PORT and the other settings: .env.example
        """
        config = configured()
        as_json, hidden = _as_json(config.log.format), list(secrets_in(config))
        set_up_logs(config.log.level, json=as_json, levels=config.log.by_part, secrets=hidden)
        hear_strays()
        for warning in [*warnings(config, datetime.now(UTC).date()), *unknown_settings(environment())]:
            log.warning(warning)
        try:
            sys.exit(trio.run(run, config, partial(click.echo, err=False)))
        except BadConfig as error:
            refuse_settings(error)
        except OSError as error:
            where = f"{config.listen.host}:{config.listen.port}"
            give_up(f"octi cannot serve at {where}: {error}. Set HOST and PORT (and OCTI_TLS_CERT, OCTI_TLS_KEY).")
        except StoreFailed as error:
            give_up(f"{error}. Set OCTI_STORE_URL.")

    return serve


def _as_json(format_: LogFormat) -> bool:
    return format_ is LogFormat.JSON or (format_ is LogFormat.AUTO and not sys.stderr.isatty())
