// The planner's part: nothing yet but its seam.
#include "fleet_internal.h"

void plan_cycle(Fleet *f, int64_t now_ms) {
    (void)f, (void)now_ms;
}
void plan_free(Fleet *f) {
    route_planner_free(f->planner);
}
