#include "level.h"

const char *const unimo_compiled_march = UNIMO_MARCH;

const unsigned unimo_compiled_level = 0
#ifdef __AVX2__
    | UNIMO_LEVEL_AVX2
#endif
#ifdef __FMA__
    | UNIMO_LEVEL_FMA
#endif
#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512CD__) && defined(__AVX512DQ__) && defined(__AVX512VL__)
    | UNIMO_LEVEL_AVX512
#endif
#ifdef __AVX512BF16__
    | UNIMO_LEVEL_AVX512_BF16
#endif
#ifdef __AVX512VNNI__
    | UNIMO_LEVEL_VNNI
#endif
    ;
