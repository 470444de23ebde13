// Large neighbourhood search (MAPF-LNS: Li, Chen, Harabor, Stuckey, Koenig, IJCAI 2021): a few agents at a time are
// planned anew one after the other against all others; kept if no worse. Two workers each have their own table; what
// one accepts goes through a log to the other, which takes it over before it commits anything itself.
#include "route_lns_internal.h"

#define LOG_MAX 4096u
#define ARMS    (LNS_KINDS * 4)
typedef struct {
    Lns *l;
    LnsTable x;
    LnsPick pick;
    RouteRng rng;
    uint64_t log_at;
    uint32_t *new_path; // LNS_SIZE_MAX of them
    double weight[ARMS];
    uint64_t iterations, accepted;
} Worker;
struct Lns {
    const RouteTask *k;
    const RouteSolveOptions *o;
    Worker worker[2];
    uint32_t workers;
    pthread_mutex_t lock; // of what follows
    uint32_t *path, *cost;
    uint64_t loss, log_n;
    uint16_t log[LOG_MAX]; // agents that have a new path
};

// ---- the plan that all agree on
static void take_over(Worker *w, uint32_t agent) { // its new path into the table, where the old one is out already
    LnsTable *x = &w->x;
    memcpy(lns_path(x, agent), w->l->path + agent * x->row, x->row * sizeof(uint32_t));
    x->loss += w->l->cost[agent], x->loss -= x->cost[agent];
    x->cost[agent] = w->l->cost[agent];
}
static bool catch_up(Worker *w) { // lock held; false: nothing was new
    Lns *l = w->l;
    if (w->log_at == l->log_n) return false;
    CK_ASSERT(l->log_n - w->log_at <= LOG_MAX);
    for (uint64_t e = w->log_at; e < l->log_n; e++) {
        uint32_t a = l->log[e % LOG_MAX];
        lns_take(&w->x, a, lns_path(&w->x, a));
        take_over(w, a);
    }
    for (uint64_t e = w->log_at; e < l->log_n; e++) {
        uint32_t a = l->log[e % LOG_MAX];
        lns_put(&w->x, a, lns_path(&w->x, a));
    }
    w->log_at = l->log_n;
    return true;
}
static void catch_up_all(Worker *w) { // the log has gone past: everything anew
    LnsTable *x = &w->x;
    lns_clear(x);
    for (uint32_t a = 0; a < x->k->n; a++) {
        take_over(w, a);
        lns_put(x, a, lns_path(x, a));
    }
    w->log_at = w->l->log_n;
}
static void sync(Worker *w) {
    Lns *l = w->l;
    if (l->workers == 1) return;
    pthread_mutex_lock(&l->lock);
    if (l->log_n - w->log_at > LOG_MAX / 2)
        catch_up_all(w);
    else
        (void)catch_up(w);
    pthread_mutex_unlock(&l->lock);
}

// ---- one neighbourhood
static void out(Worker *w) {
    for (uint32_t i = 0; i < w->pick.n; i++) lns_take(&w->x, w->pick.agent[i], lns_path(&w->x, w->pick.agent[i]));
}
static void back(Worker *w) {
    for (uint32_t i = 0; i < w->pick.n; i++) lns_put(&w->x, w->pick.agent[i], lns_path(&w->x, w->pick.agent[i]));
}
static uint32_t *new_path(const Worker *w, uint32_t i) {
    return w->new_path + i * w->x.row;
}
static uint32_t sum_old(const Worker *w, uint32_t *ret_least) {
    uint32_t sum = 0;
    *ret_least = 0;
    for (uint32_t i = 0; i < w->pick.n; i++) {
        uint32_t a = w->pick.agent[i];
        sum += w->x.cost[a], *ret_least += task_dist(w->x.k, a, w->x.k->starts[a]);
    }
    return sum;
}
// New paths for all that were picked, none of which is in the table; they are in it afterwards, or none if false.
static bool plan_anew(Worker *w, uint32_t *ret_gain) {
    uint32_t least, old = sum_old(w, &least), left = old, done = 0;
    for (; done < w->pick.n; done++) {
        uint32_t a = w->pick.agent[done], *path = new_path(w, done);
        least -= task_dist(w->x.k, a, w->x.k->starts[a]);
        if (left < least || !lns_search(&w->x, &w->rng, a, left - least, path)) break;
        left -= lns_cost(&w->x, a, path);
        lns_put(&w->x, a, path);
    }
    if (done == w->pick.n) {
        *ret_gain = left;
        return true;
    }
    while (done--) lns_take(&w->x, w->pick.agent[done], new_path(w, done));
    return false;
}
static bool still_good(Worker *w, uint64_t since) { // after others' changes, which are in the table
    Lns *l = w->l;
    for (uint64_t e = since; e < l->log_n; e++)
        for (uint32_t i = 0; i < w->pick.n; i++)
            if (l->log[e % LOG_MAX] == w->pick.agent[i]) return false;
    out(w);
    uint32_t done = 0;
    for (; done < w->pick.n && lns_free_for(&w->x, new_path(w, done)); done++)
        lns_put(&w->x, w->pick.agent[done], new_path(w, done));
    if (done == w->pick.n) return true;
    while (done--) lns_take(&w->x, w->pick.agent[done], new_path(w, done));
    back(w);
    return false;
}
static void record(Worker *w) { // lock held: the new paths are the plan
    Lns *l = w->l;
    for (uint32_t i = 0; i < w->pick.n; i++) {
        uint32_t a = w->pick.agent[i], cost = lns_cost(&w->x, a, new_path(w, i));
        size_t bytes = w->x.row * sizeof(uint32_t);
        memcpy(lns_path(&w->x, a), new_path(w, i), bytes), memcpy(l->path + a * w->x.row, new_path(w, i), bytes);
        w->x.loss += cost, w->x.loss -= w->x.cost[a];
        l->cost[a] = w->x.cost[a] = cost;
        l->log[l->log_n++ % LOG_MAX] = (uint16_t)a;
    }
    w->log_at = l->log_n;
    l->loss = w->x.loss;
}
static void commit(Worker *w) { // new paths are in the table, the old ones still in path[]
    Lns *l = w->l;
    pthread_mutex_lock(&l->lock);
    bool good = true;
    if (l->log_n != w->log_at) {
        uint64_t since = w->log_at;
        for (uint32_t i = 0; i < w->pick.n; i++) lns_take(&w->x, w->pick.agent[i], new_path(w, i));
        back(w);
        if (l->log_n - since > LOG_MAX / 2)
            catch_up_all(w), good = false;
        else
            (void)catch_up(w), good = still_good(w, since);
    }
    if (good) record(w), w->accepted++;
    pthread_mutex_unlock(&l->lock);
}
static const uint32_t sizes[4] = {2, 4, 6, 8};
static uint32_t choose(Worker *w) {
    double sum = 0;
    for (uint32_t i = 0; i < ARMS; i++) sum += w->weight[i];
    double at = (double)(rng_next(&w->rng) >> 11) * 0x1p-53 * sum;
    for (uint32_t i = 0; i < ARMS; i++)
        if ((at -= w->weight[i]) < 0) return i;
    return 0;
}
static void improve(Worker *w) {
    uint32_t arm = choose(w), gain = 0, size = sizes[arm % 4];
    lns_pick(&w->pick, &w->x, &w->rng, arm / 4, size);
    rng_shuffle(&w->rng, w->pick.agent, w->pick.n);
    out(w);
    if (plan_anew(w, &gain))
        commit(w);
    else
        back(w);
    w->iterations++;
    w->weight[arm] += ((double)gain / size - w->weight[arm]) * 0.01;
    w->weight[arm] = MAX(w->weight[arm], 4e-3);
}
static void *work(void *ctx) {
    Worker *w = ctx;
    const RouteSolveOptions *o = w->l->o;
    bool main_one = w == w->l->worker;
    while (!route_past(&o->deadline) && (o->deadline.now_us || w->iterations < o->iterations)) {
        sync(w);
        improve(w);
        if (main_one && o->progress && w->iterations % 256 == 0)
            o->progress(o->progress_ctx, w->x.loss, w->iterations * w->l->workers);
    }
    return NULL;
}

// ---- life
static bool worker_init(Worker *w, Lns *l, uint32_t horizon) {
    w->l = l;
    for (uint32_t i = 0; i < ARMS; i++) w->weight[i] = 1;
    if (!lns_table_init(&w->x, l->k, horizon, w == l->worker ? NULL : &l->worker[0].x) ||
        !lns_pick_init(&w->pick, l->k))
        return false;
    w->new_path = malloc(LNS_SIZE_MAX * w->x.row * sizeof *w->new_path);
    return w->new_path != NULL;
}
Lns *lns_new(const RouteTask *k, const uint32_t *steps, uint32_t makespan, uint32_t horizon) {
    size_t row = (size_t)horizon + 1;
    Lns *l = calloc(1, sizeof *l);
    if (!l) return NULL;
    l->k = k, l->path = malloc(row * k->n * sizeof *l->path), l->cost = calloc(k->n, sizeof *l->cost);
    pthread_mutex_init(&l->lock, NULL);
    if (!l->path || !l->cost || !worker_init(&l->worker[0], l, horizon) || !worker_init(&l->worker[1], l, horizon)) {
        lns_free(l);
        return NULL;
    }
    for (uint32_t i = 0; i < k->n; i++) {
        for (uint32_t t = 0; t <= horizon; t++) l->path[i * row + t] = steps[(size_t)MIN(t, makespan) * k->n + i];
        l->cost[i] = lns_cost(&l->worker[0].x, i, l->path + i * row);
        l->loss += l->cost[i];
    }
    catch_up_all(&l->worker[0]), catch_up_all(&l->worker[1]);
    return l;
}
void lns_free(Lns *l) {
    if (!l) return;
    for (int i = 1; i >= 0; i--) // the second borrows from the first
        lns_table_deinit(&l->worker[i].x), lns_pick_deinit(&l->worker[i].pick), free(l->worker[i].new_path);
    pthread_mutex_destroy(&l->lock);
    free(l->path), free(l->cost), free(l);
}
void lns_run(Lns *l, const RouteSolveOptions *o) {
    pthread_t other;
    l->o = o, l->workers = o->threads == 2 ? 2 : 1;
    l->worker[0].rng.s = o->seed, l->worker[1].rng.s = ~o->seed;
    if (l->workers == 2 && pthread_create(&other, NULL, work, &l->worker[1]) != 0) l->workers = 1;
    (void)work(&l->worker[0]);
    if (l->workers == 2) pthread_join(other, NULL);
}
uint64_t lns_loss(const Lns *l) {
    return l->loss;
}
void lns_counts(const Lns *l, uint64_t *ret_iterations, uint64_t *ret_accepted) {
    *ret_iterations = l->worker[0].iterations + l->worker[1].iterations;
    *ret_accepted = l->worker[0].accepted + l->worker[1].accepted;
}
bool lns_steps(const Lns *l, RouteSteps *ret) {
    const RouteTask *k = l->k;
    size_t row = l->worker[0].x.row;
    uint32_t makespan = 0;
    for (uint32_t i = 0; i < k->n; i++)
        for (uint32_t t = l->worker[0].x.horizon; t > makespan; t--)
            if (l->path[i * row + t - 1] != k->goals[i]) {
                makespan = t;
                break;
            }
    uint32_t *steps = malloc(((size_t)makespan + 1) * k->n * sizeof *steps);
    if (!steps) return false;
    for (uint32_t t = 0; t <= makespan; t++)
        for (uint32_t i = 0; i < k->n; i++) steps[(size_t)t * k->n + i] = l->path[i * row + t];
    *ret = (RouteSteps){steps, makespan, 0};
    return true;
}
