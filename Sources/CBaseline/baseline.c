// Compiled for the x86-64 baseline whatever the rest of the build uses: this file must run on every CPU, because it is
// the one that says, before any wide instruction executes, that the build does not fit the CPU.
#include "baseline.h"
#include "level.h"
#include <stdio.h>
#include <unistd.h>

unsigned unimo_cpu_level(void) {
    __builtin_cpu_init();
    unsigned level = 0;
    if (__builtin_cpu_supports("avx2")) level |= UNIMO_LEVEL_AVX2;
    if (__builtin_cpu_supports("fma")) level |= UNIMO_LEVEL_FMA;
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
        level |= UNIMO_LEVEL_AVX512;
    if (__builtin_cpu_supports("avx512bf16")) level |= UNIMO_LEVEL_AVX512_BF16;
    if (__builtin_cpu_supports("avx512vnni")) level |= UNIMO_LEVEL_VNNI;
    return level;
}

unsigned unimo_build_level(void) { return unimo_compiled_level; }

const char *unimo_build_march(void) { return unimo_compiled_march; }

__attribute__((constructor)) static void refuse_unsupported_cpu(void) {
    unsigned missing = unimo_compiled_level & ~unimo_cpu_level();
    if (missing == 0) return;
    fprintf(stderr, "unimo: this binary was built with -march=%s and needs%s%s%s%s%s, which this CPU does not have; "
            "build it here, or with UNIMO_MARCH=x86-64-v3\n", unimo_compiled_march,
            missing & UNIMO_LEVEL_AVX2 ? " AVX2" : "", missing & UNIMO_LEVEL_FMA ? " FMA" : "",
            missing & UNIMO_LEVEL_AVX512 ? " AVX-512 (x86-64-v4)" : "",
            missing & UNIMO_LEVEL_AVX512_BF16 ? " AVX512-BF16" : "", missing & UNIMO_LEVEL_VNNI ? " AVX512-VNNI" : "");
    _exit(2);
}
