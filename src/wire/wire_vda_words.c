// Words of VDA 5050: each enum value in 2.0, 2.1, 3.0. A word that stands twice in a column is read as the first and
// written for both: what a version cannot say is said by its nearest word.
#include "wire_vda_internal.h"

#define ALL(word)                                                                                                      \
    { word, word, word }
#define BOTH(word)                                                                                                     \
    { word, word, NULL } // before 3.0
#define NEW(word)                                                                                                      \
    { NULL, NULL, word } // from 3.0
#define WORDS(name, ...)                                                                                               \
    static const char *const name##_rows[][VDA_VERSION_COUNT] = {__VA_ARGS__};                                         \
    const VdaWords vda_##name##_words = {ARRAY_LEN(name##_rows), name##_rows}

WORDS(blocking, ALL("NONE"), ALL("SOFT"), ALL("HARD"), {"HARD", "HARD", "SINGLE"});
WORDS(instant_blocking, ALL("NONE"), {"SOFT", "SOFT", "NONE"}, {"HARD", "HARD", "NONE"}, {"HARD", "HARD", "NONE"});
// PAUSED is missing in the schema of 2.1, not in its text (2.1.0 6.11)
WORDS(action_status, ALL("WAITING"), ALL("INITIALIZING"), ALL("RUNNING"), ALL("PAUSED"), NEW("RETRIABLE"),
      ALL("FINISHED"), ALL("FAILED"));
WORDS(mode, ALL("AUTOMATIC"), ALL("SEMIAUTOMATIC"), ALL("MANUAL"), ALL("SERVICE"), {"TEACHIN", "TEACHIN", "TEACH_IN"},
      NEW("STARTUP"), NEW("INTERVENED"));
WORDS(error_level, ALL("WARNING"), ALL("FATAL"), {"WARNING", "WARNING", "URGENT"}, {"FATAL", "FATAL", "CRITICAL"});
WORDS(info_level, ALL("INFO"), ALL("DEBUG"));
WORDS(e_stop, ALL("NONE"), ALL("MANUAL"), ALL("REMOTE"), {"AUTOACK", "AUTOACK", "MANUAL"});
WORDS(connection, ALL("ONLINE"), ALL("OFFLINE"), {"CONNECTIONBROKEN", "CONNECTIONBROKEN", "CONNECTION_BROKEN"},
      {"OFFLINE", "OFFLINE", "HIBERNATING"});
WORDS(enabled, ALL("ENABLED"), ALL("DISABLED"));
WORDS(corridor_ref, {NULL, "KINEMATICCENTER", "KINEMATIC_CENTER"}, {NULL, "CONTOUR", "CONTOUR"});
WORDS(corridor_loss, NEW("STOP"), NEW("RETURN"));
WORDS(zone_loss, NEW("STOP"), {NULL, NULL, NULL}, NEW("CONTINUE"), NEW("EVACUATE"));
WORDS(grant, NEW("GRANTED"), NEW("QUEUED"), NEW("REVOKED"), NEW("REJECTED"));
WORDS(zone_request, NEW("ACCESS"), NEW("REPLANNING"));
WORDS(edge_request, {NULL, NULL, NULL}, {NULL, NULL, NULL}, NEW("CORRIDOR"));
WORDS(request_status, NEW("REQUESTED"), NEW("GRANTED"), NEW("REVOKED"), NEW("EXPIRED"));
WORDS(zone_type, NEW("BLOCKED"), NEW("LINE_GUIDED"), NEW("RELEASE"), NEW("COORDINATED_REPLANNING"), NEW("SPEED_LIMIT"),
      NEW("ACTION"), NEW("PRIORITY"), NEW("PENALTY"), NEW("DIRECTED"), NEW("BIDIRECTED"));
WORDS(directed, NEW("SOFT"), NEW("RESTRICTED"), NEW("STRICT"));
WORDS(bidirected, NEW("SOFT"), NEW("RESTRICTED"));
WORDS(support, ALL("SUPPORTED"), ALL("REQUIRED"));
WORDS(scope, ALL("INSTANT"), ALL("NODE"), ALL("EDGE"), NEW("ZONE"));
// free text in the schema of 2.1
WORDS(orientation, ALL("GLOBAL"), ALL("TANGENTIAL"));
// free text from 3.0, as the next three
WORDS(kinematics, BOTH("DIFF"), BOTH("OMNI"), BOTH("THREEWHEEL"));
WORDS(class, BOTH("FORKLIFT"), BOTH("CONVEYOR"), BOTH("TUGGER"), BOTH("CARRIER"));
WORDS(localization, BOTH("NATURAL"), BOTH("REFLECTOR"), BOTH("RFID"), BOTH("DMC"), BOTH("SPOT"), BOTH("GRID"));
// 2.0.0 spelt one of them wrong
WORDS(navigation, BOTH("PHYSICAL_LINE_GUIDED"), BOTH("VIRTUAL_LINE_GUIDED"), BOTH("AUTONOMOUS"),
      {"PHYSICAL_LINDE_GUIDED", NULL, NULL});
WORDS(data_type, ALL("BOOL"), ALL("NUMBER"), ALL("INTEGER"), BOTH("FLOAT"), ALL("STRING"), ALL("OBJECT"), ALL("ARRAY"));
// free text from 3.0
WORDS(wheel, BOTH("DRIVE"), BOTH("CASTER"), BOTH("FIXED"), BOTH("MECANUM"));

const char *vda_status_text(VdaActionStatus s) {
    CK_ASSERT(s >= 1 && s <= vda_action_status_words.n);
    return vda_action_status_words.word[s - 1][VDA_3_0];
}
const char *vda_mode_text(VdaMode m) {
    CK_ASSERT(m >= 1 && m <= vda_mode_words.n);
    return vda_mode_words.word[m - 1][VDA_3_0];
}
