#pragma once
// GNU extensions of the C library, which Swift's Glibc module does not show.

/// Names the calling thread (15 bytes are kept).
void unimo_name_thread(const char *name);
/// Writes up to `capacity` CPU numbers of the calling thread's affinity mask; returns how many the mask has.
int unimo_affinity(int *cpus, int capacity);
/// An anonymous file in memory, or -1.
int unimo_memfd(const char *name);
/// Bytes of the heap in use (allocated and not freed), as the C library counts them.
unsigned long unimo_heap_in_use(void);
