#include "app.h"

int app_drive(int argc, char **argv) {
    (void)argc, (void)argv;
    return 2;
}
