"""Opens the hooks that are configured, in the order in which they are asked."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from octi.hook_config import HookConfig
from octi.hooks.base import Hook
from octi.hooks.judge import Judge
from octi.hooks.patterns import read_patterns
from octi.hooks.plugin import installed, plugin_named
from octi.hooks.webhook import open_webhook


@asynccontextmanager
async def open_judge(config: HookConfig, read: Callable[[str], str]) -> AsyncIterator[Judge | None]:
    """Who judges what is said; None: nobody. read: a file's text. Raises BadConfig.

    What costs least is asked first: rules, then the Python function, then the webhook.
    """
    if not config.is_set:
        yield None
        return
    async with AsyncExitStack() as opened:
        hooks: list[Hook] = []
        if config.rules:
            hooks.append(read_patterns(config.rules, read))
        if config.name:
            hooks.append(plugin_named(config.name, installed()))
        if config.url:
            webhook = open_webhook(config.url, config.secret, at_once=config.at_once)
            hooks.append(await opened.enter_async_context(webhook))
        yield Judge(hooks, config)
