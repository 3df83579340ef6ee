"""The pool with scripted workers in real processes; the clock is real, so nothing here asserts how long things take."""

import gc
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import attrs
import pytest
import trio
import trio.testing
from structlog.testing import capture_logs

from octi.engine.base import Frame
from octi.engine.pool import Pool, open_pool, worker_for
from octi.errors import EngineFailed, EngineMissing
from octi.units import pcm_bytes
from tests.engine.extras import needs_french
from tests.recordings import HUMAN, HUMAN_FR, SYNTHETIC, Recording, distance, plain_words, word_error_rate

TABLE_FR = "Je voudrais réserver une table pour deux personnes."
FAKE = (sys.executable, "-m", "tests.engine.fake_worker")
PATIENCE_S = 30.0  # nothing takes this long, on however slow a machine


class DeafEar:
    """An ear that hears nothing."""

    def hear(self, pcm: bytes) -> list[Frame]:
        return []


@asynccontextmanager
async def fake_pool(
    size: int = 1,
    *start: str,
    most_waiting: int = 64,
    most_spoken_bytes: int = 0,
    job_limit_s: float = PATIENCE_S,
    start_limit_s: float = PATIENCE_S,
) -> AsyncIterator[Pool]:
    """A pool of scripted workers that remembers nothing, and a limit on the whole test."""
    with trio.fail_after(2 * PATIENCE_S):
        async with open_pool(
            size,
            open_ear=DeafEar,
            command=(*FAKE, *(start or ("ready",))),
            most_waiting=most_waiting,
            most_spoken_bytes=most_spoken_bytes,
            job_limit_s=job_limit_s,
            start_limit_s=start_limit_s,
        ) as pool:
            yield pool


async def order(pool: Pool, text: str) -> str:
    """Have a scripted worker do something; gives what it says."""
    return (await pool.synthesise(text, voice="alloy", speed=1.0)).decode()


async def wait_until(condition: Callable[[], bool]) -> None:
    """Wait until a thing in another process has happened."""
    while not condition():  # noqa: ASYNC110  what happens there sets no event here
        await trio.sleep(0.005)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def open_files() -> dict[str, str]:
    """This process's file descriptors and what they are."""
    gc.collect()
    found = {}
    for entry in Path("/proc/self/fd").iterdir():
        try:
            found[entry.name] = str(entry.readlink())
        except FileNotFoundError:  # the one we list with
            continue
    return found


@attrs.define
class Held:
    """A job that a scripted worker is at, until it is let go."""

    mark: Path

    @property
    def order(self) -> str:
        return f"wait {self.mark}"

    async def wait_begun(self) -> None:
        await wait_until(self.mark.exists)

    def let_go(self) -> None:
        self.mark.unlink()


@pytest.fixture
def held(tmp_path: Path) -> Held:
    return Held(tmp_path / "held")


# What it is for


async def test_what_is_asked_for_is_answered() -> None:
    """Sound goes in and words come out; words go in and sound comes out."""
    async with fake_pool() as pool:
        assert await pool.recognise(b"\0\0" * 50_000) == "100000 bytes of en"
        assert await order(pool, "hello") == "hello"
        assert pool.open_ear().hear(b"") == []


async def test_workers_work_side_by_side(held: Held) -> None:
    """While one worker is busy, another answers."""
    async with fake_pool(2) as pool, trio.open_nursery() as nursery:
        nursery.start_soon(order, pool, held.order)
        await held.wait_begun()
        assert await order(pool, "hello") == "hello"
        held.let_go()


async def test_everybody_gets_an_answer_of_his_own() -> None:
    """Many callers at once do not get each other's answers."""
    answers: dict[str, str] = {}

    async def ask(pool: Pool, word: str) -> None:
        answers[word] = await order(pool, word)

    words = [f"word-{number}" for number in range(40)]
    async with fake_pool(2) as pool:
        async with trio.open_nursery() as nursery:
            for word in words:
                nursery.start_soon(ask, pool, word)
        assert pool.statistics().done == len(words)
    assert answers == {word: word for word in words}


async def test_statistics_say_how_the_pool_is_doing(held: Held) -> None:
    """Workers, ready ones, jobs that wait, jobs done."""
    async with fake_pool(1) as pool:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(order, pool, held.order)
            await held.wait_begun()
            nursery.start_soon(order, pool, "hello")
            await wait_until(lambda: pool.statistics().queued == 1)
            held.let_go()
        now = pool.statistics()
    assert (now.workers, now.ready, now.queued, now.done, now.restarts, now.last_loss) == (1, 1, 0, 2, 0, None)


async def test_a_sentence_said_again_costs_no_worker() -> None:
    """As long as it is the same in everything; what is not heard again is not remembered."""
    async with fake_pool(most_spoken_bytes=10_000) as pool:
        assert [await order(pool, "hello") for _ in range(3)] == ["hello"] * 3
        await pool.synthesise("hello", voice="alloy", speed=1.0, language="fr")
        await pool.synthesise("hello", voice="ash", speed=1.0)
        await pool.recognise(b"")
        await pool.recognise(b"")
        assert (pool.statistics().done, pool.statistics().repeated) == (5, 2)


async def test_what_failed_is_not_remembered() -> None:
    """The next one who asks has another try."""
    async with fake_pool(most_spoken_bytes=10_000) as pool:
        for _ in range(2):
            with pytest.raises(EngineFailed):
                await order(pool, "fail")
        assert pool.statistics().done == 2


async def test_a_job_says_its_language() -> None:
    """To hear and to speak; English if nothing is said."""
    async with fake_pool() as pool:
        assert await pool.recognise(b"", language="fr") == "0 bytes of fr"
        assert await pool.synthesise("language", voice="alloy", speed=1.0, language="fr") == b"fr"
        assert await order(pool, "language") == "en"


async def test_a_library_that_prints_does_no_harm(capfd: pytest.CaptureFixture[str]) -> None:
    """Stray prints go to stderr, not into an answer."""
    async with fake_pool() as pool:
        assert await order(pool, "print") == "print"
        assert await order(pool, "hello") == "hello"
    assert "a library that prints" in capfd.readouterr().err


async def test_ctrl_c_in_the_terminal_does_not_end_the_workers() -> None:
    """The signal goes to the whole group; what it means is for the parent to decide."""
    async with fake_pool() as pool:
        pid = await order(pool, "pid")
        os.kill(int(pid), signal.SIGINT)
        assert await order(pool, "pid") == pid


# Workers that fail


async def test_a_job_whose_worker_dies_is_done_by_another(tmp_path: Path) -> None:
    """One death costs time, not the answer."""
    async with fake_pool() as pool:
        assert await order(pool, f"die-once {tmp_path / 'died'}") == "die-once"
        assert pool.statistics().last_loss == "ended with status 7"


@pytest.mark.slow
async def test_a_job_that_two_workers_die_of_fails() -> None:
    """It is not tried a third time, and the next job finds a worker."""
    async with fake_pool() as pool:
        with pytest.raises(EngineFailed, match="two workers died"):
            await order(pool, "die")
        assert await order(pool, "hello") == "hello"
        assert pool.statistics().restarts == 2


async def test_a_worker_that_dies_while_idle_is_replaced() -> None:
    """Nobody needs to ask for something first."""
    async with fake_pool() as pool:
        pid = int(await order(pool, "pid"))
        os.kill(pid, signal.SIGKILL)
        await wait_until(lambda: pool.statistics().restarts == 1)
        await wait_until(lambda: pool.statistics().ready == 1)
        assert int(await order(pool, "pid")) != pid
        assert pool.statistics().last_loss == "was killed by signal 9"


@pytest.mark.slow
async def test_a_worker_that_hangs_is_killed_and_replaced() -> None:
    """The one who asked is told, and is not made to wait for a second try."""
    async with fake_pool(job_limit_s=2.0) as pool:
        pid = int(await order(pool, "pid"))
        with pytest.raises(EngineFailed, match="took longer than"):
            await order(pool, "hang")
        assert await order(pool, "hello") == "hello"
        assert not is_alive(pid)
        assert pool.statistics().restarts == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("misdeed", "loss"),
    [("nonsense", "talked nonsense"), ("stray", "answered what it was not asked"), ("mute", "closed its pipe")],
)
async def test_a_worker_that_cannot_be_trusted_is_replaced(misdeed: str, loss: str) -> None:
    """Whatever a worker says out of turn, it is not passed on."""
    async with fake_pool() as pool:
        with pytest.raises(EngineFailed, match="two workers died"):
            await order(pool, misdeed)
        assert loss in (pool.statistics().last_loss or "")
        assert await order(pool, "hello") == "hello"


async def test_what_the_models_refuse_fails_alone(capfd: pytest.CaptureFixture[str]) -> None:
    """The worker lives on, and its stderr says where it was."""
    async with fake_pool() as pool:
        with pytest.raises(EngineFailed, match="ValueError: this cannot be said"):
            await order(pool, "fail")
        assert await order(pool, "hello") == "hello"
        assert pool.statistics().restarts == 0
    assert "Traceback" in capfd.readouterr().err


# Callers that leave


async def test_a_late_answer_to_a_cancelled_caller_is_thrown_away(held: Held) -> None:
    """The worker is not killed for it, and the next caller does not get it."""
    async with fake_pool() as pool:
        pid = await order(pool, "pid")
        async with trio.open_nursery() as nursery:
            nursery.start_soon(order, pool, held.order)
            await held.wait_begun()
            nursery.cancel_scope.cancel()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(order, pool, "hello")
            await wait_until(lambda: pool.statistics().queued == 1)
            held.let_go()
        assert await order(pool, "pid") == pid
        assert pool.statistics().done == 3


@pytest.mark.slow
async def test_a_cancelled_callers_job_that_hangs_does_not_hold_the_worker() -> None:
    """Its limit holds all the same, and the one behind it is served."""
    async with fake_pool(job_limit_s=2.0) as pool:
        with trio.move_on_after(0.2):
            await order(pool, "hang")
        assert await order(pool, "hello") == "hello"


async def test_a_queued_job_of_a_cancelled_caller_is_dropped(held: Held, tmp_path: Path) -> None:
    """No worker begins with it."""
    async with fake_pool() as pool, trio.open_nursery() as nursery:
        nursery.start_soon(order, pool, held.order)
        await held.wait_begun()
        with trio.move_on_after(0.05):
            await order(pool, f"die-once {tmp_path / 'died'}")
        assert pool.statistics().queued == 0
        held.let_go()
        assert await order(pool, "hello") == "hello"
        assert not (tmp_path / "died").exists()


async def test_who_comes_when_too_many_wait_is_refused(held: Held) -> None:
    """An agent that answers late is of no use, so it says at once that it cannot."""
    async with fake_pool(most_waiting=1) as pool, trio.open_nursery() as nursery:
        nursery.start_soon(order, pool, held.order)
        await held.wait_begun()
        nursery.start_soon(order, pool, "hello")
        await wait_until(lambda: pool.statistics().queued == 1)
        with pytest.raises(EngineFailed, match="busy"):
            await order(pool, "hello")
        held.let_go()


# Opening and closing


async def test_missing_models_are_named_at_the_start() -> None:
    """What the worker misses is what the operator reads."""
    with pytest.raises(EngineMissing, match="moonshine_voice is not installed; install it"):
        async with fake_pool(2, "missing"):
            raise AssertionError("opened")


@pytest.mark.slow
async def test_workers_that_die_at_the_start_are_given_up_soon() -> None:
    """Long before the limit, and with the reason."""
    with pytest.raises(EngineFailed, match="no worker becomes ready; the last one ended with status 3"):
        async with fake_pool(2, "dies"):
            raise AssertionError("opened")


async def test_a_command_that_does_not_exist_is_given_up() -> None:
    """The operator reads which."""
    with pytest.raises(EngineFailed, match="no-such-program"):
        async with open_pool(1, open_ear=DeafEar, command=("/no-such-program",)):
            raise AssertionError("opened")


@pytest.mark.slow
async def test_a_worker_that_says_nothing_is_given_up_in_time() -> None:
    """Starting has a limit."""
    with pytest.raises(EngineFailed, match=r"no worker was ready within 0\.5 s"):
        async with fake_pool(1, "silent", start_limit_s=0.5):
            raise AssertionError("opened")


async def test_one_bad_start_is_not_the_end(tmp_path: Path) -> None:
    """The pool opens on the second try."""
    async with fake_pool(1, "dies-once", str(tmp_path / "died")) as pool:
        assert await order(pool, "hello") == "hello"


async def test_leaving_leaves_nothing_behind(held: Held) -> None:
    """No process, no task and no file, even with a worker in the midst of a job."""
    async with fake_pool(2):
        pass  # what Trio and the standard library open once and keep is open by now
    files, tasks = open_files(), trio.lowlevel.current_statistics().tasks_living
    async with fake_pool(2) as pool:
        pids = {int(await order(pool, "pid"))}
        with trio.move_on_after(PATIENCE_S) as asking:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(order, pool, held.order)
                await held.wait_begun()
                pids.add(int(await order(pool, "pid")))
                asking.cancel()
    assert not any(is_alive(pid) for pid in pids)
    assert open_files() == files
    assert trio.lowlevel.current_statistics().tasks_living == tasks


async def test_cancelling_from_outside_kills_the_workers_too(held: Held) -> None:
    """A pool that is cancelled is closed like any other."""
    with trio.CancelScope() as outside:
        async with fake_pool() as pool, trio.open_nursery() as nursery:
            pid = int(await order(pool, "pid"))
            nursery.start_soon(order, pool, held.order)
            await held.wait_begun()
            outside.cancel()
    assert outside.cancelled_caught
    assert not is_alive(pid)


async def test_the_blocks_own_error_leaves_as_it_is() -> None:
    """Not in a group."""
    with pytest.raises(KeyError):
        async with fake_pool():
            raise KeyError


async def test_who_waits_when_the_pool_closes_is_told(held: Held) -> None:
    """A caller outside the block does not hang."""
    failures: list[str] = []

    async def ask(pool: Pool, text: str) -> None:
        with pytest.raises(EngineFailed) as caught:
            await order(pool, text)
        failures.append(caught.value.why)

    async with trio.open_nursery() as outer:
        async with fake_pool() as pool:
            outer.start_soon(ask, pool, held.order)  # noqa: ASYNC111  outliving the pool is the point
            await held.wait_begun()
            outer.start_soon(ask, pool, "hello")  # noqa: ASYNC111
            await wait_until(lambda: pool.statistics().queued == 1)
        await ask(pool, "hello")
    assert failures == ["it has been closed"] * 3


async def test_a_closed_pool_says_nothing_by_heart() -> None:
    """It fails as it does for any other sentence."""
    async with fake_pool(most_spoken_bytes=10_000) as pool:
        await order(pool, "hello")
    with pytest.raises(EngineFailed):
        await order(pool, "hello")


def test_workers_are_told_their_language() -> None:
    """Which one to load first."""
    assert [*worker_for("fr")][-3:] == ["-m", "octi.engine.worker", "fr"]


def test_french_without_its_recogniser_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the log; the engine works all the same."""
    monkeypatch.setitem(sys.modules, "ctranslate2", None)  # Python's own way to say that it is not installed
    with capture_logs() as lines:
        worker_for("en")
        assert not lines
        worker_for("fr")
    (line,) = lines
    assert line["event"] == "French will be spoken, but not understood"
    assert "octi[engine-fr]" in line["why"]


# With the models


def workers_of_ours() -> list[int]:
    """The process ids of real workers that this process has started."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == os.getpid() and b"octi.engine.worker" in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended while we looked
    return found


@asynccontextmanager
async def real_pool(size: int = 1, language: str = "en") -> AsyncIterator[Pool]:
    """A pool with the models, and a limit on the whole test."""
    with trio.fail_after(2 * PATIENCE_S):
        async with open_pool(size, language=language, job_limit_s=PATIENCE_S) as pool:
            yield pool


def overheard(pool: Pool, pcm: bytes) -> bytes:
    """Audio at 24 kHz as one of the pool's ears hands it on, at 16 kHz."""
    return b"".join(frame.pcm for frame in pool.open_ear().hear(pcm + bytes(pcm_bytes(100))))


async def error_rate(pool: Pool, recordings: Iterable[Recording], language: str) -> float:
    """Over all recordings, at 16 kHz."""
    wrong = said = 0
    for recording in recordings:
        words = plain_words(recording.text)
        said += len(words)
        wrong += distance(words, plain_words(await pool.recognise(recording.pcm(16_000), language=language)))
    return wrong / said


@pytest.mark.engine
@pytest.mark.slow
async def test_people_are_understood() -> None:
    """At most one word in twenty is wrong over the human recordings."""
    async with real_pool() as pool:
        assert await error_rate(pool, HUMAN, "en") <= 0.05


@pytest.mark.engine
@pytest.mark.slow
@needs_french
async def test_people_are_understood_in_french_too() -> None:
    """At most one word in ten, and the pool speaks and understands English as well, and says what it hears itself."""
    async with real_pool(language="fr") as pool:
        assert await error_rate(pool, HUMAN_FR, "fr") <= 0.1
        assert await error_rate(pool, HUMAN[:1], "en") <= 0.1
        spoken = await pool.synthesise(TABLE_FR, voice="alloy", speed=1.0, language="fr")
        assert word_error_rate(TABLE_FR, await pool.recognise(overheard(pool, spoken), language="fr")) < 0.15


@pytest.mark.engine
@pytest.mark.slow
async def test_without_the_extra_french_is_spoken_and_the_rest_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What is missing is named with what installs it; English goes on, in the same worker."""
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.modules['ctranslate2'] = None\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    async with real_pool(language="fr") as pool:
        with pytest.raises(EngineFailed, match=r"French is not understood without ctranslate2.*octi\[engine-fr\]"):
            await pool.recognise(bytes(32_000), language="fr")
        assert await pool.synthesise("Bonjour.", voice="alloy", speed=1.0, language="fr")
        assert word_error_rate(HUMAN[0].text, await pool.recognise(HUMAN[0].pcm(16_000))) < 0.25
        assert pool.statistics().restarts == 0


@pytest.mark.engine
@pytest.mark.slow
async def test_what_an_ear_hands_on_is_understood() -> None:
    """From 24 kHz through resampler and frames to words."""
    async with real_pool() as pool:
        for recording in SYNTHETIC:
            heard = await pool.recognise(overheard(pool, recording.pcm(24_000)))
            assert word_error_rate(recording.text, heard) < 0.15


@pytest.mark.engine
@pytest.mark.slow
async def test_it_understands_what_it_says_itself() -> None:
    """A sentence survives being spoken and heard, in any voice."""
    sentence = "Is there a table for two people at eight tomorrow evening?"
    async with real_pool() as pool:
        for voice in ("alloy", "ash", "shimmer", "a voice that nobody knows"):
            spoken = await pool.synthesise(sentence, voice=voice, speed=1.0)
            assert word_error_rate(sentence, await pool.recognise(overheard(pool, spoken))) < 0.15


@pytest.mark.engine
@pytest.mark.slow
async def test_silence_and_snippets_have_no_words() -> None:
    """What is too short to be recognised is not an error."""
    async with real_pool() as pool:
        assert await pool.recognise(b"") == ""
        assert await pool.recognise(bytes(32 * 99)) == ""
        assert await pool.synthesise("", voice="alloy", speed=1.0) == b""


@pytest.mark.engine
@pytest.mark.slow
async def test_a_worker_killed_while_it_transcribes_costs_time_not_words() -> None:
    """Another worker transcribes it."""
    recording, heard = HUMAN[0], list[str]()

    async def recognise(pool: Pool) -> None:
        heard.append(await pool.recognise(recording.pcm(16_000) * 20))

    async with real_pool() as pool:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(recognise, pool)
            await trio.testing.wait_all_tasks_blocked(0.02)
            (worker,) = workers_of_ours()
            os.kill(worker, signal.SIGKILL)
        assert pool.statistics().restarts == 1
    assert word_error_rate(" ".join([recording.text] * 20), heard[0]) < 0.1
    assert workers_of_ours() == []
