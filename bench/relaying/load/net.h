// Connections of one epoll loop: WebSockets, plain or (for a server) TLS, read and written without waiting.
#ifndef NET_H
#define NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    uint8_t *data;
    size_t from, to, room; // what counts stands at data[from..to)
} Bytes;

typedef struct Connection Connection;

// What one side of a WebSocket does with what comes.
typedef struct {
    bool client;                                                                // it masks what it sends
    bool (*head)(Connection *, char *head);                                     // a whole HTTP head; false: hang up
    void (*message)(Connection *, int opcode, uint8_t *payload, size_t length); // a whole one, unmasked
} Side;

struct Connection {
    int fd;
    const Side *side; // NULL: it listens
    void *own;        // what its side keeps of it; freed with it
    void *tls;
    Bytes in, out;
    bool greeting; // its TLS handshake is under way
    bool upgraded; // the HTTP heads are behind it
    bool dead;     // closed as soon as nobody holds it
    bool leaving; // it has said goodbye
    bool wants_out;
};

enum { TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10 };

void net_open(void);
Connection *net_listen(int port);
Connection *net_dial(int port, const Side *side, void *own);
void net_free(Connection *);

// Handle what is ready; wait for it up to so many nanoseconds, or for ever (-1). `accepted`: what comes to a listener.
// A dead connection of a server's is freed here; a client's is left to whoever dialled.
void net_turn(int64_t patience_ns, void (*accepted)(int fd));
Connection *net_take(int fd, const Side *side, void *own, void *tls);

void net_put(Connection *, const void *data, size_t length); // what the kernel does not take now waits in `out`

// A frame's head. Returns its length, 2 to 14 bytes.
size_t frame_head(uint8_t head[14], int opcode, size_t length, const uint8_t mask[4]);
void frame_mask(uint8_t *data, size_t length, const uint8_t mask[4]);
void frame_send(Connection *, int opcode, const void *payload, size_t length);
void net_leave(Connection *); // say goodbye; it is dead when the peer has, too

uint64_t now_ns(void);
void *grown(void *old, size_t size); // realloc that ends the program where there is no memory
void fail(const char *what) __attribute__((noreturn));

#endif
