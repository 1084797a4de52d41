#pragma once
/// Bits of `unimo_compiled_level` that this CPU (and its operating system) can execute.
unsigned unimo_cpu_level(void);
/// Bits that the build was compiled for.
unsigned unimo_build_level(void);
/// The `-march` the build was compiled with, for example `native` or `x86-64-v3`.
const char *unimo_build_march(void);
