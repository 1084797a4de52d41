#define _GNU_SOURCE
#include "gnu.h"
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>

void unimo_name_thread(const char *name) {
    char kept[16] = {0};
    for (int i = 0; i < 15 && name[i]; i++) kept[i] = name[i];
    pthread_setname_np(pthread_self(), kept);
}

int unimo_affinity(int *cpus, int capacity) {
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set) != 0) return 0;
    int count = 0;
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET(cpu, &set)) {
            if (count < capacity) cpus[count] = cpu;
            count++;
        }
    return count;
}

int unimo_memfd(const char *name) { return memfd_create(name, MFD_CLOEXEC); }

unsigned long unimo_heap_in_use(void) {
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}
