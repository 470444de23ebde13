// Trucks, plates, containers, drivers, papers and goods of its own making: all by seed, none of a real person or firm.
#include "app_drive.h"
#include "gate/gate_site.h"
#include "io/io_clock.h"
#include "wire/wire_iso6346.h"
#include "wire/wire_plate.h"

uint64_t drive_random(const World *w, uint32_t truck, uint32_t salt) { // splitmix64, Steele 2014
    uint64_t x = w->seed * 0x9e3779b97f4a7c15u + ((uint64_t)truck << 32 | salt);
    for (int i = 0; i < 2; i++) {
        x += 0x9e3779b97f4a7c15u;
        x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
        x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
        x ^= x >> 31;
    }
    return x;
}
enum {
    SALT_PLATE = 1000,
    SALT_GOODS,
    SALT_MODE,
    SALT_MASS,
    SALT_SLIP,
    SALT_SLIP_KIND,
    SALT_TRUTH,
    SALT_ROAD,
    SALT_BOX,
    SALT_REGIME,
    SALT_KIND,
    SALT_DRIVER
};
static uint32_t draw(const World *w, uint32_t i, uint32_t salt, uint32_t below) {
    return (uint32_t)(drive_random(w, i, salt) % below);
}

// ---- numbers
static void put(json_t *o, const char *key, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
static void put(json_t *o, const char *key, const char *fmt, ...) {
    char text[128];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    json_object_set_new(o, key, json_string(text));
}
static void vn_plate(const World *w, uint32_t i, char *ret, size_t max) {
    static const char *const area[] = {"12C", "12H", "14C", "15C", "15H", "29H", "98C", "99C"};
    uint32_t no = (uint32_t)(drive_random(w, 0, SALT_PLATE) % 100000) + i * 37;
    (void)snprintf(ret, max, "%s%05u", area[i % ARRAY_LEN(area)], no % 100000);
}
static void cn_plate(const World *w, uint32_t i, char *ret, size_t max) {
    static const char *const area[] = {"\u6842F", "\u6842A", "\u6842P", "\u7ca4B", "\u6e58A"};
    uint32_t no = (uint32_t)(drive_random(w, 1, SALT_PLATE) % 100000) + i * 37;
    (void)snprintf(ret, max, "%s%05u", area[i % ARRAY_LEN(area)], no % 100000);
}
static void container(const World *w, uint32_t i, char *ret) { // invented owners, category U
    static const char *const owner[] = {"QKAU", "QKBU", "QKCU", "QKDU"};
    uint32_t no = (uint32_t)(drive_random(w, 2, SALT_PLATE) % 1000000) + i * 13;
    (void)snprintf(ret, 16, "%s%06u", owner[i % ARRAY_LEN(owner)], no % 1000000);
    ret[10] = iso6346_check_digit(ret);
    ret[11] = 0;
}
static void plate_of(const World *w, uint32_t i, bool vietnamese, char *ret, size_t max) {
    if (vietnamese)
        vn_plate(w, i, ret, max);
    else
        cn_plate(w, i, ret, max);
}

// ---- what the site asks of goods
void drive_site(World *w, json_t *site) {
    w->site = site;
    const json_t *roads = json_object_get(site, "roads");
    for (size_t i = 0; i < json_array_size(roads) && w->roads < ROADS_KNOWN; i++)
        (void)snprintf(w->road[w->roads++], sizeof w->road[0], "%s", client_text(json_array_get(roads, i), "id"));
}
static const json_t *goods_kind(const World *w, const char *hs) {
    const json_t *kinds = json_object_get(w->site, "goods");
    for (size_t i = 0; i < json_array_size(kinds); i++) {
        const json_t *list = json_object_get(json_array_get(kinds, i), "hs");
        for (size_t k = 0; k < json_array_size(list); k++)
            if (site_hs_matches(str_c(json_string_value(json_array_get(list, k))), str_c(hs)))
                return json_array_get(kinds, i);
    }
    return NULL;
}
static bool goods_are(const World *w, const json_t *goods, const char *attr) {
    const json_t *attrs = json_object_get(goods_kind(w, client_text(goods, "hs")), "attrs");
    for (size_t i = 0; i < json_array_size(attrs); i++)
        if (strcmp(json_string_value(json_array_get(attrs, i)), attr) == 0) return true;
    return false;
}
static bool any_goods(const World *w, const json_t *doc, const char *attr) {
    const json_t *list = json_object_get(doc, "goods");
    for (size_t i = 0; i < json_array_size(list); i++)
        if (goods_are(w, json_array_get(list, i), attr)) return true;
    return false;
}
static void certificate(json_t *doc, const char *kind, uint32_t i) {
    json_t *list = json_object_get(doc, "certificates");
    if (!list) json_object_set_new(doc, "certificates", list = json_array());
    for (size_t k = 0; k < json_array_size(list); k++)
        if (strcmp(client_text(json_array_get(list, k), "kind"), kind) == 0) return;
    char number[48];
    (void)snprintf(number, sizeof number, "%.3s-2026-%06u", kind, i);
    json_array_append_new(list, json_pack("{s:s, s:s}", "kind", kind, "number", number));
}
static void add_papers(const World *w, json_t *doc, uint32_t i) {
    if (any_goods(w, doc, "plant")) certificate(doc, "phytosanitary", i);
    if (any_goods(w, doc, "animal")) certificate(doc, "animal_health", i);
    if (any_goods(w, doc, "dangerous")) certificate(doc, "dangerous_goods", i);
    json_t *list = json_object_get(doc, "goods");
    bool out = strcmp(client_text(doc, "direction"), "export") == 0;
    for (size_t k = 0; out && k < json_array_size(list); k++) {
        json_t *g = json_array_get(list, k);
        if (!goods_are(w, g, "plant")) continue;
        if (!json_object_get(g, "growing_area")) put(g, "growing_area", "VN-LSOR-%04u", i % 9000 + 1000);
        if (!json_object_get(g, "packing_house")) put(g, "packing_house", "VN-LSPH-%03u", i % 900 + 100);
    }
    if (*client_text(doc, "container") && !json_is_true(json_object_get(doc, "empty")) &&
        !json_array_size(json_object_get(doc, "seals"))) {
        json_object_set_new(doc, "seals", json_array());
        char seal[24];
        (void)snprintf(seal, sizeof seal, "S%07u", i);
        json_array_append_new(json_object_get(doc, "seals"), json_string(seal));
    }
}
static int64_t whole(const json_t *o, const char *key) {
    return json_integer_value(json_object_get(o, key));
}
static int64_t gross_of(const json_t *doc) { // as the gate reckons it
    int64_t sum = 0;
    const json_t *list = json_object_get(doc, "goods");
    for (size_t k = 0; k < json_array_size(list); k++) {
        const json_t *g = json_array_get(list, k);
        sum += whole(g, "gross_kg") ? whole(g, "gross_kg") : whole(g, "net_kg");
    }
    return sum;
}
static void cut(json_t *o, const char *key, size_t max) { // at a character's border
    const char *z = json_string_value(json_object_get(o, key));
    size_t chars = 0, n = 0;
    for (; z && z[n]; n++)
        if ((z[n] & 0xc0) != 0x80 && chars++ == max) break;
    if (z && z[n]) json_object_set_new(o, key, json_stringn(z, n));
}
static void complete_goods(json_t *doc) { // only what is not there: masses stay those of the source
    json_t *list = json_object_get(doc, "goods");
    for (size_t k = 0; k < json_array_size(list); k++) {
        json_t *g = json_array_get(list, k);
        int64_t net = whole(g, "net_kg"), gross = whole(g, "gross_kg");
        if (!json_object_get(g, "net_kg"))
            json_object_set_new(g, "net_kg", json_integer(net = gross ? MAX(gross * 95 / 100, 1) : 500));
        if (!json_object_get(g, "gross_kg")) json_object_set_new(g, "gross_kg", json_integer(net + net * 3 / 100));
        if (!json_object_get(g, "origin"))
            put(g, "origin", "%s", strcmp(client_text(doc, "direction"), "export") == 0 ? "VN" : "CN");
        if (!*client_text(g, "description")) put(g, "description", "HS %s goods", client_text(g, "hs"));
        cut(g, "description", 200);
    }
}
static bool first_use(World *w, const char *what, const char *value) {
    char key[128];
    (void)snprintf(key, sizeof key, "%s:%s", what, value);
    if (json_object_get(w->lrns, key)) return false;
    json_object_set_new(w->lrns, key, json_true());
    return true;
}
// Samples repeat references, numbers and containers of one another: on the road each truck has its own.
static void make_unique(World *w, json_t *doc, uint32_t i) {
    char text[64];
    (void)snprintf(text, sizeof text, "%.26s", client_text(doc, "lrn"));
    if (!first_use(w, "lrn", text)) {
        put(doc, "lrn", "%s.%u", text, i);
        (void)first_use(w, "lrn", client_text(doc, "lrn"));
    }
    (void)snprintf(text, sizeof text, "%.40s", client_text(doc, "customs_no"));
    if (!*text || !first_use(w, "customs_no", text))
        put(doc, "customs_no", "%c%05u%06u", strcmp(client_text(doc, "direction"), "export") == 0 ? '3' : '1',
            (unsigned)(w->seed % 100000), i);
    (void)snprintf(text, sizeof text, "%.16s", client_text(doc, "container"));
    if (*text && !first_use(w, "container", text)) {
        container(w, i + 50000, text);
        put(doc, "container", "%s", text);
    }
}
void drive_complete(World *w, json_t *doc, uint32_t i) {
    bool out = strcmp(client_text(doc, "direction"), "export") == 0;
    char mine[24], right[24];
    cn_plate(w, i, mine, sizeof mine);
    plate_of(w, i, out, right, sizeof right);
    if (strcmp(client_text(doc, "plate"), mine) == 0)
        put(doc, "plate", "%s", right); // filled in before the direction was known
    Plate p;
    bool vietnamese = plate_parse(str_c(client_text(doc, "plate")), &p) == PLATE_OK ? p.country == PLATE_VN : out;
    if (!json_object_get(doc, "vehicle_country")) put(doc, "vehicle_country", "%s", vietnamese ? "VN" : "CN");
    if (!json_object_get(doc, "driver_country")) put(doc, "driver_country", "%s", vietnamese ? "VN" : "CN");
    if (!json_object_get(doc, "regime")) put(doc, "regime", "ordinary");
    if (!out && !json_object_get(doc, "destination"))
        put(doc, "destination", "%s", draw(w, i, SALT_KIND, 10) < 7 ? "inland" : "yard");
    if (*client_text(doc, "container") && !json_object_get(doc, "container_type"))
        put(doc, "container_type", "%s",
            any_goods(w, doc, "reefer")    ? "45R1"
            : draw(w, i, SALT_BOX, 4) == 0 ? "22G1"
                                           : "45G1");
    complete_goods(doc);
    make_unique(w, doc, i);
    add_papers(w, doc, i);
}

// ---- one truck
static const char *pick_mode(const World *w, uint32_t i) {
    uint32_t x = draw(w, i, SALT_MODE, 100);
    return x < 27                   ? "through"
           : x < 52                 ? "driver_change"
           : x < 78                 ? "transhipment"
           : x < 90 || !w->unmanned ? "swap"
                                    : "unmanned";
}
static json_t *vehicle_members(World *w, uint32_t i, bool vietnamese, const char *mode) {
    char text[24];
    json_t *o = json_object();
    put(o, "mode", "%s", mode);
    plate_of(w, i, vietnamese, text, sizeof text);
    put(o, "plate", "%s", text);
    if (w->roads) put(o, "road", "%s", w->road[draw(w, i, SALT_ROAD, 10) < 6 ? 0 : (w->roads - 1)]);
    put(o, "driver_id", "DL-%06u", i);
    put(o, "driver_name", "Driver %06u", i);
    bool boxed = strcmp(mode, "unmanned") == 0 || draw(w, i, SALT_BOX, 10) < 4;
    if (boxed) {
        container(w, i, text);
        put(o, "container", "%s", text);
    }
    if (boxed && vietnamese)
        put(o, "trailer", "12R%05u", (unsigned)((drive_random(w, 3, SALT_PLATE) + i * 37) % 100000));
    json_object_set_new(o, "tare_kg", json_integer((boxed ? 15000 : 11000) + draw(w, i, SALT_MASS, 30) * 50));
    return o;
}
json_t *drive_fill(void *world, size_t row) {
    (void)row; // numbered over all files
    World *w = world;
    return vehicle_members(w, w->n, false, pick_mode(w, w->n));
}
static json_t *sound_copy(const json_t *doc) {
    json_t *copy = json_deep_copy(doc);
    CK_ASSERT(copy != NULL);
    return copy;
}
static json_t *with_slip(Slip slip, const json_t *doc) { // NULL: this truck cannot make this mistake
    json_t *bad = sound_copy(doc), *goods = json_array_get(json_object_get(bad, "goods"), 0);
    char box[16];
    bool done = true;
    (void)snprintf(box, sizeof box, "%s", client_text(bad, "container"));
    if (slip == SLIP_CHECK_DIGIT && *box)
        box[10] = (char)('0' + (box[10] - '0' + 3) % 10), put(bad, "container", "%s", box);
    else if (slip == SLIP_CERTIFICATE && json_array_size(json_object_get(bad, "certificates")))
        json_object_del(bad, "certificates");
    else if (slip == SLIP_HS && goods)
        put(goods, "hs", "081099");
    else if (slip == SLIP_MASS && goods)
        json_object_set_new(goods, "net_kg", json_integer(0));
    else
        done = false;
    if (done) return bad;
    json_decref(bad);
    return NULL;
}
static void choose_slip(World *w, Truck *t) {
    if (draw(w, t->i, SALT_SLIP, 100) >= w->mistakes_percent) return;
    t->slip = (uint8_t)(1 + draw(w, t->i, SALT_SLIP_KIND, SLIP_COUNT - 1));
    t->wrong = with_slip((Slip)t->slip, t->doc);
    bool papers =
        t->slip == SLIP_CHECK_DIGIT || t->slip == SLIP_CERTIFICATE || t->slip == SLIP_HS || t->slip == SLIP_MASS;
    if (papers && !t->wrong) t->slip = SLIP_TWICE;
    bool loaded = json_array_size(json_object_get(t->doc, "goods")) > 0;
    if (!loaded && (t->slip == SLIP_WEIGHT || t->slip == SLIP_AMOUNT)) t->slip = SLIP_ORDER;
    w->slips[t->slip]++;
}
static const Person *one_of(const World *w, Role role, uint32_t at) {
    return w->role_n[role] ? w->by_role[role][at % w->role_n[role]] : NULL;
}
Truck *drive_add(World *w, json_t *doc) {
    if (w->n == w->cap) {
        w->cap = w->cap ? w->cap * 2 : 1024;
        w->truck = realloc(w->truck, w->cap * sizeof *w->truck);
        CK_ASSERT(w->truck != NULL);
    }
    Truck *t = calloc(1, sizeof *t);
    CK_ASSERT(t != NULL);
    t->w = w, t->i = w->n, t->doc = doc;
    w->truck[w->n++] = t;
    t->trader = one_of(w, ROLE_TRADER, t->i);
    t->driver = t->i < w->role_n[ROLE_DRIVER] ? w->by_role[ROLE_DRIVER][t->i] : NULL;
    if (t->driver) put(doc, "driver_id", "%s", t->driver->id);
    t->gross_kg = gross_of(doc), t->tare_kg = whole(doc, "tare_kg");
    t->dangerous = any_goods(w, doc, "dangerous");
    choose_slip(w, t);
    int64_t noise = t->gross_kg * ((int64_t)draw(w, t->i, SALT_TRUTH, 21) - 10) / 1000; // one per cent either way
    t->true_kg = t->tare_kg + t->gross_kg + noise;
    if (t->slip == SLIP_WEIGHT) t->true_kg += t->gross_kg / 5 + 900;
    return t;
}

// ---- a morning of its own
static const struct {
    const char *hs, *what;
    int32_t kg, usd_per_kg;
    bool out;
} goods_table[] = {
    {"081060", "Fresh durian", 18000, 4, true},
    {"080720", "Papayas", 14000, 1, true},
    {"081090", "Dragon fruit", 16000, 1, true},
    {"030617", "Frozen shrimps", 20000, 9, true},
    {"071410", "Cassava chips", 26000, 1, true},
    {"090111", "Coffee, not roasted", 19000, 3, true},
    {"440890", "Veneer sheets", 22000, 2, true},
    {"400122", "Natural rubber", 21000, 2, true},
    {"854231", "Processors", 4200, 90, true},
    {"852872", "Television sets", 9000, 20, true},
    {"640399", "Footwear with leather uppers", 7000, 25, true},
    {"260111", "Iron ores", 27000, 1, true},
    {"110814", "Cassava starch", 25000, 1, true},
    {"200819", "Cashew nuts, roasted", 12000, 8, true},
    {"060311", "Cut roses", 3000, 5, true},
    {"410441", "Leather, dry", 8000, 6, true},
    {"080810", "Fresh apples", 20000, 1, false},
    {"070320", "Garlic", 24000, 1, false},
    {"850760", "Lithium-ion accumulators", 11000, 15, false},
    {"847130", "Portable computers", 5000, 60, false},
    {"520811", "Woven cotton", 13000, 7, false},
    {"720851", "Flat-rolled steel", 27000, 1, false},
    {"870323", "Motor cars", 9000, 12, false},
    {"310520", "Fertilisers", 26000, 1, false},
    {"690721", "Ceramic tiles", 26000, 1, false},
    {"392690", "Plastic articles", 9000, 3, false},
    {"940360", "Wooden furniture", 7000, 5, false},
    {"020714", "Frozen poultry cuts", 22000, 2, false},
    {"040210", "Milk powder", 17000, 4, false},
    {"271019", "Lubricating oil", 18000, 1, false},
    {"480256", "Printing paper", 23000, 1, false},
    {"252100", "Limestone flux", 27000, 1, false},
    {"281511", "Caustic soda", 24000, 1, false},
    {"010649", "Live crickets", 1500, 10, true},
    {"360490", "Signalling flares", 4000, 9, false},
};
static json_t *make_goods(const World *w, uint32_t i, bool out) {
    uint32_t at = draw(w, i, SALT_GOODS, ARRAY_LEN(goods_table));
    while (goods_table[at].out != out) at = (at + 1) % ARRAY_LEN(goods_table);
    bool light = draw(w, i, SALT_MASS, 9) == 0; // small trucks have bands of their own in the tariff
    int64_t net = light ? 1500 : goods_table[at].kg * (int64_t)(80 + draw(w, i, SALT_MASS, 20)) / 100;
    return json_pack("[{s:s, s:s, s:s, s:I, s:I, s:I, s:s, s:I}]", "hs", goods_table[at].hs, "description",
                     goods_table[at].what, "origin", out ? "VN" : "CN", "net_kg", (json_int_t)net, "gross_kg",
                     (json_int_t)(net + net * 4 / 100), "value", (json_int_t)(net * goods_table[at].usd_per_kg),
                     "currency", "USD", "packages", (json_int_t)(net / 20 + 1));
}
static const char *pick_regime(const World *w, uint32_t i, bool out) {
    uint32_t x = draw(w, i, SALT_REGIME, 100);
    return x < 94 ? "ordinary" : x < 97 && out ? "temporary_reexport" : x < 98 ? "transit" : "ordinary";
}
static json_t *make_doc(World *w, uint32_t i, bool out, bool vietnamese, bool empty, const char *mode) {
    json_t *doc = vehicle_members(w, i, vietnamese, mode);
    put(doc, "lrn", "S%llu-%06u", (unsigned long long)(w->seed % 1000000), i);
    put(doc, "direction", "%s", out ? "export" : "import");
    put(doc, "regime", "%s", pick_regime(w, i, out));
    if (empty) {
        json_object_set_new(doc, "empty", json_true());
        json_object_del(doc, "container");
    } else
        json_object_set_new(doc, "goods", make_goods(w, i, out));
    if (out && draw(w, i, SALT_DRIVER, 2)) {
        char at[ISO8601_LEN + 1];
        iso8601_format(io_now_ms() + (10 + draw(w, i, SALT_DRIVER, 30)) * MINUTE_MS, at);
        put(doc, "slot", "%s", at);
    }
    drive_complete(w, doc, i);
    return doc;
}
// Two trips of one vehicle: out with one load, home with another.
static void add_two_way(World *w, uint32_t i) {
    const char *mode = draw(w, i, SALT_MODE, 2) ? "through" : "driver_change";
    Truck *a = drive_add(w, make_doc(w, i, true, true, false, mode));
    json_t *doc = make_doc(w, w->n, false, true, false, mode);
    json_object_set(doc, "plate", json_object_get(a->doc, "plate"));
    json_object_del(doc, "trailer");
    json_object_set(doc, "road", json_object_get(a->doc, "road"));
    Truck *b = drive_add(w, doc);
    a->second = b;
    b->first = a;
    b->trader = a->trader, b->driver = NULL;
}
void drive_make_morning(World *w, uint32_t trucks) {
    for (uint32_t end = w->n + trucks; w->n < end;) {
        uint32_t i = w->n, x = draw(w, i, SALT_KIND + 100, 100);
        bool out = x % 2 == 0;
        if (x < 8 && w->n + 1 < end)
            add_two_way(w, i);
        else if (x < 16)
            drive_add(w, make_doc(w, i, out, out, true, "through"));
        else
            drive_add(w, make_doc(w, i, out, out, false, pick_mode(w, i)));
    }
}
