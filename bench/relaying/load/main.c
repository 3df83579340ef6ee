// relayload: what a relay in front of the Realtime API is measured with. One thread, one epoll loop.
//
//   relayload provide -p PORT [-c CERTIFICATE -k KEY] [-T PIECES_A_TURN] [-K PIECES_A_WORD]
//   relayload load    -p PORT -u PATH -n SESSIONS [-b] [-i MS | -C] [-s BYTES] [-w WARM_S] [-t WINDOW_S] [-r WINDOWS]
//                     [-H HEADER] [-P PID,PID]        -b: octi's own door; -C: closed loop
//   relayload opens   -p PORT -u PATH -n AT_ONCE [-t SECONDS] [-H HEADER] [-P PID,PID]
//
// load and opens print JSON, a line for each window. Exit codes: 0; 2 for a call that is no good; 3 where sessions did
// not open.
#define _GNU_SOURCE
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "commands.h"
#include "net.h"

static void read_pids(Options *options, char *text) {
    for (char *each = strtok(text, ","); each && options->processes < MOST_PROCESSES; each = strtok(NULL, ","))
        options->pids[options->processes++] = atoi(each);
}

static bool read_options(Options *options, int count, char **words) {
    int option;
    while ((option = getopt(count, words, "p:c:k:T:K:u:H:bCn:s:i:w:t:r:P:")) != -1) switch (option) {
        case 'p': options->port = atoi(optarg); break;
        case 'c': options->certificate = optarg; break;
        case 'k': options->key = optarg; break;
        case 'T': options->pieces_a_turn = (unsigned)atoi(optarg); break;
        case 'K': options->pieces_a_word = (unsigned)atoi(optarg); break;
        case 'u': options->path = optarg; break;
        case 'H': options->header = optarg; break;
        case 'b': options->binary = true; break;
        case 'C': options->closed = true; break;
        case 'n': options->sessions = atoi(optarg); break;
        case 's': options->piece_bytes = (size_t)atoi(optarg); break;
        case 'i': options->interval_ms = atof(optarg); break;
        case 'w': options->warm_s = atof(optarg); break;
        case 't': options->window_s = atof(optarg); break;
        case 'r': options->windows = atoi(optarg); break;
        case 'P': read_pids(options, optarg); break;
        default: return false;
        }
    return options->port > 0 && options->sessions > 0 && options->pieces_a_word > 0 && options->interval_ms > 0 &&
           options->piece_bytes >= 99 && options->piece_bytes <= 1 << 15 && !options->certificate == !options->key;
}

// As many descriptors as may be had: a thousand sessions are more than the usual limit.
static void raise_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit)) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

int main(int count, char **words) {
    Options options = {.pieces_a_turn = 250, .pieces_a_word = 5, .path = "/", .header = "", .sessions = 1};
    options.piece_bytes = 1920, options.interval_ms = 40;
    options.warm_s = 1, options.window_s = 3, options.windows = 1;
    const char *what = count > 1 ? words[1] : "";
    if (count < 2 || !read_options(&options, count - 1, words + 1)) {
        fprintf(stderr, "usage: relayload provide|load|opens -p PORT ...\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    raise_limit();
    net_open();
    if (!strcmp(what, "provide")) return provide(&options);
    if (!strcmp(what, "load")) return load_all(&options);
    if (!strcmp(what, "opens")) return open_many(&options);
    fprintf(stderr, "what is %s?\n", what);
    return 2;
}
