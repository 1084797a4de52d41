#pragma once
// Hints that Swift has no words for.

/// Brings the cache line of `address` near, for reading.
static inline void unimo_prefetch(const void *address) { __builtin_prefetch(address, 0, 2); }
/// Brings the cache line of `address` near, for writing.
static inline void unimo_prefetch_to_write(const void *address) { __builtin_prefetch(address, 1, 3); }
