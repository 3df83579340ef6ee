// CPU time and memory of other processes, from /proc.
#ifndef PROCESSES_H
#define PROCESSES_H

#include <stdint.h>
#include <stdio.h>

#include "commands.h"

typedef struct {
    long rss_kib, own_kib; // resident; and what no other process shares
} Memory;

typedef struct {
    uint64_t cpu_ns, wait_ns; // of all threads: on a CPU; ready, and waiting for one
} Time;

typedef struct {
    Time used;
    Memory before, idle, active;
} Process;

Time time_of(int pid);
Memory memory_of(int pid);
void tell_processes(FILE *, const Options *, const Process *); // as JSON, by pid

#endif
