#include "io_mqtt.h"
#include "io_clock.h"
#include <errno.h>
#include <mosquitto.h>
#include <poll.h>
#include <unistd.h>

#define CONNACK_US 5000000 // then the try has failed

struct IoMqtt {
    struct mosquitto *c;
    IoMqttOpts o; // texts of the caller's: not used after io_mqtt_new but host
    char host[256];
    bool up, tried, wanted; // wanted: false once it says goodbye
    uint32_t pause_ms, under_way;
    int64_t try_us; // when to try, or when it was tried
    IoMqttStats s;
};
static uint32_t users; // of the library

// ---- what the library tells
static void on_connect(struct mosquitto *c, void *ctx, int rc) {
    IoMqtt *m = ctx;
    (void)c;
    if (rc) {                                                                       // the broker closes now
        m->s.trouble = str_c(mosquitto_connack_string(rc)), m->s.refused = rc != 3; // 3: not available just now
        return;
    }
    m->up = true, m->pause_ms = m->o.retry_ms_min, m->under_way = 0, m->s.connects++, m->s.trouble = STR_EMPTY,
    m->s.refused = false;
    if (m->o.link) m->o.link(m->o.ctx, true);
}
static void on_disconnect(struct mosquitto *c, void *ctx, int rc) {
    IoMqtt *m = ctx;
    (void)c;
    bool was = m->up;
    m->up = false, m->tried = false, m->under_way = 0;
    m->try_us = io_mono_us() + m->pause_ms * 1000LL;
    m->pause_ms = MIN(m->pause_ms * 2, m->o.retry_ms_max);
    if (!was) return;
    if (rc) m->s.breaks++, m->s.trouble = str_c(mosquitto_strerror(rc));
    if (m->o.link) m->o.link(m->o.ctx, false);
}
static void on_message(struct mosquitto *c, void *ctx, const struct mosquitto_message *msg) {
    IoMqtt *m = ctx;
    (void)c;
    m->s.in++;
    Str topic = str_c(msg->topic);
    if (msg->payloadlen < 0 || (uint32_t)msg->payloadlen > IO_MQTT_MESSAGE_MAX || topic.n > IO_MQTT_TOPIC_MAX) {
        m->s.too_long++;
        return;
    }
    Str payload = msg->payloadlen ? (Str){msg->payload, (size_t)msg->payloadlen} : STR_EMPTY;
    if (m->o.message) m->o.message(m->o.ctx, topic, payload, msg->retain);
}
static void on_publish(struct mosquitto *c, void *ctx, int mid) {
    IoMqtt *m = ctx;
    (void)c, (void)mid;
    if (m->under_way) m->under_way--;
}

// ---- life
static bool set_up(IoMqtt *m, const IoMqttOpts *o) {
    bool good = true;
    mosquitto_connect_callback_set(m->c, on_connect);
    mosquitto_disconnect_callback_set(m->c, on_disconnect);
    mosquitto_message_callback_set(m->c, on_message);
    mosquitto_publish_callback_set(m->c, on_publish);
    (void)mosquitto_int_option(m->c, MOSQ_OPT_TCP_NODELAY, 1); // small messages, each of which somebody waits for
    if (o->user) good &= mosquitto_username_pw_set(m->c, o->user, o->password) == MOSQ_ERR_SUCCESS;
    if (o->ca_file)
        good &= mosquitto_tls_set(m->c, o->ca_file, NULL, o->cert_file, o->key_file, NULL) == MOSQ_ERR_SUCCESS;
    if (o->will_topic)
        good &= mosquitto_will_set(m->c, o->will_topic, (int)o->will.n, o->will.p, 1, true) == MOSQ_ERR_SUCCESS;
    return good;
}
Err io_mqtt_new(const IoMqttOpts *o, IoMqtt **ret) {
    IoMqtt *m = calloc(1, sizeof *m);
    char id[24];
    CK_ASSERT(m != NULL && o->will.n <= IO_MQTT_MESSAGE_MAX);
    if (users++ == 0) CK_ASSERT(mosquitto_lib_init() == MOSQ_ERR_SUCCESS);
    m->o = *o, m->wanted = true;
    snprintf(m->host, sizeof m->host, "%s", o->host);
    snprintf(id, sizeof id, "ck%016llx", (unsigned long long)io_random_u64());
    if (!m->o.keepalive_s) m->o.keepalive_s = 10;
    if (!m->o.retry_ms_min) m->o.retry_ms_min = 200;
    if (!m->o.retry_ms_max) m->o.retry_ms_max = 10000;
    m->pause_ms = m->o.retry_ms_min;
    m->s.trouble = STR("not tried yet");
    m->c = mosquitto_new(o->client_id ? o->client_id : id, true, m);
    if (!m->c || !set_up(m, o)) {
        io_mqtt_free(m);
        return ERR_INVALID;
    }
    m->o.client_id = m->o.user = m->o.password = m->o.ca_file = m->o.cert_file = m->o.key_file = NULL;
    m->o.will_topic = NULL, m->o.will = STR_EMPTY, m->o.host = m->host;
    *ret = m;
    return OK;
}
void io_mqtt_free(IoMqtt *m) {
    if (!m) return;
    m->wanted = false, m->o.link = NULL, m->o.message = NULL;
    if (m->c && m->up) {
        (void)mosquitto_disconnect(m->c);
        for (int i = 0; i < 50 && mosquitto_socket(m->c) >= 0 && mosquitto_want_write(m->c); i++)
            if (mosquitto_loop_write(m->c, 1) != MOSQ_ERR_SUCCESS) break; // what is not yet written, as far as it goes
    }
    if (m->c) mosquitto_destroy(m->c);
    free(m);
    if (--users == 0) (void)mosquitto_lib_cleanup();
}
bool io_mqtt_up(const IoMqtt *m) {
    return m->up;
}
IoMqttStats io_mqtt_stats(const IoMqtt *m) {
    return m->s;
}
bool io_mqtt_subscribe(IoMqtt *m, const char *filter, int qos) {
    return m->up && mosquitto_subscribe(m->c, NULL, filter, qos) == MOSQ_ERR_SUCCESS;
}
bool io_mqtt_publish(IoMqtt *m, const char *topic, Str payload, int qos, bool retain) {
    CK_ASSERT(payload.n <= IO_MQTT_MESSAGE_MAX);
    if (m->up && m->under_way < IO_MQTT_OUT_MAX) {
        m->under_way++; // before: the library may have written it when it returns
        if (mosquitto_publish(m->c, NULL, topic, (int)payload.n, payload.p, qos, retain) == MOSQ_ERR_SUCCESS) {
            m->s.out++;
            return true;
        }
        if (m->under_way) m->under_way--;
    }
    m->s.dropped++;
    return false;
}

// ---- the loop
static void connect_when_due(IoMqtt *m) {
    int64_t now = io_mono_us();
    if (m->up || !m->wanted) return;
    if (m->tried) {
        if (now - m->try_us < CONNACK_US) return;
        m->s.trouble = STR("the broker does not answer");
    } else if (now < m->try_us) {
        return;
    }
    m->tried = true, m->try_us = now;
    bool first = m->s.connects == 0 && mosquitto_socket(m->c) < 0;
    int rc = first ? mosquitto_connect_async(m->c, m->host, m->o.port, (int)m->o.keepalive_s)
                   : mosquitto_reconnect_async(m->c);
    if (rc == MOSQ_ERR_SUCCESS) return;
    m->tried = false;
    m->s.trouble = str_c(rc == MOSQ_ERR_ERRNO ? strerror(errno) : mosquitto_strerror(rc));
    m->try_us = now + m->pause_ms * 1000LL;
    m->pause_ms = MIN(m->pause_ms * 2, m->o.retry_ms_max);
}
static void not_yet(IoMqtt *m, int rc) { // before it was connected
    if (m->up || m->s.refused) return;
    m->s.refused = rc == MOSQ_ERR_TLS;
    m->s.trouble = m->s.refused ? STR("its certificate is not of this CA, or not for this host, or it speaks no TLS")
                                : str_c(mosquitto_strerror(rc));
}
static void serve(IoMqtt *m) {
    uint64_t before;
    uint32_t n = 0;
    do { // a step of the library takes one packet
        before = m->s.in;
        if (mosquitto_socket(m->c) < 0) break;
        int rc = mosquitto_loop_read(m->c, 1);
        if (rc != MOSQ_ERR_SUCCESS) {
            not_yet(m, rc);
            break;
        }
    } while (m->s.in != before && ++n < IO_MQTT_BATCH);
    if (mosquitto_socket(m->c) >= 0 && mosquitto_want_write(m->c)) (void)mosquitto_loop_write(m->c, 1);
    if (mosquitto_socket(m->c) >= 0) (void)mosquitto_loop_misc(m->c);
}
void io_mqtt_steps(IoMqtt *const *m, uint32_t n, uint32_t timeout_ms) {
    struct pollfd fd[IO_MQTT_CLIENTS_MAX];
    CK_ASSERT(n <= IO_MQTT_CLIENTS_MAX);
    for (uint32_t i = 0; i < n; i++) {
        connect_when_due(m[i]);
        fd[i] = (struct pollfd){.fd = mosquitto_socket(m[i]->c), .events = POLLIN};
        if (fd[i].fd >= 0 && mosquitto_want_write(m[i]->c)) fd[i].events |= POLLOUT;
    }
    (void)poll(fd, n, (int)timeout_ms);
    for (uint32_t i = 0; i < n; i++) serve(m[i]);
}
