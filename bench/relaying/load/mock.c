// The scripted provider: a Realtime session as far as a relay needs one. It answers each piece of the user's voice with
// a piece of the agent's, of the same size, and every fifth with a word more; after so many pieces the answer is over,
// the user "has spoken", and the next one begins, with all the events that the Realtime API has for that.
//
// A piece of the agent's voice begins with the first 16 base64 signs of the piece that it answers: the load generator
// keeps its clock and its count there.
#define _GNU_SOURCE
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "handshake.h"
#include "net.h"
#include "tls.h"

enum { LONGEST_AUDIO = 1 << 16, LONGEST_EVENT = 2048, ECHOED = 16, MS_A_PIECE = 40 };

typedef struct {
    unsigned number;           // of the session
    unsigned turn, pieces;     // turns begun, pieces of the user's voice heard
    char delta[LONGEST_EVENT]; // what this turn's pieces of voice begin with
    size_t delta_length;
    size_t counter_at; // where in it an event's number stands, eight signs
} Session;

static unsigned pieces_a_turn, pieces_a_word, sessions, events;
static char voice[LONGEST_AUDIO];

static void say(Connection *c, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(Connection *c, const char *format, ...) {
    char event[LONGEST_EVENT];
    va_list values;
    va_start(values, format);
    int length = vsnprintf(event, sizeof event, format, values);
    va_end(values);
    if (length < 0 || length >= (int)sizeof event) fail("an event is too long");
    frame_send(c, TEXT, event, (size_t)length);
}

// Names, the same in all events of a turn. Each wants the session's number and the turn's.
#define NAMES(s) (s)->number, (s)->turn
#define USER_ITEM "item_user_%04x_%06x"
#define AGENT_ITEM "item_agent_%04x_%06x"
#define RESPONSE "resp_%04x_%06x"

// What events begin with, and where in an answer they belong
#define EVENT(type) "{\"type\":\"" type "\",\"event_id\":\"event_%08x\""
#define OF_RESPONSE ",\"response_id\":\"" RESPONSE "\",\"output_index\":0"
#define OF_ITEM OF_RESPONSE ",\"item_id\":\"" AGENT_ITEM "\",\"content_index\":0"
#define BEHIND_USER ",\"previous_item_id\":\"" USER_ITEM "\""
#define ITEM "\"object\":\"realtime.item\",\"type\":\"message\""

#define DETECTION                                                                                                      \
    "{\"type\":\"server_vad\",\"threshold\":0.5,\"prefix_padding_ms\":300,\"silence_duration_ms\":500,"                \
    "\"create_response\":true,\"interrupt_response\":true}"
#define SETTINGS                                                                                                       \
    ",\"session\":{\"id\":\"sess_%04x\",\"object\":\"realtime.session\",\"type\":\"realtime\","                        \
    "\"model\":\"gpt-realtime\",\"output_modalities\":[\"audio\"],\"instructions\":\"You are a friendly agent.\","     \
    "\"tools\":[],\"audio\":{"                                                                                         \
    "\"input\":{\"format\":{\"type\":\"audio/pcm\",\"rate\":24000},\"transcription\":{\"model\":"                      \
    "\"gpt-4o-mini-transcribe\"},\"turn_detection\":" DETECTION "},"                                                   \
    "\"output\":{\"format\":{\"type\":\"audio/pcm\",\"rate\":24000},\"voice\":\"alloy\"}}}"
#define USAGE                                                                                                          \
    "{\"total_tokens\":300,\"input_tokens\":200,\"output_tokens\":100,\"input_token_details\":{\"text_tokens\":50,"    \
    "\"audio_tokens\":150,\"cached_tokens\":0},\"output_token_details\":{\"text_tokens\":20,\"audio_tokens\":80}}"

static const char SAID[] = "hello hello hello hello hello";

static void answer_ends(Connection *c, Session *s) {
    char item[512];
    snprintf(item, sizeof item,
             "{\"id\":\"" AGENT_ITEM "\"," ITEM ",\"status\":\"completed\",\"role\":\"assistant\",\"content\":["
             "{\"type\":\"output_audio\",\"transcript\":\"%s\"}]}",
             NAMES(s), SAID);
    say(c, EVENT("response.output_audio.done") OF_ITEM "}", events++, NAMES(s), NAMES(s));
    say(c, EVENT("response.output_audio_transcript.done") OF_ITEM ",\"transcript\":\"%s\"}", events++, NAMES(s),
        NAMES(s), SAID);
    say(c, EVENT("response.content_part.done") OF_ITEM ",\"part\":{\"type\":\"audio\",\"transcript\":\"%s\"}}",
        events++, NAMES(s), NAMES(s), SAID);
    say(c, EVENT("response.output_item.done") OF_RESPONSE ",\"item\":%s}", events++, NAMES(s), item);
    say(c, EVENT("conversation.item.done") BEHIND_USER ",\"item\":%s}", events++, NAMES(s), item);
    say(c,
        EVENT("response.done") ",\"response\":{\"object\":\"realtime.response\",\"id\":\"" RESPONSE
                               "\",\"status\":\"completed\",\"status_details\":null,\"conversation_id\":\"conv_%04x\","
                               "\"output\":[%s],\"usage\":" USAGE "}}",
        events++, NAMES(s), s->number, item);
}

static void user_has_spoken(Connection *c, Session *s) {
    unsigned ends_ms = s->pieces * MS_A_PIECE;
    const char *of_item = ",\"item_id\":\"" USER_ITEM "\"", *kinds[] = {"added", "done"};
    char item[64], before[64] = "null";
    snprintf(item, sizeof item, of_item, NAMES(s));
    if (s->turn > 1) snprintf(before, sizeof before, "\"" AGENT_ITEM "\"", s->number, s->turn - 1);
    say(c, EVENT("input_audio_buffer.speech_started") ",\"audio_start_ms\":%u%s}", events++,
        ends_ms > 1000 ? ends_ms - 1000 : 0, item);
    say(c, EVENT("input_audio_buffer.speech_stopped") ",\"audio_end_ms\":%u%s}", events++, ends_ms, item);
    say(c, EVENT("input_audio_buffer.committed") ",\"previous_item_id\":%s%s}", events++, before, item);
    for (int i = 0; i < 2; i++)
        say(c,
            EVENT("conversation.item.%s") ",\"previous_item_id\":%s,\"item\":{\"id\":\"" USER_ITEM "\"," ITEM
                                          ",\"status\":\"completed\",\"role\":\"user\",\"content\":["
                                          "{\"type\":\"input_audio\",\"transcript\":null}]}}",
            kinds[i], events++, before, NAMES(s));
    say(c,
        EVENT("conversation.item.input_audio_transcription.completed") "%s,\"content_index\":0,\"transcript\":"
                                                                       "\"Say hello, will you?\",\"usage\":{\"type\":"
                                                                       "\"duration\",\"seconds\":1}}",
        events++, item);
}

static void answer_begins(Connection *c, Session *s) {
    char item[256];
    snprintf(item, sizeof item,
             "{\"id\":\"" AGENT_ITEM "\"," ITEM ",\"status\":\"in_progress\",\"role\":\"assistant\",\"content\":[]}",
             NAMES(s));
    say(c,
        EVENT("response.created") ",\"response\":{\"object\":\"realtime.response\",\"id\":\"" RESPONSE
                                  "\",\"status\":\"in_progress\",\"status_details\":null,\"conversation_id\":"
                                  "\"conv_%04x\",\"output\":[],\"usage\":null}}",
        events++, NAMES(s), s->number);
    say(c, EVENT("response.output_item.added") OF_RESPONSE ",\"item\":%s}", events++, NAMES(s), item);
    say(c, EVENT("conversation.item.added") BEHIND_USER ",\"item\":%s}", events++, NAMES(s), item);
    say(c, EVENT("response.content_part.added") OF_ITEM ",\"part\":{\"type\":\"audio\",\"transcript\":\"\"}}", events++,
        NAMES(s), NAMES(s));
    const char *delta = EVENT("response.output_audio.delta") OF_ITEM ",\"delta\":\"";
    s->delta_length = (size_t)snprintf(s->delta, sizeof s->delta, delta, 0u, NAMES(s), NAMES(s));
    s->counter_at = (size_t)(strstr(s->delta, "00000000") - s->delta);
}

static void write_counter(char *to, unsigned number) {
    for (int i = 8; i-- > 0; number >>= 4) to[i] = "0123456789abcdef"[number & 15];
}

// One piece of the agent's voice: the prefix of this turn, the signs to echo, noise.
static void speak(Connection *c, Session *s, const uint8_t *audio, size_t length) {
    static uint8_t frame[14 + LONGEST_EVENT + LONGEST_AUDIO + 2];
    size_t whole = s->delta_length + length + 2, at = frame_head(frame, TEXT, whole, NULL);
    write_counter(s->delta + s->counter_at, events++);
    memcpy(frame + at, s->delta, s->delta_length);
    at += s->delta_length;
    memcpy(frame + at, audio, ECHOED);
    memcpy(frame + at + ECHOED, voice, length - ECHOED);
    at += length;
    memcpy(frame + at, "\"}", 2);
    net_put(c, frame, at + 2);
}

static void hear(Connection *c, Session *s, const uint8_t *audio, size_t length) {
    if (length < ECHOED || length > LONGEST_AUDIO) return;
    if (!s->turn || (pieces_a_turn && s->pieces % pieces_a_turn == 0)) {
        if (s->turn) answer_ends(c, s);
        s->turn++;
        user_has_spoken(c, s);
        answer_begins(c, s);
    }
    speak(c, s, audio, length);
    if (++s->pieces % pieces_a_word == 0)
        say(c, EVENT("response.output_audio_transcript.delta") OF_ITEM ",\"delta\":\" hello\"}", events++, NAMES(s),
            NAMES(s));
}

// A client's event is told by what it holds, as every client writes it; blanks may stand behind the colons.
static void take(Connection *c, int opcode, uint8_t *payload, size_t length) {
    Session *s = c->own;
    size_t head = length < 256 ? length : 256;
    if (opcode != TEXT || length < 2 || payload[0] != '{' || payload[length - 1] != '}') {
        fprintf(stderr, "session %u: what came is no event: %zu bytes\n", s->number, length);
        c->dead = true;
    } else if (memmem(payload, head, "input_audio_buffer.append", 25)) {
        uint8_t *field = memmem(payload, head, "\"audio\":", 8), *end = payload + length;
        uint8_t *from = field ? memchr(field + 8, '"', (size_t)(end - field) - 8) : NULL;
        uint8_t *to = from ? memchr(from + 1, '"', (size_t)(end - from) - 1) : NULL;
        if (to) hear(c, s, from + 1, (size_t)(to - from) - 1);
    } else if (memmem(payload, head, "session.update", 14)) {
        say(c, EVENT("session.updated") SETTINGS "}", events++, s->number);
    }
}

static bool greet(Connection *c, char *head) {
    char answer[512];
    Session *s = c->own;
    int length = answer_to(head, answer, sizeof answer);
    if (length < 0) return false;
    net_put(c, answer, (size_t)length);
    say(c, EVENT("session.created") SETTINGS "}", events++, s->number);
    return true;
}

static const Side PROVIDER = {.client = false, .head = greet, .message = take};

static void take_in(int fd) {
    Session *s = grown(NULL, sizeof *s);
    *s = (Session){.number = sessions++ & 0xffff};
    if (pieces_a_turn) s->pieces = s->number * 37 % pieces_a_turn; // so that the turns of several do not end at once
    net_take(fd, &PROVIDER, s, tls_over(fd));
}

static volatile sig_atomic_t stopped;

static void stop(int number) {
    (void)number;
    stopped = 1;
}

int provide(const Options *options) {
    uint8_t noise[LONGEST_AUDIO / 4 * 3 - 3];
    uint32_t state = 12345;
    for (size_t i = 0; i < sizeof noise; i++) noise[i] = (uint8_t)((state = state * 1664525 + 1013904223) >> 24);
    base64(noise, sizeof noise, voice);
    pieces_a_turn = options->pieces_a_turn;
    pieces_a_word = options->pieces_a_word;
    if (options->certificate) tls_load(options->certificate, options->key);
    signal(SIGTERM, stop);
    Connection *listener = net_listen(options->port);
    while (!stopped) net_turn(1000000000, take_in);
    net_free(listener);
    return 0;
}
