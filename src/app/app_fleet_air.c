#include "app_fleet_air.h"
#include "io/io_clock.h"

#define LETTERS_MAX 4096u
typedef struct {
    uint32_t vehicle;
    VdaTopic topic;
    size_t from, length; // of its text
} Letter;
struct FleetAir {
    AppFleet *a;
    Fleet *fleet;
    IoMqtt *mqtt;
    Letter letter[LETTERS_MAX];
    uint32_t letters;
    Buf post; // texts of the letters, a line each
    Arena scratch;
    uint64_t nonsense;
    void (*heard)(void *ctx);
    void *ctx;
};
void fleet_air_send(FleetAir *r, uint32_t v, VdaTopic topic, const void *msg) {
    if (!r || r->letters == LETTERS_MAX) return; // as QoS 0 loses messages: the fleet says it again
    buf_char(&r->post, '\n');
    size_t from = r->post.n;
    vda_encode(&r->post, r->a->who[v].version, topic, msg);
    CK_ASSERT(!r->post.overflow);
    r->letter[r->letters++] = (Letter){v, topic, from, r->post.n - from};
}
void fleet_air_post(FleetAir *r) {
    char topic[VDA_TOPIC_MAX];
    for (uint32_t i = 0; i < r->letters; i++) {
        const Letter *l = &r->letter[i];
        app_fleet_topic(r->a, &r->a->who[l->vehicle], l->topic, false, topic);
        (void)io_mqtt_publish(r->mqtt, topic, (Str){r->post.p + l->from, l->length}, 0, false);
    }
    fleet_air_drop(r);
}
void fleet_air_drop(FleetAir *r) {
    r->letters = 0;
    buf_clear(&r->post);
}
static void on_link(void *ctx, bool up) {
    FleetAir *r = ctx;
    static const VdaTopic topics[] = {VDA_CONNECTION, VDA_FACTSHEET, VDA_STATE, VDA_VISUALIZATION};
    char filter[VDA_TOPIC_MAX];
    bool good = up;
    for (uint32_t v = 0; v < r->a->n && good; v++)
        for (size_t t = 0; t < ARRAY_LEN(topics); t++) {
            app_fleet_topic(r->a, &r->a->who[v], topics[t], true, filter);
            good &= io_mqtt_subscribe(r->mqtt, filter, topics[t] == VDA_CONNECTION ? 1 : 0);
        }
    log_line(LOG_INFO, "fleet", up ? "the broker is there" : "the broker is gone");
    fleet_broker(r->fleet, up, io_now_ms());
    if (r->heard) r->heard(r->ctx);
}
static void take(FleetAir *r, uint32_t v, VdaTopic t, Str text, int64_t now_ms) {
    VdaProblems ps = {0};
    void *msg = arena_alloc(&r->scratch, vda_size(t));
    CK_ASSERT(msg != NULL);
    if (vda_decode(r->a->who[v].version, t, text, &r->scratch, msg, &ps)) {
        r->nonsense++;
        log_line(LOG_WARN, "fleet", STR_F " %s: " STR_F " " STR_F, STR_A(r->a->who[v].serial), vda_topic_text(t),
                 STR_A(ps.p[0].pointer), STR_A(ps.p[0].what));
        fleet_nonsense(r->fleet, v, ps.p[0].what, now_ms);
        return;
    }
    if (t == VDA_STATE) fleet_state(r->fleet, v, msg, now_ms);
    if (t == VDA_CONNECTION) fleet_connection(r->fleet, v, msg, now_ms);
    if (t == VDA_FACTSHEET) fleet_factsheet(r->fleet, v, msg, now_ms);
}
static void on_message(void *ctx, Str topic, Str payload, bool retained) {
    FleetAir *r = ctx;
    VdaTopicAddress at;
    int64_t now = io_now_ms();
    (void)retained;
    if (!vda_topic_parse(topic, &at)) return;
    uint32_t v = fleet_find(r->fleet, at.manufacturer, at.serial);
    if (v == FLEET_NONE) return;
    arena_reset(&r->scratch);
    if (at.major != (r->a->who[v].version == VDA_3_0 ? 3u : 2u))
        r->nonsense++, fleet_other_version(r->fleet, v, now);
    else
        take(r, v, at.topic, payload, now);
    if (r->heard) r->heard(r->ctx);
}
Err fleet_air_new(AppFleet *a, Fleet *f, void (*heard)(void *ctx), void *ctx, FleetAir **ret) {
    FleetAir *r = calloc(1, sizeof *r);
    CK_ASSERT(r != NULL);
    r->a = a, r->fleet = f, r->heard = heard, r->ctx = ctx;
    arena_init(&r->scratch, 8u << 20);
    buf_init(&r->post, 64u << 20);
    IoMqttOpts o = a->mqtt;
    o.message = on_message, o.link = on_link, o.ctx = r;
    Err e = io_mqtt_new(&o, &r->mqtt);
    if (e)
        fleet_air_free(r);
    else
        *ret = r;
    return e;
}
void fleet_air_free(FleetAir *r) {
    if (!r) return;
    io_mqtt_free(r->mqtt);
    buf_deinit(&r->post), arena_deinit(&r->scratch);
    free(r);
}
bool fleet_air_link(FleetAir *r) {
    return app_fleet_link(r->a, r->mqtt);
}
void fleet_air_step(FleetAir *r, uint32_t timeout_ms) {
    io_mqtt_step(r->mqtt, timeout_ms);
}
uint64_t fleet_air_nonsense(const FleetAir *r) {
    return r->nonsense;
}
IoMqttStats fleet_air_stats(const FleetAir *r) {
    return io_mqtt_stats(r->mqtt);
}
