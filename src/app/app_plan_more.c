#include "app_plan.h"
int plan_compare(const PlanOptions *o) {
    (void)o;
    return 3;
}
int plan_forecast(const PlanOptions *o) {
    (void)o;
    return 3;
}
