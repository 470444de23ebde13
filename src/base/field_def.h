// Short forms for writing field tables (field.h). Only for the files that define them.
#pragma once
#include "field.h"

#define TABLE(T, name_, list)                                                                                          \
    { name_, sizeof(T), ARRAY_LEN(list), list }
#define F(T, m, type)                                                                                                  \
    { #m, type, 0, offsetof(T, m), NULL }
#define FN(T, m, n, type)                                                                                              \
    { n, type, 0, offsetof(T, m), NULL }
#define FE(T, m, names)                                                                                                \
    { #m, FIELD_ENUM, 0, offsetof(T, m), &names }
#define FS(T, m, names)                                                                                                \
    { #m, FIELD_SET, 0, offsetof(T, m), &names }
#define FD(T, m, set_)                                                                                                 \
    { #m, FIELD_DYN, set_, offsetof(T, m), NULL }
#define FDS(T, m, set_)                                                                                                \
    { #m, FIELD_DYNS, set_, offsetof(T, m), NULL }
#define FL(T, m, table)                                                                                                \
    { #m, FIELD_LIST, 0, offsetof(T, m), &table }
#define FO(T, m, table)                                                                                                \
    { #m, FIELD_OBJ, 0, offsetof(T, m), &table }

// Words of an enum: TABLE is its X-macro (symbol, word), see ENUM_DECLARE.
#define NAMES(Type, LIST)                                                                                              \
    static const char *const Type##_list[] = {LIST(ENUM_NAME)};                                                        \
    const Names Type##_names = {Type##_list, ARRAY_LEN(Type##_list)};
