// A server's TLS over a non-blocking socket, by OpenSSL; without OpenSSL's headers (NO_TLS) there is none.
#ifndef TLS_H
#define TLS_H

#include <stddef.h>
#include <sys/types.h>

void tls_load(const char *certificate, const char *key); // PEM files; ends the program if they are no good
void *tls_over(int fd);                                  // NULL: nothing was loaded
int tls_greet(void *tls);                                // 1: done, 0: not yet, -1: never
ssize_t tls_read(void *tls, void *data, size_t room);    // these two like read and write, with errno
ssize_t tls_write(void *tls, const void *data, size_t length);
void tls_free(void *tls);

#endif
