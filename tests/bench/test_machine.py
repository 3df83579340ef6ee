"""What a run ran on, and beside what."""

from bench.relaying.machine import busiest, cpu_in, cpu_times, steal_percent, this_machine


def test_the_cpu_is_named_as_the_kernel_does() -> None:
    """By its first core."""
    assert cpu_in("processor : 0\nmodel name\t: AMD EPYC 9\nmodel name\t: other\n") == "AMD EPYC 9"
    assert cpu_in("no name here")


def test_the_busiest_are_those_who_used_most_meanwhile() -> None:
    """Percents of a core; who just came, and who does next to nothing, is left out."""
    before, after = {1: 10.0, 2: 5.0, 3: 0.0}, {1: 10.5, 2: 6.5, 3: 0.01, 4: 9.0}
    assert busiest(before, after, 2.0) == [(2, 75.0), (1, 25.0)]


def test_stolen_time_is_a_share_of_all() -> None:
    """Of user, nice, system, idle, iowait, irq, softirq and steal; what guests use is in user already."""
    assert steal_percent([0] * 10, [40, 0, 20, 35, 0, 0, 0, 5, 40, 0]) == 5.0
    assert steal_percent(cpu_times(), cpu_times()) >= 0


def test_this_machine_says_what_it_is() -> None:
    """On Linux, where this runs."""
    machine = this_machine(pinned=False)
    assert machine.cores >= 1
    assert machine.kernel.startswith("Linux")
