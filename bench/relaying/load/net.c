#define _GNU_SOURCE
#include "net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tls.h"

enum { FIRST_ROOM = 16384, READS_A_TURN = 4, EVENTS_A_TURN = 256 };

static const uint8_t MASK[4] = {0x37, 0xfa, 0x21, 0x3d}; // any will do: nobody here is attacked
static int epoll_fd = -1;

uint64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void fail(const char *what) {
    perror(what);
    exit(2);
}

void *grown(void *old, size_t size) {
    void *data = realloc(old, size);
    if (!data) fail("memory");
    return data;
}

void net_open(void) {
    epoll_fd = epoll_create1(0);
    if (epoll_fd < 0) fail("epoll_create1");
}

// Connections

static void watch(Connection *c, int operation) {
    struct epoll_event wanted = {.events = EPOLLIN | (c->wants_out ? EPOLLOUT : 0), .data.ptr = c};
    if (epoll_ctl(epoll_fd, operation, c->fd, &wanted)) fail("epoll_ctl");
}

static void want_out(Connection *c, bool wanted) {
    if (c->wants_out == wanted) return;
    c->wants_out = wanted;
    watch(c, EPOLL_CTL_MOD);
}

Connection *net_take(int fd, const Side *side, void *own, void *tls) {
    Connection *c = grown(NULL, sizeof *c);
    *c = (Connection){.fd = fd, .side = side, .own = own, .tls = tls, .greeting = tls != NULL};
    watch(c, EPOLL_CTL_ADD);
    return c;
}

void net_free(Connection *c) {
    tls_free(c->tls);
    close(c->fd);
    free(c->in.data);
    free(c->out.data);
    free(c->own);
    free(c);
}

static struct sockaddr_in loopback(int port) {
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static void send_at_once(int fd) {
    int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

Connection *net_listen(int port) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), one = 1;
    struct sockaddr_in here = loopback(port);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (fd < 0 || bind(fd, (struct sockaddr *)&here, sizeof here) || listen(fd, 1024)) fail("listen");
    return net_take(fd, NULL, NULL, NULL);
}

Connection *net_dial(int port, const Side *side, void *own) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct sockaddr_in there = loopback(port);
    if (fd < 0 || (connect(fd, (struct sockaddr *)&there, sizeof there) && errno != EINPROGRESS)) fail("connect");
    send_at_once(fd);
    return net_take(fd, side, own, NULL);
}

// Bytes

static void make_room(Bytes *bytes, size_t more) {
    size_t used = bytes->to - bytes->from;
    if (bytes->from && bytes->room - bytes->to < more) {
        memmove(bytes->data, bytes->data + bytes->from, used);
        bytes->from = 0;
        bytes->to = used;
    }
    if (bytes->room - bytes->to < more) {
        bytes->room = used + more > FIRST_ROOM ? (used + more) * 2 : FIRST_ROOM;
        bytes->data = grown(bytes->data, bytes->room);
    }
}

// How many bytes were taken; 0: none now. A peer that is gone makes the connection dead.
static size_t push(Connection *c, const void *data, size_t length) {
    ssize_t sent = c->tls ? tls_write(c->tls, data, length) : send(c->fd, data, length, MSG_NOSIGNAL);
    if (sent >= 0) return (size_t)sent;
    if (errno != EAGAIN && errno != EINTR) c->dead = true;
    return 0;
}

static void flush(Connection *c) {
    while (c->out.from < c->out.to && !c->dead) {
        size_t sent = push(c, c->out.data + c->out.from, c->out.to - c->out.from);
        c->out.from += sent;
        if (!sent) break;
    }
    if (c->out.from == c->out.to) c->out.from = c->out.to = 0;
    if (!c->dead) want_out(c, c->out.to > 0);
}

void net_put(Connection *c, const void *data, size_t length) {
    if (c->dead || !length) return;
    size_t sent = c->out.from == c->out.to && !c->greeting ? push(c, data, length) : 0;
    if (sent == length || c->dead) return;
    make_room(&c->out, length - sent);
    memcpy(c->out.data + c->out.to, (const uint8_t *)data + sent, length - sent);
    c->out.to += length - sent;
    want_out(c, true);
}

// Frames

size_t frame_head(uint8_t head[14], int opcode, size_t length, const uint8_t mask[4]) {
    size_t size = 2, wide = length < 126 ? 0 : length < 65536 ? 2 : 8;
    head[0] = (uint8_t)(0x80 | opcode);
    head[1] = (uint8_t)((mask ? 0x80 : 0) | (wide == 0 ? length : wide == 2 ? 126 : 127));
    for (size_t i = wide; i-- > 0;) head[size++] = (uint8_t)((uint64_t)length >> (8 * i));
    if (mask) {
        memcpy(head + size, mask, 4);
        size += 4;
    }
    return size;
}

void frame_mask(uint8_t *data, size_t length, const uint8_t mask[4]) {
    uint64_t wide, word;
    memcpy(&wide, mask, 4);
    memcpy((uint8_t *)&wide + 4, mask, 4);
    size_t i = 0;
    for (; i + 8 <= length; i += 8) {
        memcpy(&word, data + i, 8);
        word ^= wide;
        memcpy(data + i, &word, 8);
    }
    for (; i < length; i++) data[i] ^= mask[i & 3];
}

void frame_send(Connection *c, int opcode, const void *payload, size_t length) {
    const uint8_t *mask = c->side->client ? MASK : NULL;
    uint8_t *frame = grown(NULL, length + 14);
    size_t size = frame_head(frame, opcode, length, mask);
    if (length) memcpy(frame + size, payload, length);
    if (mask) frame_mask(frame + size, length, mask);
    net_put(c, frame, size + length);
    free(frame);
}

void net_leave(Connection *c) {
    static const uint8_t normal[2] = {1000 >> 8, 1000 & 255};
    if (!c->leaving) frame_send(c, CLOSE, normal, sizeof normal);
    c->leaving = true;
}

// The next whole frame of what came, unmasked; false: there is none yet. Parts of messages are not joined: nobody here
// sends any, and who relays has no reason to.
static bool next_frame(Connection *c, int *opcode, uint8_t **payload, size_t *length) {
    uint8_t *at = c->in.data + c->in.from;
    size_t there = c->in.to - c->in.from, head = 2;
    if (there < 2) return false;
    uint64_t size = at[1] & 127;
    size_t wide = size == 126 ? 2 : size == 127 ? 8 : 0;
    bool masked = at[1] & 0x80;
    if (there < head + wide + (masked ? 4 : 0)) return false;
    if (wide) size = 0;
    for (size_t i = 0; i < wide; i++) size = size << 8 | at[head++];
    const uint8_t *mask = at + head;
    if (masked) head += 4;
    if (there - head < size) return false;
    *opcode = at[0] & 15;
    *payload = at + head;
    *length = (size_t)size;
    if (masked) frame_mask(*payload, *length, mask);
    c->in.from += head + *length;
    return true;
}

static void take_frames(Connection *c) {
    int opcode;
    uint8_t *payload;
    size_t length;
    while (!c->dead && next_frame(c, &opcode, &payload, &length)) {
        if (opcode == TEXT || opcode == BINARY) c->side->message(c, opcode, payload, length);
        if (opcode == PING) frame_send(c, PONG, payload, length);
        if (opcode == CLOSE) {
            net_leave(c);
            c->dead = true;
        }
    }
}

static void take_head(Connection *c) {
    char *start = (char *)c->in.data + c->in.from, *end = memmem(start, c->in.to - c->in.from, "\r\n\r\n", 4);
    if (!end) return;
    *end = 0;
    c->in.from = (size_t)(end + 4 - (char *)c->in.data);
    c->upgraded = c->side->head(c, start);
    c->dead = c->dead || !c->upgraded;
}

static bool pull(Connection *c) { // true: there may be more
    make_room(&c->in, 4096);
    size_t room = c->in.room - c->in.to;
    ssize_t got = c->tls ? tls_read(c->tls, c->in.data + c->in.to, room) : recv(c->fd, c->in.data + c->in.to, room, 0);
    if (got <= 0) {
        c->dead = c->dead || got == 0 || (errno != EAGAIN && errno != EINTR);
        return false;
    }
    c->in.to += (size_t)got;
    if (!c->upgraded) take_head(c);
    if (c->upgraded) take_frames(c);
    return !c->dead && (c->tls || (size_t)got == room); // of TLS, all: what it holds decrypted, epoll does not tell
}

static void greet(Connection *c) { // one step of the TLS handshake
    int done = tls_greet(c->tls);
    c->dead = done < 0;
    c->greeting = done == 0;
    if (done > 0) flush(c);
}

static void accept_all(Connection *listener, void (*accepted)(int fd)) {
    int fd;
    while ((fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        send_at_once(fd);
        accepted(fd);
    }
}

static void handle(Connection *c, uint32_t events) {
    if (c->greeting) greet(c);
    if (c->greeting || c->dead) return;
    if (events & EPOLLOUT) flush(c);
    for (int reads = 0; (reads < READS_A_TURN || c->tls) && !c->dead && pull(c); reads++) {
    }
}

void net_turn(int64_t patience_ns, void (*accepted)(int fd)) {
    struct epoll_event events[EVENTS_A_TURN];
    struct timespec patience = {.tv_sec = patience_ns / 1000000000, .tv_nsec = patience_ns % 1000000000};
    int count = epoll_pwait2(epoll_fd, events, EVENTS_A_TURN, patience_ns < 0 ? NULL : &patience, NULL);
    for (int i = 0; i < count; i++) {
        Connection *c = events[i].data.ptr;
        if (!c->side) {
            accept_all(c, accepted);
            continue;
        }
        handle(c, events[i].events);
        if (!c->dead) continue;
        if (!c->side->client) net_free(c); // a client's owner looks at it first
        else epoll_ctl(epoll_fd, EPOLL_CTL_DEL, c->fd, NULL);
    }
}
