#include "processes.h"

#include <ctype.h>
#include <dirent.h>

// schedstat's first two numbers: nanoseconds, exact where ticks would only be sampled.
Time time_of(int pid) {
    char path[300];
    unsigned long long ran, waited;
    Time all = {0, 0};
    snprintf(path, sizeof path, "/proc/%d/task", pid);
    DIR *tasks = opendir(path);
    if (!tasks) return all;
    for (struct dirent *task; (task = readdir(tasks));) {
        if (!isdigit((unsigned char)task->d_name[0])) continue;
        snprintf(path, sizeof path, "/proc/%d/task/%.20s/schedstat", pid, task->d_name);
        FILE *file = fopen(path, "r");
        if (!file) continue;
        if (fscanf(file, "%llu %llu", &ran, &waited) == 2) all.cpu_ns += ran, all.wait_ns += waited;
        fclose(file);
    }
    closedir(tasks);
    return all;
}

Memory memory_of(int pid) {
    char path[64], line[256];
    Memory memory = {0, 0};
    long kib;
    snprintf(path, sizeof path, "/proc/%d/smaps_rollup", pid);
    FILE *file = fopen(path, "r");
    if (!file) return memory;
    while (fgets(line, sizeof line, file)) {
        if (sscanf(line, "Rss: %ld", &kib) == 1) memory.rss_kib = kib;
        if (sscanf(line, "Private_Clean: %ld", &kib) == 1 || sscanf(line, "Private_Dirty: %ld", &kib) == 1)
            memory.own_kib += kib;
    }
    fclose(file);
    return memory;
}

static void tell_memory(FILE *to, const char *when, Memory memory) {
    fprintf(to, ",\"%s\":{\"rss_kib\":%ld,\"own_kib\":%ld}", when, memory.rss_kib, memory.own_kib);
}

void tell_processes(FILE *to, const Options *options, const Process *processes) {
    fputs("\"processes\":{", to);
    for (int i = 0; i < options->processes; i++) {
        Time used = processes[i].used;
        fprintf(to, "%s\"%d\":{\"cpu_s\":%.6f,\"wait_s\":%.6f", i ? "," : "", options->pids[i],
                (double)used.cpu_ns / 1e9, (double)used.wait_ns / 1e9);
        tell_memory(to, "before", processes[i].before);
        tell_memory(to, "idle", processes[i].idle);
        tell_memory(to, "active", processes[i].active);
        fputc('}', to);
    }
    fputc('}', to);
}
