#include "verify.h"

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *usage;
} commands[] = {
    {"log", command_log, "log EXPORT.jsonl [--head HEAD.json]: is the journal as it was written?"},
    {"proof", command_proof, "proof PROOF.json [--head HEAD.json]: does the proof hold?"},
    {"ledger", command_ledger,
     "ledger --keys KEYS.json A.jsonl B.jsonl [--who ITEM --at TIME] [--quiet]: do both sides tell the same, and who "
     "held what when?"},
};
static int usage(FILE *to, int status) {
    fputs("usage: cuakhau-verify COMMAND ... [--json]\n", to);
    for (size_t i = 0; i < COUNT_OF(commands); i++) fprintf(to, "  %s\n", commands[i].usage);
    fputs("exit status: 0 yes, 1 no, 2 the input cannot be read, 3 the environment failed\n", to);
    return status;
}
int main(int argc, char **argv) {
    if (argc < 2) return usage(stderr, STATUS_INPUT);
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) return usage(stdout, STATUS_YES);
    for (size_t i = 0; i < COUNT_OF(commands); i++)
        if (strcmp(argv[1], commands[i].name) == 0) return commands[i].run(argc - 2, argv + 2);
    fprintf(stderr, "cuakhau-verify: no command %s\n", argv[1]);
    return usage(stderr, STATUS_INPUT);
}
