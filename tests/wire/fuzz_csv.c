#include "wire/wire_csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n) {
    static CsvRow row;
    Csv c;
    csv_init(&c, (Str){(const char *)p, n});
    uint32_t line = 0;
    size_t total = 0;
    while (csv_next(&c, &row)) {
        CK_ASSERT(row.line > line && row.count <= CSV_COLUMNS_MAX);
        line = row.line;
        for (uint32_t i = 0; i < row.count; i++) {
            CK_ASSERT(row.fields[i].n <= CSV_FIELD_MAX);
            CK_ASSERT(row.problem != CSV_OK || utf8_valid(row.fields[i]));
            total += row.fields[i].n;
        }
    }
    CK_ASSERT(total <= n && c.at >= c.text.n);
    csv_deinit(&c);
    return 0;
}
