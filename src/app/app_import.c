#include "app.h"

int app_import(int argc, char **argv) {
    (void)argc, (void)argv;
    return 2;
}
