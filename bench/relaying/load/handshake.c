#define _GNU_SOURCE
#include "handshake.h"

#include <stdio.h>
#include <string.h>

#define MAGIC "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
#define UPGRADE "Upgrade: websocket\r\nConnection: Upgrade\r\n"
enum { SHA1_BYTES = 20, LONGEST_KEY = 64 };

static uint32_t turned(uint32_t word, int bits) {
    return word << bits | word >> (32 - bits);
}

static void sha1_block(uint32_t state[5], const uint8_t block[64]) {
    uint32_t w[80], a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];
    for (int i = 0; i < 16; i++) {
        const uint8_t *at = block + 4 * i;
        w[i] = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
    }
    for (int i = 16; i < 80; i++) w[i] = turned(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
    for (int i = 0; i < 80; i++) {
        uint32_t f = i < 20 ? (b & c) | (~b & d) : i < 40 || i >= 60 ? b ^ c ^ d : (b & c) | (b & d) | (c & d);
        uint32_t k = i < 20 ? 0x5A827999 : i < 40 ? 0x6ED9EBA1 : i < 60 ? 0x8F1BBCDC : 0xCA62C1D6;
        uint32_t next = turned(a, 5) + f + e + k + w[i];
        e = d, d = c, c = turned(b, 30), b = a, a = next;
    }
    state[0] += a, state[1] += b, state[2] += c, state[3] += d, state[4] += e;
}

// SHA-1 of at most two blocks, which is all that a handshake needs: so the program builds without a library.
static void sha1(const char *text, uint8_t digest[SHA1_BYTES]) {
    uint32_t state[5] = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
    uint8_t padded[128] = {0};
    size_t length = strlen(text), whole = length + 9 > 64 ? 128 : 64;
    memcpy(padded, text, length);
    padded[length] = 0x80;
    for (int i = 0; i < 8; i++) padded[whole - 1 - (size_t)i] = (uint8_t)((uint64_t)length * 8 >> (8 * i));
    for (size_t at = 0; at < whole; at += 64) sha1_block(state, padded + at);
    for (int i = 0; i < SHA1_BYTES; i++) digest[i] = (uint8_t)(state[i / 4] >> (24 - 8 * (i % 4)));
}

size_t base64(const uint8_t *data, size_t length, char *text) {
    static const char signs[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t to = 0;
    for (size_t i = 0; i < length; i += 3) {
        uint32_t three = (uint32_t)data[i] << 16;
        if (i + 1 < length) three |= (uint32_t)data[i + 1] << 8;
        if (i + 2 < length) three |= data[i + 2];
        text[to++] = signs[three >> 18];
        text[to++] = signs[three >> 12 & 63];
        text[to++] = i + 1 < length ? signs[three >> 6 & 63] : '=';
        text[to++] = i + 2 < length ? signs[three & 63] : '=';
    }
    text[to] = 0;
    return to;
}

int answer_to(char *head, char *answer, size_t room) {
    char key[LONGEST_KEY + sizeof MAGIC], accept[32];
    uint8_t digest[SHA1_BYTES];
    const char *line = strcasestr(head, "sec-websocket-key:"), *offered = strcasestr(head, "sec-websocket-protocol:");
    if (!line || sscanf(line + strlen("sec-websocket-key:"), " %63[^ \r\n]", key) != 1) return -1;
    strcat(key, MAGIC);
    sha1(key, digest);
    base64(digest, sizeof digest, accept);
    const char *chosen = offered && strstr(offered, "realtime") ? "Sec-WebSocket-Protocol: realtime\r\n" : "";
    return snprintf(answer, room, "HTTP/1.1 101 Switching Protocols\r\n" UPGRADE "Sec-WebSocket-Accept: %s\r\n%s\r\n",
                    accept, chosen);
}

int request_for(const char *path, const char *header, char *request, size_t room) {
    return snprintf(request, room,
                    "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n" UPGRADE
                    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n%s%s\r\n",
                    path, header, *header ? "\r\n" : "");
}
