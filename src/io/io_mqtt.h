// MQTT 3.1.1 client over libmosquitto. No thread of its own: the caller's loop drives it, callbacks come on its thread
// within io_mqtt_step. It connects by itself, and again after a broken connection, with growing pauses.
//
// Bounds: messages in one step (what is more waits in the socket, so a slow caller slows the broker down), bytes of a
// message, messages not yet written to the socket.
#pragma once
#include "base/base.h"

#define IO_MQTT_BATCH       64u        // messages taken in one step
#define IO_MQTT_MESSAGE_MAX (1u << 20) // bytes; longer ones are dropped and counted
#define IO_MQTT_OUT_MAX     4096u      // messages under way to the socket; more are dropped and counted
#define IO_MQTT_TOPIC_MAX   1024u
#define IO_MQTT_CLIENTS_MAX 512u // in one step

typedef struct IoMqtt IoMqtt;
typedef struct {
    const char *host;
    uint16_t port;
    const char *client_id;                      // NULL: a random one
    const char *user, *password;                // NULL: none
    const char *ca_file, *cert_file, *key_file; // ca_file NULL: no TLS; the others for a client's certificate
    uint32_t keepalive_s;                       // 0 = 10; at least 5
    uint32_t retry_ms_min, retry_ms_max;        // between tries to connect; 0 = 200 and 10,000
    const char *will_topic;                     // NULL: no last will; else QoS 1, retained
    Str will;                                   // copied, as all else here is
    void (*message)(void *ctx, Str topic, Str payload, bool retained); // views end with the call
    void (*link)(void *ctx, bool up); // connected: subscribe now, nothing is remembered; or no longer
    void *ctx;
} IoMqttOpts;
Err io_mqtt_new(const IoMqttOpts *o, IoMqtt **ret) MUST_USE; // ERR_INVALID: TLS files or texts do not do
void io_mqtt_free(IoMqtt *m);                                // says goodbye, so the last will is not sent
bool io_mqtt_up(const IoMqtt *m);
bool io_mqtt_subscribe(IoMqtt *m, const char *filter, int qos);
// False: not connected, or too many under way; QoS 0 loses messages anyway, and the caller says them again.
bool io_mqtt_publish(IoMqtt *m, const char *topic, Str payload, int qos, bool retain);
// Waits at most timeout_ms for something to happen, then does it, for all of them.
void io_mqtt_steps(IoMqtt *const *m, uint32_t n, uint32_t timeout_ms);
static inline void io_mqtt_step(IoMqtt *m, uint32_t timeout_ms) {
    io_mqtt_steps(&m, 1, timeout_ms);
}
typedef struct {
    uint64_t in, out, dropped, too_long, connects, breaks;
    Str trouble;  // why it is not connected; a literal of the library
    bool refused; // the broker said no, or is not who it should be: to try again as we are will not help
} IoMqttStats;
IoMqttStats io_mqtt_stats(const IoMqtt *m);
