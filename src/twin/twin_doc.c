// Field tables of the twin's data.
#include "twin_doc.h"
#include "base/field_def.h"

NAMES(TwinDistKind, TWIN_DIST_TABLE)
NAMES(TwinStationKind, TWIN_STATION_TABLE)

static const Field text_f[] = {F(Text, vi, FIELD_STR), F(Text, zh, FIELD_STR), F(Text, en, FIELD_STR)};
static const FieldTable text_t = TABLE(Text, "text", text_f);
static const Field time_f[] = {
    FE(TwinTime, is, TwinDistKind_names), F(TwinTime, mean_s, FIELD_U32), F(TwinTime, k, FIELD_U32),
    F(TwinTime, cv_permille, FIELD_U32),  F(TwinTime, min_s, FIELD_U32),  F(TwinTime, mode_s, FIELD_U32),
    F(TwinTime, max_s, FIELD_U32)};
static const FieldTable time_t_ = TABLE(TwinTime, "time", time_f);
static const Field piece_f[] = {F(TwinPiece, from, FIELD_U32), F(TwinPiece, to, FIELD_U32),
                                F(TwinPiece, permille, FIELD_U32)};
static const FieldTable piece_t = TABLE(TwinPiece, "piece", piece_f);
static const Field profile_f[] = {F(TwinProfile, id, FIELD_STR), FL(TwinProfile, hours, piece_t),
                                  FL(TwinProfile, weekdays, piece_t), FL(TwinProfile, months, piece_t),
                                  F(TwinProfile, source, FIELD_STR)};
static const FieldTable profile_t = TABLE(TwinProfile, "profile", profile_f);
static const Field phase_f[] = {F(TwinPhase, phase, FIELD_STR), F(TwinPhase, n, FIELD_U32),
                                F(TwinPhase, profile, FIELD_STR)};
static const FieldTable phase_t = TABLE(TwinPhase, "number in a phase", phase_f);
static const Field mode_f[] = {FE(TwinModeShare, mode, Mode_names), F(TwinModeShare, permille, FIELD_U32)};
static const FieldTable mode_t_ = TABLE(TwinModeShare, "share of a mode", mode_f);
static const Field flow_f[] = {F(TwinFlow, id, FIELD_STR),
                               F(TwinFlow, road, FIELD_STR),
                               FE(TwinFlow, direction, Direction_names),
                               F(TwinFlow, unmanned, FIELD_BOOL),
                               FL(TwinFlow, per_day, phase_t),
                               F(TwinFlow, profile, FIELD_STR),
                               F(TwinFlow, foreign_permille, FIELD_U32),
                               F(TwinFlow, empty_permille, FIELD_U32),
                               F(TwinFlow, to_yard_permille, FIELD_U32),
                               FL(TwinFlow, modes, mode_t_),
                               FO(TwinFlow, lead, time_t_),
                               FO(TwinFlow, run_up, time_t_),
                               F(TwinFlow, no_show_permille, FIELD_U32),
                               F(TwinFlow, late_permille, FIELD_U32),
                               F(TwinFlow, paper_error_permille, FIELD_U32),
                               F(TwinFlow, weight_error_permille, FIELD_U32),
                               F(TwinFlow, breakdown_permille, FIELD_U32),
                               F(TwinFlow, green_permille, FIELD_U32),
                               F(TwinFlow, yellow_permille, FIELD_U32),
                               F(TwinFlow, source, FIELD_STR)};
static const FieldTable flow_t = TABLE(TwinFlow, "flow", flow_f);
static const Field cargo_f[] = {F(TwinCargo, id, FIELD_STR),
                                F(TwinCargo, hs, FIELD_STR),
                                F(TwinCargo, description, FIELD_STR),
                                FE(TwinCargo, direction, Direction_names),
                                F(TwinCargo, permille, FIELD_U32),
                                FL(TwinCargo, months, piece_t),
                                F(TwinCargo, net_kg_min, FIELD_U32),
                                F(TwinCargo, net_kg_max, FIELD_U32),
                                F(TwinCargo, vnd_kg, FIELD_U32),
                                F(TwinCargo, container_permille, FIELD_U32),
                                F(TwinCargo, container_type, FIELD_STR),
                                F(TwinCargo, unmanned, FIELD_BOOL),
                                F(TwinCargo, growing_area, FIELD_BOOL),
                                FS(TwinCargo, certificates, Cert_names)};
static const FieldTable cargo_t = TABLE(TwinCargo, "cargo", cargo_f);
static const Field shift_f[] = {F(TwinShift, from, FIELD_U32), F(TwinShift, to, FIELD_U32),
                                F(TwinShift, permille, FIELD_U32)};
static const FieldTable shift_t = TABLE(TwinShift, "shift", shift_f);
static const Field station_f[] = {F(TwinStation, id, FIELD_STR),
                                  F(TwinStation, road, FIELD_STR),
                                  FO(TwinStation, name, text_t),
                                  FE(TwinStation, kind, TwinStationKind_names),
                                  FL(TwinStation, servers, phase_t),
                                  FL(TwinStation, shifts, shift_t),
                                  F(TwinStation, absent_permille, FIELD_U32),
                                  F(TwinStation, mtbf_h, FIELD_U32),
                                  F(TwinStation, mttr_min, FIELD_U32),
                                  F(TwinStation, servers_min, FIELD_U32),
                                  F(TwinStation, servers_max, FIELD_U32),
                                  F(TwinStation, cost_day, FIELD_U32),
                                  F(TwinStation, source, FIELD_STR)};
static const FieldTable station_t = TABLE(TwinStation, "station", station_f);
static const Field step_f[] = {F(TwinStep, station, FIELD_STR), FO(TwinStep, time, time_t_),
                               F(TwinStep, keep, FIELD_BOOL), F(TwinStep, give, FIELD_BOOL)};
static const FieldTable step_t = TABLE(TwinStep, "step", step_f);
static const Field work_f[] = {F(TwinWork, task, FIELD_STR),
                               FE(TwinWork, move, Move_names),
                               FS(TwinWork, kinds, Kind_names),
                               FS(TwinWork, modes, Mode_names),
                               F(TwinWork, phases, FIELD_STRS),
                               F(TwinWork, foreign, FIELD_BOOL),
                               F(TwinWork, home, FIELD_BOOL),
                               FL(TwinWork, steps, step_t),
                               F(TwinWork, hold_permille, FIELD_U32),
                               F(TwinWork, rework_permille, FIELD_U32),
                               F(TwinWork, refuse_permille, FIELD_U32),
                               F(TwinWork, distance_m, FIELD_U32),
                               F(TwinWork, source, FIELD_STR)};
static const FieldTable work_t = TABLE(TwinWork, "work", work_f);
static const Field closure_f[] = {F(TwinClosure, id, FIELD_STR),       F(TwinClosure, road, FIELD_STR),
                                  FE(TwinClosure, cause, Cause_names), F(TwinClosure, every_h, FIELD_U32),
                                  FO(TwinClosure, time, time_t_),      FL(TwinClosure, months, piece_t),
                                  F(TwinClosure, from, FIELD_U32),     F(TwinClosure, to, FIELD_U32),
                                  F(TwinClosure, phases, FIELD_STRS),  F(TwinClosure, source, FIELD_STR)};
static const FieldTable closure_t = TABLE(TwinClosure, "closure", closure_f);
static const Field tide_f[] = {F(TwinTide, lane, FIELD_STR), F(TwinTide, from, FIELD_U32), F(TwinTide, to, FIELD_U32),
                               FE(TwinTide, way, LaneWay_names)};
static const FieldTable tide_t = TABLE(TwinTide, "tide", tide_f);
static const Field emission_f[] = {F(TwinEmission, id, FIELD_STR),
                                   FN(TwinEmission, from_ms, "from", FIELD_TIME),
                                   F(TwinEmission, idle_co2_g_h, FIELD_U32),
                                   F(TwinEmission, idle_nox_g_h, FIELD_U32),
                                   F(TwinEmission, idle_fuel_ml_h, FIELD_U32),
                                   F(TwinEmission, idling_permille, FIELD_U32),
                                   F(TwinEmission, co2_g_km, FIELD_U32),
                                   F(TwinEmission, nox_mg_km, FIELD_U32),
                                   F(TwinEmission, pm_mg_km, FIELD_U32),
                                   F(TwinEmission, igv_wh_km, FIELD_U32),
                                   F(TwinEmission, grid_g_kwh, FIELD_U32),
                                   F(TwinEmission, igv_trip_m, FIELD_U32),
                                   F(TwinEmission, source, FIELD_STR)};
static const FieldTable emission_t = TABLE(TwinEmission, "emission", emission_f);
static const Field cost_f[] = {F(TwinCost, lane_day, FIELD_U32), F(TwinCost, yard_place_day, FIELD_U32),
                               F(TwinCost, source, FIELD_STR)};
static const FieldTable cost_t = TABLE(TwinCost, "costs", cost_f);
static const Field params_f[] = {
    F(TwinParams, utc_offset_min, FIELD_U32), FO(TwinParams, retry, time_t_),  FO(TwinParams, resolve, time_t_),
    FO(TwinParams, amend, time_t_),           FO(TwinParams, pay, time_t_),    FO(TwinParams, repair, time_t_),
    F(TwinParams, give_up_h, FIELD_U32),      F(TwinParams, source, FIELD_STR)};
static const FieldTable params_t = TABLE(TwinParams, "params", params_f);
static const Field doc_f[] = {FO(TwinDoc, params, params_t), FO(TwinDoc, costs, cost_t),
                              FL(TwinDoc, flows, flow_t),    FL(TwinDoc, profiles, profile_t),
                              FL(TwinDoc, cargo, cargo_t),   FL(TwinDoc, stations, station_t),
                              FL(TwinDoc, works, work_t),    FL(TwinDoc, closures, closure_t),
                              FL(TwinDoc, tides, tide_t),    FL(TwinDoc, emissions, emission_t)};
const FieldTable twin_doc_fields = TABLE(TwinDoc, "twin", doc_f);
const TwinPhase *twin_phase(List numbers, Str phase) {
    const TwinPhase *p = numbers.items, *found = NULL;
    for (uint32_t i = 0; i < numbers.n; i++)
        if (str_eq(p[i].phase, phase) || (!p[i].phase.n && !found)) found = &p[i];
    return found;
}
uint32_t twin_phase_number(List numbers, Str phase, uint32_t otherwise) {
    const TwinPhase *p = twin_phase(numbers, phase);
    return p ? p->n : otherwise;
}
