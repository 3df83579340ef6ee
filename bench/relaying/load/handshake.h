// The two heads of a WebSocket's beginning (RFC 6455, 4).
#ifndef HANDSHAKE_H
#define HANDSHAKE_H

#include <stddef.h>
#include <stdint.h>

size_t base64(const uint8_t *data, size_t length, char *text); // text has room for 4 * ((length + 2) / 3) + 1
int answer_to(char *head, char *answer, size_t room);          // a server's; its length, or -1 where no key is given
// A client's; its length. header: "", or a line without its end.
int request_for(const char *path, const char *header, char *request, size_t room);

#endif
