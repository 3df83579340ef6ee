// The clients: they hold sessions and talk, paced as people do or as fast as they are answered, and time the answers;
// or they only come and go.
//
// The first twelve bytes of each piece of sound are its clock (8 bytes, nanoseconds) and its number (4), which the
// provider sends back: so every answer is timed by the piece that it answers, and what is lost or out of order is seen.
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "handshake.h"
#include "net.h"
#include "processes.h"

enum { STAMP_BYTES = 12, STAMP_SIGNS = 16, AT_ONCE = 16, MOST_UNANSWERED = 512, PATIENCE_S = 60 };
static const uint64_t LOOK_NS = 20000000, SETTLE_NS = 700000000;
static const uint8_t MASK[4] = {0x37, 0xfa, 0x21, 0x3d};
static const char OWN_WORDS[] = "\"transcript_delta\"", REALTIME_WORDS[] = "response.output_audio_transcript.delta";
static const char APPEND[] = "{\"type\":\"input_audio_buffer.append\",\"audio\":\"";

typedef struct {
    uint32_t sent, expected; // pieces sent; the number of the next answer
    bool ready;              // octi or the provider said that the session is there
    uint64_t dialled_at;
} Talker;

typedef struct {
    uint64_t up, down, words, others; // pieces sent; pieces, words, other messages received
    uint64_t lost, misordered, held_back;
    double *times_us;
    size_t timed, room;
} Window;

static const Options *told;
static Window window;
static bool measuring;
static unsigned ready, refused;
static uint8_t *piece; // a whole frame
static size_t piece_length, stamp_at, sound_at;

// A piece of sound

static void make_piece(void) {
    size_t bytes = told->piece_bytes - told->piece_bytes % 3; // whole groups of base64: no padding
    uint8_t *sound = grown(NULL, bytes);
    uint32_t state = 777;
    for (size_t i = 0; i < bytes; i++) sound[i] = (uint8_t)((state = state * 1664525 + 1013904223) >> 24);
    size_t head = told->binary ? 0 : strlen(APPEND), body = told->binary ? bytes : bytes / 3 * 4;
    size_t length = head + body + (told->binary ? 0 : 2);
    piece = grown(NULL, length + 14 + 1);
    sound_at = frame_head(piece, told->binary ? BINARY : TEXT, length, MASK);
    stamp_at = sound_at + head;
    piece_length = sound_at + length;
    if (told->binary) {
        memcpy(piece + stamp_at, sound, bytes);
    } else {
        memcpy(piece + sound_at, APPEND, head);
        base64(sound, bytes, (char *)piece + stamp_at);
        memcpy(piece + stamp_at + body, "\"}", 2);
    }
    frame_mask(piece + sound_at, length, MASK);
    free(sound);
}

static void stamp(uint32_t number) {
    uint8_t raw[STAMP_BYTES];
    char signs[STAMP_SIGNS + 1];
    uint64_t now = now_ns();
    memcpy(raw, &now, sizeof now);
    memcpy(raw + sizeof now, &number, sizeof number);
    base64(raw, sizeof raw, signs);
    const uint8_t *bytes = told->binary ? raw : (const uint8_t *)signs;
    size_t count = told->binary ? STAMP_BYTES : STAMP_SIGNS, into = stamp_at - sound_at;
    for (size_t i = 0; i < count; i++) piece[stamp_at + i] = bytes[i] ^ MASK[(into + i) & 3];
}

static void talk(Connection *c) {
    Talker *t = c->own;
    if (t->sent - t->expected >= MOST_UNANSWERED) {
        window.held_back += measuring;
        return;
    }
    stamp(t->sent++);
    net_put(c, piece, piece_length);
    window.up += measuring;
}

// An answer

static int sign_value(uint8_t sign) {
    if (sign >= 'A' && sign <= 'Z') return sign - 'A';
    if (sign >= 'a' && sign <= 'z') return sign - 'a' + 26;
    if (sign >= '0' && sign <= '9') return sign - '0' + 52;
    return sign == '+' ? 62 : sign == '/' ? 63 : -1;
}

static bool unbase64(const uint8_t signs[STAMP_SIGNS], uint8_t raw[STAMP_BYTES]) {
    for (int group = 0; group < STAMP_SIGNS / 4; group++) {
        uint32_t three = 0;
        for (int i = 0; i < 4; i++) {
            int value = sign_value(signs[group * 4 + i]);
            if (value < 0) return false;
            three = three << 6 | (uint32_t)value;
        }
        for (int i = 0; i < 3; i++) raw[group * 3 + i] = (uint8_t)(three >> (16 - 8 * i));
    }
    return true;
}

static void note_trip(double us) {
    if (window.timed == window.room) {
        window.room = window.room ? window.room * 2 : 1 << 16;
        window.times_us = grown(window.times_us, window.room * sizeof *window.times_us);
    }
    window.times_us[window.timed++] = us;
}

static void answered(Connection *c, const uint8_t raw[STAMP_BYTES]) {
    Talker *t = c->own;
    uint64_t sent_at;
    uint32_t number;
    memcpy(&sent_at, raw, sizeof sent_at);
    memcpy(&number, raw + sizeof sent_at, sizeof number);
    if (number < t->expected || number >= t->sent) {
        window.misordered += measuring;
    } else {
        window.lost += measuring ? number - t->expected : 0;
        t->expected = number + 1;
    }
    if (measuring) {
        window.down++;
        note_trip((double)(now_ns() - sent_at) / 1e3);
    }
    if (told->closed && !c->leaving) talk(c);
}

static bool holds(const uint8_t *payload, size_t length, const char *words) {
    return memmem(payload, length < 128 ? length : 128, words, strlen(words)) != NULL;
}

static void take(Connection *c, int opcode, uint8_t *payload, size_t length) {
    Talker *t = c->own;
    uint8_t raw[STAMP_BYTES];
    if (opcode == BINARY) {
        if (length >= STAMP_BYTES) answered(c, payload);
    } else if (holds(payload, length, "response.output_audio.delta")) {
        uint8_t *field = memmem(payload, length < 512 ? length : 512, "\"delta\":", 8);
        uint8_t *from = field ? memchr(field + 8, '"', (size_t)(payload + length - field) - 8) : NULL;
        bool whole = from && payload + length - from > STAMP_SIGNS && unbase64(from + 1, raw);
        if (whole) answered(c, raw);
        else window.misordered += measuring;
    } else if (!t->ready && holds(payload, length, "\"type\":\"error\"")) {
        if (!refused++) fprintf(stderr, "refused: %.*s\n", length < 300 ? (int)length : 300, (char *)payload);
        t->ready = true;
    } else {
        bool words = holds(payload, length, told->binary ? OWN_WORDS : REALTIME_WORDS);
        window.words += measuring && words;
        window.others += measuring && !words;
        ready += !t->ready;
        t->ready = true;
    }
}

static bool let_in(Connection *c, char *head) {
    (void)c;
    if (!strncmp(head, "HTTP/1.1 101", 12)) return true;
    if (!refused++) fprintf(stderr, "refused: %.300s\n", head);
    return false;
}

static const Side CLIENT = {.client = true, .head = let_in, .message = take};

static Connection *come(void) {
    char request[1024];
    Talker *t = grown(NULL, sizeof *t);
    *t = (Talker){.dialled_at = now_ns()};
    Connection *c = net_dial(told->port, &CLIENT, t);
    int length = request_for(told->path, told->header, request, sizeof request);
    if (length < 0 || length >= (int)sizeof request) fail("the request is too long");
    net_put(c, request, (size_t)length);
    return c;
}

// What is told

static int rising(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static double share(const double *sorted, size_t count, double part) {
    return count ? sorted[(size_t)((double)(count - 1) * part)] : 0;
}

static void tell_times(double *times, size_t count, const char *unit) {
    if (count) qsort(times, count, sizeof *times, rising);
    printf("\"p50_%s\":%.1f,\"p95_%s\":%.1f,\"p99_%s\":%.1f,\"max_%s\":%.1f,", unit, share(times, count, 0.5), unit,
           share(times, count, 0.95), unit, share(times, count, 0.99), unit, share(times, count, 1));
}

static void note_time(Process *processes, Time *since) {
    for (int i = 0; i < told->processes; i++) {
        Time now = time_of(told->pids[i]);
        processes[i].used = (Time){now.cpu_ns - since[i].cpu_ns, now.wait_ns - since[i].wait_ns};
        since[i] = now;
    }
}

static int dead_of(Connection **all) {
    int dead = 0;
    for (int i = 0; i < told->sessions; i++) dead += all[i] && all[i]->dead;
    return dead;
}

static unsigned long unanswered_of(Connection **all) {
    unsigned long waiting = 0;
    for (int i = 0; i < told->sessions; i++) {
        Talker *t = all[i]->own;
        waiting += t->sent - t->expected;
    }
    return waiting;
}

// Sessions that talk

static bool open_all(Connection **all) { // 16 at once
    uint64_t since = now_ns();
    int dialled = 0;
    while ((int)(ready + refused) < told->sessions) {
        for (; dialled < told->sessions && dialled - (int)(ready + refused) < AT_ONCE; dialled++) all[dialled] = come();
        net_turn((int64_t)LOOK_NS, NULL);
        if (now_ns() - since > PATIENCE_S * 1000000000ull || dead_of(all)) {
            fprintf(stderr, "of %d sessions %u are there, %u were refused, %d are dead\n", told->sessions, ready,
                    refused, dead_of(all));
            return false;
        }
    }
    return !refused;
}

// Talk until then; between two pieces of all sessions together pass `step_ns`. `due`: of the next one, and `count`: of
// those before it, are kept from call to call.
static void talk_until(Connection **all, uint64_t end, uint64_t *due, uint64_t *count, double step_ns) {
    uint64_t began = *due - (uint64_t)((double)*count * step_ns), now;
    while ((now = now_ns()) < end) {
        for (; !told->closed && now >= *due; now = now_ns()) {
            Connection *c = all[*count % (uint64_t)told->sessions];
            if (!c->dead) talk(c);
            *due = began + (uint64_t)((double)++*count * step_ns);
        }
        uint64_t next = told->closed || *due > end ? end : *due;
        net_turn((int64_t)(next > now ? next - now < LOOK_NS ? next - now : LOOK_NS : 0), NULL);
    }
}

static void tell_window(int number, double seconds, double cpu_s, Connection **all, const Process *processes) {
    printf("{\"window\":%d,\"seconds\":%.4f,\"up\":%lu,\"down\":%lu,\"words\":%lu,\"others\":%lu,", number, seconds,
           window.up, window.down, window.words, window.others);
    printf("\"lost\":%lu,\"misordered\":%lu,\"held_back\":%lu,\"unanswered\":%lu,\"dead\":%d,", window.lost,
           window.misordered, window.held_back, unanswered_of(all), dead_of(all));
    tell_times(window.times_us, window.timed, "us");
    printf("\"load_cpu_s\":%.4f,", cpu_s);
    tell_processes(stdout, told, processes);
    puts("}");
    fflush(stdout);
    window = (Window){.times_us = window.times_us, .room = window.room};
}

static void measure(Connection **all, Process *processes) {
    double step_ns = told->interval_ms * 1e6 / told->sessions;
    Time since[MOST_PROCESSES] = {0};
    uint64_t count = 0, due = now_ns();
    if (told->closed)
        for (int i = 0; i < told->sessions; i++) talk(all[i]);
    talk_until(all, now_ns() + (uint64_t)(told->warm_s * 1e9), &due, &count, step_ns);
    note_time(processes, since);
    measuring = true;
    for (int number = 0; number < told->windows; number++) {
        uint64_t began = now_ns();
        uint64_t own_ns = time_of(getpid()).cpu_ns;
        talk_until(all, began + (uint64_t)(told->window_s * 1e9), &due, &count, step_ns);
        double seconds = (double)(now_ns() - began) / 1e9;
        note_time(processes, since);
        double cpu_s = (double)(time_of(getpid()).cpu_ns - own_ns) / 1e9;
        for (int i = 0; i < told->processes; i++) processes[i].active = memory_of(told->pids[i]);
        tell_window(number, seconds, cpu_s, all, processes);
    }
}

static void leave_all(Connection **all) {
    int there = 0;
    for (int i = 0; i < told->sessions; i++) {
        there += all[i] != NULL;
        if (all[i] && !all[i]->dead) net_leave(all[i]);
    }
    for (uint64_t since = now_ns(); now_ns() - since < 2 * SETTLE_NS && dead_of(all) < there;)
        net_turn((int64_t)LOOK_NS, NULL);
    for (int i = 0; i < told->sessions; i++)
        if (all[i]) net_free(all[i]);
}

int load_all(const Options *options) {
    told = options;
    make_piece();
    Process processes[MOST_PROCESSES] = {0};
    Connection **all = calloc((size_t)told->sessions, sizeof *all);
    if (!all) fail("memory");
    for (int i = 0; i < told->processes; i++) processes[i].before = memory_of(told->pids[i]);
    bool opened = open_all(all);
    if (opened) {
        for (uint64_t since = now_ns(); now_ns() - since < SETTLE_NS;) net_turn((int64_t)LOOK_NS, NULL);
        for (int i = 0; i < told->processes; i++) processes[i].idle = memory_of(told->pids[i]);
        measure(all, processes);
    }
    leave_all(all);
    free(all);
    free(piece);
    free(window.times_us);
    return opened ? 0 : 3;
}

// Sessions that only come and go

// Whoever is there leaves, whoever has left comes anew.
static void move_on(Connection **one, double now_us) {
    if (*one && ((Talker *)(*one)->own)->ready && !(*one)->leaving) {
        note_trip(now_us - (double)((Talker *)(*one)->own)->dialled_at / 1e3);
        net_leave(*one);
    }
    if (*one && (*one)->dead) {
        net_free(*one);
        *one = NULL;
    }
    if (!*one) *one = come();
}

int open_many(const Options *options) {
    told = options;
    Process processes[MOST_PROCESSES] = {0};
    Time since[MOST_PROCESSES] = {0};
    Connection **all = calloc((size_t)told->sessions, sizeof *all);
    if (!all) fail("memory");
    note_time(processes, since);
    uint64_t began = now_ns();
    while (now_ns() - began < (uint64_t)(told->window_s * 1e9)) {
        for (int i = 0; i < told->sessions; i++) move_on(&all[i], (double)now_ns() / 1e3);
        net_turn((int64_t)LOOK_NS, NULL);
    }
    double seconds = (double)(now_ns() - began) / 1e9;
    note_time(processes, since);
    printf("{\"seconds\":%.4f,\"opens\":%zu,\"refused\":%u,", seconds, window.timed, refused);
    tell_times(window.times_us, window.timed, "us");
    tell_processes(stdout, told, processes);
    puts("}");
    leave_all(all);
    free(all);
    free(window.times_us);
    return 0;
}
