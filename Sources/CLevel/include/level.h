#pragma once
/// Instruction-set extensions the Swift modules of this build were compiled for, one bit each.
/// A constant, so that reading it executes no instruction of that level.
enum {
    UNIMO_LEVEL_AVX2 = 1,
    UNIMO_LEVEL_FMA = 2,
    UNIMO_LEVEL_AVX512 = 4,       // F, BW, CD, DQ, VL: x86-64-v4
    UNIMO_LEVEL_AVX512_BF16 = 8,
    UNIMO_LEVEL_VNNI = 16,
};
extern const unsigned unimo_compiled_level;
extern const char *const unimo_compiled_march;
