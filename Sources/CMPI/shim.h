#pragma once
#include <mpi.h>

// MPI's handles are macros over pointers in one implementation and integers in another: Swift sees neither. These
// wrappers give them one shape.

/// A message in flight.
typedef struct { MPI_Request value; } unimo_mpi_request;

/// Initialises MPI with at least serialised threads; `provided` is the level got, `needed` the level asked for.
static inline int unimo_mpi_init(int *provided, int *needed) {
    *needed = MPI_THREAD_SERIALIZED;
    int status = MPI_Init_thread(0, 0, MPI_THREAD_SERIALIZED, provided);
    if (status == MPI_SUCCESS) MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    return status;
}

static inline int unimo_mpi_rank(int *rank) { return MPI_Comm_rank(MPI_COMM_WORLD, rank); }
static inline int unimo_mpi_size(int *size) { return MPI_Comm_size(MPI_COMM_WORLD, size); }

/// Writes for every rank the lowest rank that shares memory with it.
static inline int unimo_mpi_nodes(int rank, int *nodes) {
    MPI_Comm node;
    int status = MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, rank, MPI_INFO_NULL, &node);
    if (status != MPI_SUCCESS) return status;
    int lowest = rank;
    status = MPI_Bcast(&lowest, 1, MPI_INT, 0, node);
    MPI_Comm_free(&node);
    if (status != MPI_SUCCESS) return status;
    return MPI_Allgather(&lowest, 1, MPI_INT, nodes, 1, MPI_INT, MPI_COMM_WORLD);
}

static inline int unimo_mpi_isend(const void *bytes, int count, int peer, int tag, unimo_mpi_request *request) {
    return MPI_Isend(bytes, count, MPI_BYTE, peer, tag, MPI_COMM_WORLD, &request->value);
}

static inline int unimo_mpi_irecv(void *bytes, int count, int peer, int tag, unimo_mpi_request *request) {
    return MPI_Irecv(bytes, count, MPI_BYTE, peer, tag, MPI_COMM_WORLD, &request->value);
}

/// `count` is the number of bytes received, once `isDone`.
static inline int unimo_mpi_test(unimo_mpi_request *request, int *isDone, int *count) {
    MPI_Status status;
    int code = MPI_Test(&request->value, isDone, &status);
    if (code == MPI_SUCCESS && *isDone) code = MPI_Get_count(&status, MPI_BYTE, count);
    return code;
}

/// Lets the library move pending messages.
static inline int unimo_mpi_progress(void) {
    int found;
    return MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, &found, MPI_STATUS_IGNORE);
}

/// The library's own sum over all ranks, in place: what ours are measured against.
static inline int unimo_mpi_allreduce(float *values, int count) {
    return MPI_Allreduce(MPI_IN_PLACE, values, count, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD);
}

static inline int unimo_mpi_barrier(void) { return MPI_Barrier(MPI_COMM_WORLD); }
static inline int unimo_mpi_finalize(void) { return MPI_Finalize(); }
static inline int unimo_mpi_abort(int code) { return MPI_Abort(MPI_COMM_WORLD, code); }

/// Bytes that `unimo_mpi_error` and `unimo_mpi_version` may write.
static inline int unimo_mpi_text_capacity(void) {
    return MPI_MAX_ERROR_STRING > MPI_MAX_LIBRARY_VERSION_STRING ? MPI_MAX_ERROR_STRING
                                                                 : MPI_MAX_LIBRARY_VERSION_STRING;
}

static inline int unimo_mpi_error(int code, char *text) {
    int length;
    return MPI_Error_string(code, text, &length);
}

/// The name and version of the library; callable before it is initialised.
static inline int unimo_mpi_version(char *text) {
    int length;
    return MPI_Get_library_version(text, &length);
}

static inline int unimo_mpi_success(void) { return MPI_SUCCESS; }
