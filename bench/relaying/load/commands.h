// What the program can be told to be, and how.
#ifndef COMMANDS_H
#define COMMANDS_H

#include <stdbool.h>
#include <stdio.h>

enum { MOST_PROCESSES = 64 };

typedef struct {
    int port;
    // The provider
    unsigned pieces_a_turn; // of the agent's voice; 0: one answer without an end
    unsigned pieces_a_word;
    const char *certificate, *key; // PEM files; NULL: no TLS
    // The clients
    const char *path, *header; // header: sent besides, "" for none
    bool binary;               // octi's own door: sound as it is, and not as JSON
    bool closed;               // the next piece follows the answer to the last one, and not the clock
    int sessions;
    size_t piece_bytes; // of sound
    double interval_ms; // between a session's pieces
    double warm_s, window_s;
    int windows;
    int pids[MOST_PROCESSES], processes; // whose CPU time and memory is told
} Options;

int provide(const Options *);   // the scripted provider
int load_all(const Options *);  // N sessions that talk; a line of JSON for each window
int open_many(const Options *); // N at a time that only come and go; one line of JSON

#endif
