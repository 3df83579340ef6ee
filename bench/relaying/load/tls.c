#include "tls.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#ifdef NO_TLS

void tls_load(const char *certificate, const char *key) {
    fprintf(stderr, "built without OpenSSL: no TLS with %s and %s\n", certificate, key);
    exit(2);
}
void *tls_over(int fd) {
    (void)fd;
    return NULL;
}
int tls_greet(void *tls) {
    (void)tls;
    return -1;
}
ssize_t tls_read(void *tls, void *data, size_t room) {
    (void)tls, (void)data, (void)room;
    errno = EINVAL;
    return -1;
}
ssize_t tls_write(void *tls, const void *data, size_t length) {
    (void)tls, (void)data, (void)length;
    errno = EINVAL;
    return -1;
}
void tls_free(void *tls) {
    (void)tls;
}

#else

#include <limits.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

static SSL_CTX *context;

void tls_load(const char *certificate, const char *key) {
    context = SSL_CTX_new(TLS_server_method());
    if (!context || SSL_CTX_use_certificate_chain_file(context, certificate) != 1 ||
        SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1) {
        ERR_print_errors_fp(stderr);
        exit(2);
    }
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
}

void *tls_over(int fd) {
    if (!context) return NULL;
    SSL *tls = SSL_new(context);
    if (!tls || SSL_set_fd(tls, fd) != 1) exit(2);
    SSL_set_accept_state(tls);
    return tls;
}

// What errno says of it: try again later, or it is over.
static int told(SSL *tls, int result) {
    int why = SSL_get_error(tls, result);
    ERR_clear_error();
    errno = why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? EAGAIN : EPIPE;
    return why == SSL_ERROR_ZERO_RETURN ? 0 : -1;
}

int tls_greet(void *tls) {
    int done = SSL_do_handshake(tls);
    if (done == 1) return 1;
    return told(tls, done) < 0 && errno == EAGAIN ? 0 : -1;
}

ssize_t tls_read(void *tls, void *data, size_t room) {
    int got = SSL_read(tls, data, room > INT_MAX ? INT_MAX : (int)room);
    return got > 0 ? got : told(tls, got);
}

ssize_t tls_write(void *tls, const void *data, size_t length) {
    int sent = SSL_write(tls, data, length > INT_MAX ? INT_MAX : (int)length);
    if (sent > 0) return sent;
    told(tls, sent);
    return -1;
}

void tls_free(void *tls) {
    SSL_free(tls);
}

#endif
