// Field tables of everything that crosses the kernel's border as JSON.
#include "gate.h"
#include "base/field_def.h"

// ---- site
static const Field text_f[] = {F(Text, vi, FIELD_STR), F(Text, zh, FIELD_STR), F(Text, en, FIELD_STR)};
static const FieldTable text_t = TABLE(Text, "text", text_f);
static const Field road_f[] = {F(SiteRoad, id, FIELD_STR), FO(SiteRoad, name, text_t), F(SiteRoad, markers, FIELD_STR),
                               F(SiteRoad, peer, FIELD_STR), F(SiteRoad, inside_max, FIELD_U32)};
static const FieldTable road_t = TABLE(SiteRoad, "road", road_f);
static const Field lane_f[] = {F(SiteLane, id, FIELD_STR), F(SiteLane, road, FIELD_STR),
                               FE(SiteLane, kind, LaneKind_names), FE(SiteLane, way, LaneWay_names),
                               F(SiteLane, phases, FIELD_STRS)};
static const FieldTable lane_t = TABLE(SiteLane, "lane", lane_f);
static const Field yard_f[] = {F(SiteYard, id, FIELD_STR), F(SiteYard, road, FIELD_STR),
                               FE(SiteYard, kind, YardKind_names), F(SiteYard, places, FIELD_U32),
                               F(SiteYard, phases, FIELD_STRS)};
static const FieldTable yard_t = TABLE(SiteYard, "yard", yard_f);
static const Field task_f[] = {F(SiteTask, id, FIELD_STR),         FE(SiteTask, agency, Role_names),
                               FE(SiteTask, kind, TaskKind_names), FS(SiteTask, held_by, Role_names),
                               F(SiteTask, step, FIELD_STR),       FO(SiteTask, name, text_t)};
static const FieldTable task_t = TABLE(SiteTask, "task", task_f);
static const Field goods_f[] = {F(SiteGoods, id, FIELD_STR), F(SiteGoods, hs, FIELD_STRS),
                                FS(SiteGoods, attrs, Attr_names), FO(SiteGoods, name, text_t)};
static const FieldTable goods_t = TABLE(SiteGoods, "goods kind", goods_f);
static const Field when_f[] = {FS(Condition, attrs_any, Attr_names), FS(Condition, attrs_none, Attr_names),
                               FS(Condition, modes, Mode_names),     FS(Condition, channels, Channel_names),
                               FS(Condition, regimes, Regime_names), F(Condition, sample_permille, FIELD_U32)};
static const FieldTable when_t = TABLE(Condition, "when", when_f);
static const Field ptask_f[] = {F(ProcedureTask, task, FIELD_STR),      F(ProcedureTask, basis, FIELD_STR),
                                F(ProcedureTask, after, FIELD_STRS),    FS(ProcedureTask, at, Place_names),
                                F(ProcedureTask, limit_min, FIELD_U32), FO(ProcedureTask, when, when_t)};
static const FieldTable ptask_t = TABLE(ProcedureTask, "procedure task", ptask_f);
static const Field ppoint_f[] = {FE(ProcedurePoint, point, Point_names), F(ProcedurePoint, needs, FIELD_STRS),
                                 F(ProcedurePoint, basis, FIELD_STR)};
static const FieldTable ppoint_t = TABLE(ProcedurePoint, "gate point", ppoint_f);
static const Field proc_f[] = {F(Procedure, id, FIELD_STR),
                               F(Procedure, basis, FIELD_STR),
                               FS(Procedure, kinds, Kind_names),
                               FN(Procedure, valid_from_ms, "valid_from", FIELD_TIME),
                               FN(Procedure, valid_to_ms, "valid_to", FIELD_TIME),
                               FL(Procedure, tasks, ptask_t),
                               FL(Procedure, points, ppoint_t)};
static const FieldTable proc_t = TABLE(Procedure, "procedure", proc_f);
static const Field req_f[] = {F(Requirement, id, FIELD_STR),
                              F(Requirement, basis, FIELD_STR),
                              FE(Requirement, direction, Direction_names),
                              F(Requirement, hs, FIELD_STRS),
                              FS(Requirement, attrs_any, Attr_names),
                              FS(Requirement, attrs_all, Attr_names),
                              FS(Requirement, certificates, Cert_names),
                              F(Requirement, growing_area, FIELD_BOOL),
                              F(Requirement, packing_house, FIELD_BOOL),
                              F(Requirement, one_commodity, FIELD_BOOL),
                              F(Requirement, seal, FIELD_BOOL),
                              FN(Requirement, valid_from_ms, "valid_from", FIELD_TIME),
                              FN(Requirement, valid_to_ms, "valid_to", FIELD_TIME),
                              FO(Requirement, cure, text_t)};
static const FieldTable req_t = TABLE(Requirement, "requirement", req_f);
static const Field embargo_f[] = {F(Embargo, id, FIELD_STR),
                                  F(Embargo, basis, FIELD_STR),
                                  F(Embargo, reason, FIELD_STR),
                                  F(Embargo, hs, FIELD_STR),
                                  FE(Embargo, direction, Direction_names),
                                  FN(Embargo, from_ms, "from", FIELD_TIME),
                                  FN(Embargo, to_ms, "to", FIELD_TIME)};
static const FieldTable embargo_t = TABLE(Embargo, "embargo", embargo_f);
static const Field quota_f[] = {F(Quota, id, FIELD_STR),
                                F(Quota, road, FIELD_STR),
                                F(Quota, reason, FIELD_STR),
                                FS(Quota, attrs_any, Attr_names),
                                F(Quota, releases, FIELD_U32),
                                F(Quota, window_min, FIELD_U32),
                                FN(Quota, from_ms, "from", FIELD_TIME),
                                FN(Quota, to_ms, "to", FIELD_TIME)};
static const FieldTable quota_t = TABLE(Quota, "quota", quota_f);
static const Field band_f[] = {F(TariffBand, id, FIELD_STR), F(TariffBand, up_to_kg, FIELD_U32),
                               F(TariffBand, container_ft, FIELD_U32)};
static const FieldTable band_t = TABLE(TariffBand, "band", band_f);
static const Field cell_f[] = {FE(TariffCell, direction, Direction_names),
                               FE(TariffCell, regime, Regime_names),
                               F(TariffCell, goods, FIELD_STR),
                               F(TariffCell, band, FIELD_STR),
                               F(TariffCell, vnd, FIELD_I64),
                               F(TariffCell, basis, FIELD_STR)};
static const FieldTable cell_t = TABLE(TariffCell, "cell", cell_f);
static const Field factor_f[] = {F(TariffFactor, id, FIELD_STR),
                                 F(TariffFactor, basis, FIELD_STR),
                                 FE(TariffFactor, direction, Direction_names),
                                 FE(TariffFactor, destination, Destination_names),
                                 FS(TariffFactor, regimes, Regime_names),
                                 F(TariffFactor, percent, FIELD_U32)};
static const FieldTable factor_t = TABLE(TariffFactor, "factor", factor_f);
static const Field tariff_f[] = {F(Tariff, id, FIELD_STR),
                                 F(Tariff, basis, FIELD_STR),
                                 FN(Tariff, valid_from_ms, "valid_from", FIELD_TIME),
                                 FN(Tariff, valid_to_ms, "valid_to", FIELD_TIME),
                                 FL(Tariff, bands, band_t),
                                 FL(Tariff, cells, cell_t),
                                 FL(Tariff, factors, factor_t)};
static const FieldTable tariff_t = TABLE(Tariff, "tariff", tariff_f);
static const Field bonus_f[] = {FE(QueueBonus, attr, Attr_names), F(QueueBonus, minutes, FIELD_U32),
                                F(QueueBonus, basis, FIELD_STR)};
static const FieldTable bonus_t = TABLE(QueueBonus, "bonus", bonus_f);
static const Field params_f[] = {F(SiteParams, validity_h, FIELD_U32),
                                 F(SiteParams, validity_warn_min, FIELD_U32),
                                 F(SiteParams, stay_h, FIELD_U32),
                                 F(SiteParams, stay_two_way_h, FIELD_U32),
                                 F(SiteParams, stay_warn_min, FIELD_U32),
                                 F(SiteParams, call_window_min, FIELD_U32),
                                 F(SiteParams, weight_tolerance_permille, FIELD_U32),
                                 F(SiteParams, weight_tolerance_kg, FIELD_U32),
                                 F(SiteParams, slot_early_min, FIELD_U32),
                                 F(SiteParams, no_slot_min, FIELD_U32),
                                 F(SiteParams, validity_basis, FIELD_STR),
                                 F(SiteParams, stay_basis, FIELD_STR),
                                 F(SiteParams, queue_basis, FIELD_STR),
                                 F(SiteParams, weight_basis, FIELD_STR),
                                 FL(SiteParams, bonuses, bonus_t)};
static const FieldTable params_t = TABLE(SiteParams, "params", params_f);
static const Field site_f[] = {
    F(SiteDoc, id, FIELD_STR),         F(SiteDoc, prefix, FIELD_STR),       F(SiteDoc, phase, FIELD_STR),
    F(SiteDoc, country, FIELD_STR),    F(SiteDoc, peer_country, FIELD_STR), FO(SiteDoc, name, text_t),
    F(SiteDoc, phases, FIELD_STRS),    FO(SiteDoc, params, params_t),       FL(SiteDoc, roads, road_t),
    FL(SiteDoc, lanes, lane_t),        FL(SiteDoc, yards, yard_t),          FL(SiteDoc, goods, goods_t),
    FL(SiteDoc, tasks, task_t),        FL(SiteDoc, procedures, proc_t),     FL(SiteDoc, requirements, req_t),
    FL(SiteDoc, embargoes, embargo_t), FL(SiteDoc, quotas, quota_t),        FL(SiteDoc, tariffs, tariff_t)};
const FieldTable site_doc_fields = TABLE(SiteDoc, "site", site_f);

// ---- declaration
static const Field cert_f[] = {FE(Certificate, kind, Cert_names), F(Certificate, number, FIELD_STR),
                               F(Certificate, valid_until, FIELD_TIME)};
static const FieldTable cert_t = TABLE(Certificate, "certificate", cert_f);
static const Field line_f[] = {F(GoodsLine, hs, FIELD_STR),           F(GoodsLine, description, FIELD_STR),
                               F(GoodsLine, origin, FIELD_STR),       F(GoodsLine, currency, FIELD_STR),
                               F(GoodsLine, net_kg, FIELD_I64),       F(GoodsLine, gross_kg, FIELD_I64),
                               F(GoodsLine, value, FIELD_I64),        F(GoodsLine, packages, FIELD_I64),
                               F(GoodsLine, growing_area, FIELD_STR), F(GoodsLine, packing_house, FIELD_STR)};
static const FieldTable line_t = TABLE(GoodsLine, "goods line", line_f);
static const Field declare_f[] = {F(Declaration, lrn, FIELD_STR),
                                  F(Declaration, trader, FIELD_STR),
                                  FE(Declaration, direction, Direction_names),
                                  FE(Declaration, mode, Mode_names),
                                  F(Declaration, road, FIELD_STR),
                                  FE(Declaration, regime, Regime_names),
                                  FE(Declaration, destination, Destination_names),
                                  F(Declaration, empty, FIELD_BOOL),
                                  F(Declaration, plate, FIELD_STR),
                                  F(Declaration, trailer, FIELD_STR),
                                  F(Declaration, vehicle_country, FIELD_STR),
                                  F(Declaration, tare_kg, FIELD_I64),
                                  F(Declaration, two_way_of, FIELD_REF),
                                  F(Declaration, driver_id, FIELD_STR),
                                  F(Declaration, driver_name, FIELD_STR),
                                  F(Declaration, driver_country, FIELD_STR),
                                  F(Declaration, container, FIELD_STR),
                                  F(Declaration, container_type, FIELD_STR),
                                  F(Declaration, seals, FIELD_STRS),
                                  F(Declaration, customs_no, FIELD_STR),
                                  FE(Declaration, channel, Channel_names),
                                  F(Declaration, slot, FIELD_TIME),
                                  FL(Declaration, certificates, cert_t),
                                  FL(Declaration, goods, line_t)};
const FieldTable declaration_fields = TABLE(Declaration, "declaration", declare_f);

// ---- inputs
static const FieldTable tick_t = {"tick", sizeof(InTick), 0, NULL};
static const Field site_in_f[] = {F(InSite, bundle, FIELD_RAW)};
static const FieldTable site_in_t = TABLE(InSite, "site", site_in_f);
static const Field reason_f[] = {F(InReason, reason, FIELD_STR)};
static const FieldTable reason_t = TABLE(InReason, "reason", reason_f);
static const Field slot_f[] = {F(InSlot, slot, FIELD_TIME), F(InSlot, reason, FIELD_STR)};
static const FieldTable slot_t = TABLE(InSlot, "slot", slot_f);
static const Field move_f[] = {
    FE(InMove, move, Move_names),   FD(InMove, lane, DYN_LANE),   FD(InMove, yard, DYN_YARD),
    F(InMove, plate, FIELD_STR),    F(InMove, seal, FIELD_STR),   F(InMove, vehicle, FIELD_STR),
    F(InMove, position, FIELD_STR), F(InMove, reason, FIELD_STR), F(InMove, evidence, FIELD_STRS)};
static const FieldTable move_t = TABLE(InMove, "move", move_f);
static const Field take_f[] = {FD(InTake, task, DYN_TASK)};
static const FieldTable take_t = TABLE(InTake, "take", take_f);
static const Field decide_f[] = {
    FD(InDecide, task, DYN_TASK),      FE(InDecide, outcome, Outcome_names), FE(InDecide, channel, Channel_names),
    F(InDecide, weight_kg, FIELD_I64), F(InDecide, reason, FIELD_STR),       F(InDecide, basis, FIELD_STR),
    F(InDecide, plate, FIELD_STR),     F(InDecide, driver_id, FIELD_STR),    F(InDecide, evidence, FIELD_STRS)};
static const FieldTable decide_t = TABLE(InDecide, "decision", decide_f);
static const Field pay_f[] = {F(InPay, vnd, FIELD_I64), F(InPay, receipt, FIELD_STR), F(InPay, method, FIELD_STR)};
static const FieldTable pay_t = TABLE(InPay, "payment", pay_f);
static const Field incident_f[] = {FE(InIncident, incident, Incident_names), F(InIncident, clear, FIELD_BOOL),
                                   F(InIncident, reason, FIELD_STR), F(InIncident, evidence, FIELD_STRS)};
static const FieldTable incident_t = TABLE(InIncident, "incident", incident_f);
static const Field mission_f[] = {FE(InMission, step, Mission_names), F(InMission, vehicle, FIELD_STR),
                                  F(InMission, place, FIELD_STR), F(InMission, reason, FIELD_STR)};
static const FieldTable mission_t = TABLE(InMission, "mission", mission_f);
static const Field lane_in_f[] = {FD(InLane, lane, DYN_LANE),     FE(InLane, way, LaneWay_names),
                                  FE(InLane, cause, Cause_names), F(InLane, open, FIELD_BOOL),
                                  F(InLane, until, FIELD_TIME),   F(InLane, reason, FIELD_STR)};
static const FieldTable lane_in_t = TABLE(InLane, "lane", lane_in_f);
static const Field road_in_f[] = {FD(InRoad, road, DYN_ROAD), FE(InRoad, cause, Cause_names),
                                  F(InRoad, open, FIELD_BOOL), F(InRoad, until, FIELD_TIME),
                                  F(InRoad, reason, FIELD_STR)};
static const FieldTable road_in_t = TABLE(InRoad, "road", road_in_f);
static const Field yard_in_f[] = {FD(InYard, yard, DYN_YARD), F(InYard, places, FIELD_U32),
                                  F(InYard, reason, FIELD_STR)};
static const FieldTable yard_in_t = TABLE(InYard, "yard", yard_in_f);
static const Field embargo_in_f[] = {{"embargo", FIELD_OBJ, 0, offsetof(InEmbargo, embargo), &embargo_t},
                                     F(InEmbargo, lift, FIELD_BOOL)};
static const FieldTable embargo_in_t = TABLE(InEmbargo, "embargo", embargo_in_f);
static const Field shift_f[] = {F(InQueueShift, earlier, FIELD_BOOL), F(InQueueShift, minutes, FIELD_U32),
                                F(InQueueShift, reason, FIELD_STR)};
static const FieldTable shift_t = TABLE(InQueueShift, "queue shift", shift_f);
static const Field ack_f[] = {FE(InAlarmAck, alarm, Alarm_names), F(InAlarmAck, note, FIELD_STR)};
static const FieldTable ack_t = TABLE(InAlarmAck, "alarm", ack_f);
static const Field done_f[] = {F(InEffectDone, effect, FIELD_I64), F(InEffectDone, failed, FIELD_BOOL),
                               F(InEffectDone, note, FIELD_STR)};
static const FieldTable done_t = TABLE(InEffectDone, "effect", done_f);
// The input of a link's step is named only; its event says it all.
static const Field link_in_f[] = {F(InLink, act, FIELD_STR), F(InLink, message, FIELD_STR),
                                  F(InLink, reason, FIELD_STR), F(InLink, handover, FIELD_STR),
                                  F(InLink, refused, FIELD_BOOL)};
static const FieldTable link_in_t = TABLE(InLink, "link", link_in_f);

const FieldTable *gate_input_fields(InputKind kind) {
    static const FieldTable *const tables[INPUT_COUNT] = {[IN_NONE] = &tick_t,
                                                          [IN_SITE] = &site_in_t,
                                                          [IN_TICK] = &tick_t,
                                                          [IN_DECLARE] = &declaration_fields,
                                                          [IN_AMEND] = &declaration_fields,
                                                          [IN_RENEW] = &reason_t,
                                                          [IN_SLOT] = &slot_t,
                                                          [IN_MOVE] = &move_t,
                                                          [IN_TAKE] = &take_t,
                                                          [IN_DECIDE] = &decide_t,
                                                          [IN_PAY] = &pay_t,
                                                          [IN_INCIDENT] = &incident_t,
                                                          [IN_MISSION] = &mission_t,
                                                          [IN_LANE] = &lane_in_t,
                                                          [IN_ROAD] = &road_in_t,
                                                          [IN_YARD] = &yard_in_t,
                                                          [IN_QUOTA] = &quota_t,
                                                          [IN_EMBARGO] = &embargo_in_t,
                                                          [IN_QUEUE_SHIFT] = &shift_t,
                                                          [IN_ALARM_ACK] = &ack_t,
                                                          [IN_EFFECT_DONE] = &done_t,
                                                          [IN_LINK] = &link_in_t};
    CK_ASSERT(kind < INPUT_COUNT);
    return tables[kind];
}

// ---- events
static const Field clock_f[] = {F(EvClock, behind_ms, FIELD_I64)};
static const FieldTable clock_t_ = TABLE(EvClock, "clock", clock_f);
static const Field declared_f[] = {{"declaration", FIELD_DOC, 0, offsetof(EvDeclared, doc), &declaration_fields},
                                   {"passage_kind", FIELD_ENUM, 0, offsetof(EvDeclared, kind), &Kind_names},
                                   FD(EvDeclared, road, DYN_ROAD),
                                   FS(EvDeclared, attrs, Attr_names),
                                   FDS(EvDeclared, goods, DYN_GOODS),
                                   FDS(EvDeclared, needed, DYN_TASK),
                                   FDS(EvDeclared, granted, DYN_TASK),
                                   F(EvDeclared, gross_kg, FIELD_I64),
                                   F(EvDeclared, valid_until, FIELD_TIME),
                                   F(EvDeclared, procedure, FIELD_STR),
                                   F(EvDeclared, basis, FIELD_STR)};
static const FieldTable declared_t = TABLE(EvDeclared, "declared", declared_f);
static const Field replanned_f[] = {FDS(EvReplanned, added, DYN_TASK), FDS(EvReplanned, removed, DYN_TASK),
                                    F(EvReplanned, procedure, FIELD_STR), F(EvReplanned, basis, FIELD_STR)};
static const FieldTable replanned_t = TABLE(EvReplanned, "replanned", replanned_f);
static const Field renewed_f[] = {F(EvRenewed, valid_until, FIELD_TIME), F(EvRenewed, reason, FIELD_STR),
                                  F(EvRenewed, basis, FIELD_STR)};
static const FieldTable renewed_t = TABLE(EvRenewed, "renewed", renewed_f);
static const Field moved_f[] = {
    FE(EvMoved, move, Move_names),   FE(EvMoved, from, Place_names),  FE(EvMoved, to, Place_names),
    FE(EvMoved, point, Point_names), FD(EvMoved, lane, DYN_LANE),     FD(EvMoved, yard, DYN_YARD),
    F(EvMoved, since, FIELD_TIME),   F(EvMoved, plate, FIELD_STR),    F(EvMoved, seal, FIELD_STR),
    F(EvMoved, vehicle, FIELD_STR),  F(EvMoved, position, FIELD_STR), F(EvMoved, reason, FIELD_STR),
    F(EvMoved, basis, FIELD_STR),    F(EvMoved, evidence, FIELD_STRS)};
static const FieldTable moved_t = TABLE(EvMoved, "moved", moved_f);
static const Field queued_f[] = {F(EvQueued, key, FIELD_TIME),
                                 F(EvQueued, arrived, FIELD_TIME),
                                 F(EvQueued, slot, FIELD_TIME),
                                 FD(EvQueued, road, DYN_ROAD),
                                 {"class", FIELD_ENUM, 0, offsetof(EvQueued, klass), &Attr_names},
                                 F(EvQueued, bonus_min, FIELD_U32),
                                 F(EvQueued, no_slot_min, FIELD_U32),
                                 F(EvQueued, later, FIELD_BOOL),
                                 F(EvQueued, shift_min, FIELD_U32),
                                 F(EvQueued, reason, FIELD_STR),
                                 F(EvQueued, basis, FIELD_STR)};
static const FieldTable queued_t = TABLE(EvQueued, "queued", queued_f);
static const Field decided_f[] = {
    FD(EvDecided, task, DYN_TASK),      FE(EvDecided, outcome, Outcome_names), FE(EvDecided, channel, Channel_names),
    FE(EvDecided, code, Refuse_names),  F(EvDecided, weight_kg, FIELD_I64),    F(EvDecided, declared_kg, FIELD_I64),
    F(EvDecided, since, FIELD_TIME),    F(EvDecided, taken, FIELD_TIME),       FDS(EvDecided, added, DYN_TASK),
    F(EvDecided, reason, FIELD_STR),    F(EvDecided, basis, FIELD_STR),        F(EvDecided, plate, FIELD_STR),
    F(EvDecided, driver_id, FIELD_STR), F(EvDecided, evidence, FIELD_STRS)};
static const FieldTable decided_t = TABLE(EvDecided, "decided", decided_f);
static const Field fee_f[] = {F(EvFee, vnd, FIELD_I64), F(EvFee, cell, FIELD_STR), F(EvFee, factors, FIELD_STR),
                              F(EvFee, basis, FIELD_STR)};
static const FieldTable fee_t = TABLE(EvFee, "fee", fee_f);
static const Field paid_f[] = {F(EvPaid, vnd, FIELD_I64), F(EvPaid, receipt, FIELD_STR), F(EvPaid, method, FIELD_STR),
                               FD(EvPaid, task, DYN_TASK), F(EvPaid, since, FIELD_TIME)};
static const FieldTable paid_t = TABLE(EvPaid, "paid", paid_f);
static const Field alarm_f[] = {FE(EvAlarm, alarm, Alarm_names), FD(EvAlarm, task, DYN_TASK),
                                F(EvAlarm, due, FIELD_TIME)};
static const FieldTable alarm_t = TABLE(EvAlarm, "alarm", alarm_f);
static const Field finding_f[] = {FE(Finding, code, Refuse_names), F(Finding, field, FIELD_STR),
                                  F(Finding, rule, FIELD_STR), F(Finding, basis, FIELD_STR),
                                  F(Finding, args, FIELD_STRS)};
static const FieldTable finding_t = TABLE(Finding, "finding", finding_f);
static const Field refused_f[] = {FE(EvRefused, input, InputKind_names), FD(EvRefused, task, DYN_TASK),
                                  FE(EvRefused, move, Move_names), FL(EvRefused, findings, finding_t)};
static const FieldTable refused_t = TABLE(EvRefused, "refused", refused_f);
static const Field link_f[] = {
    F(InLink, act, FIELD_STR),        F(InLink, message, FIELD_STR),    F(InLink, reason, FIELD_STR),
    F(InLink, handover, FIELD_STR),   F(InLink, item_kind, FIELD_STR),  F(InLink, item, FIELD_STR),
    F(InLink, role, FIELD_STR),       F(InLink, state, FIELD_STR),      F(InLink, acked, FIELD_I64),
    F(InLink, out_seq, FIELD_I64),    F(InLink, heard, FIELD_STR),      F(InLink, signature, FIELD_STR),
    F(InLink, out, FIELD_STR),        F(InLink, record, FIELD_RAW),     F(InLink, gone, FIELD_STR),
    F(InLink, gone_item, FIELD_STR),  F(InLink, position, FIELD_RAW),   F(InLink, holding, FIELD_RAW),
    F(InLink, left, FIELD_BOOL),      F(InLink, alarm, FIELD_BOOL),     F(InLink, told, FIELD_RAW),
    F(InLink, seen, FIELD_RAW),       F(InLink, shift, FIELD_STR),      F(InLink, shift_record, FIELD_RAW),
    F(InLink, shift_page, FIELD_STR), F(InLink, difference, FIELD_RAW), F(InLink, listed, FIELD_BOOL)};
static const FieldTable link_t = TABLE(InLink, "link", link_f);

const FieldTable *gate_event_fields(EventKind kind) {
    static const FieldTable *const tables[EVENT_COUNT] = {
        [EV_NONE] = &clock_t_,        [EV_SITE_ADOPTED] = &site_in_t, [EV_RULES_CHANGED] = &clock_t_,
        [EV_DECLARED] = &declared_t,  [EV_AMENDED] = &declared_t,     [EV_REPLANNED] = &replanned_t,
        [EV_RENEWED] = &renewed_t,    [EV_MOVED] = &moved_t,          [EV_QUEUED] = &queued_t,
        [EV_TASK_TAKEN] = &take_t,    [EV_TASK_DECIDED] = &decided_t, [EV_FEE_ASSESSED] = &fee_t,
        [EV_FEE_PAID] = &paid_t,      [EV_INCIDENT] = &incident_t,    [EV_MISSION] = &mission_t,
        [EV_ALARM] = &alarm_t,        [EV_ALARM_ACKED] = &ack_t,      [EV_LANE] = &lane_in_t,
        [EV_ROAD] = &road_in_t,       [EV_YARD] = &yard_in_t,         [EV_QUOTA] = &quota_t,
        [EV_EMBARGO] = &embargo_in_t, [EV_EFFECT_DONE] = &done_t,     [EV_LINK] = &link_t,
        [EV_REFUSED] = &refused_t};
    CK_ASSERT(kind < EVENT_COUNT);
    return tables[kind];
}
