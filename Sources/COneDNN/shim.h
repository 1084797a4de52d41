#pragma once
#include <dnnl.h>

extern void omp_set_num_threads(int);

/// One thread inside the library for products of the calling thread (a setting of each thread; costs a store).
static inline void unimo_onednn_use_one_thread(void) { omp_set_num_threads(1); }
