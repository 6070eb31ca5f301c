/* DuckDB's own Arrow conversion in C, the baseline of the Arrow benchmark: every chunk of a streamed result becomes an
   ArrowArray and is released. Prints rows, milliseconds and milliseconds of processor time. Arguments: threads, SQL. Declares what it calls of DuckDB's
   stable C API, so that no header is needed. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

typedef uint64_t idx_t;
typedef struct {
  idx_t a, b, c;
  void *columns;
  char *message;
  void *internal;
} duckdb_result;
struct ArrowArray {
  int64_t length, null_count, offset, n_buffers, n_children;
  const void **buffers;
  struct ArrowArray **children;
  struct ArrowArray *dictionary;
  void (*release)(struct ArrowArray *);
  void *private_data;
};

extern int duckdb_open(const char *path, void **database);
extern int duckdb_connect(void *database, void **connection);
extern int duckdb_query(void *connection, const char *sql, duckdb_result *result);
extern void duckdb_destroy_result(duckdb_result *result);
extern int duckdb_prepare(void *connection, const char *sql, void **statement);
extern int duckdb_pending_prepared_streaming(void *statement, void **pending);
extern int duckdb_execute_pending(void *pending, duckdb_result *result);
extern void *duckdb_fetch_chunk(duckdb_result result);
extern idx_t duckdb_data_chunk_get_size(void *chunk);
extern void duckdb_destroy_data_chunk(void **chunk);
extern void *duckdb_result_get_arrow_options(duckdb_result *result);
extern void *duckdb_data_chunk_to_arrow(void *options, void *chunk, struct ArrowArray *array);

static double now_ms(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1e3 + time.tv_nsec / 1e6;
}

int main(int count, char **arguments) {
  if (count != 3) return 2;
  void *database, *connection, *statement, *pending;
  duckdb_result result;
  char set[64];
  if (duckdb_open(NULL, &database) || duckdb_connect(database, &connection)) return 1;
  snprintf(set, sizeof set, "SET threads = %d", atoi(arguments[1]));
  if (duckdb_query(connection, set, &result)) return 1;
  duckdb_destroy_result(&result);
  double best = 1e300, best_cpu = 1e300;
  idx_t rows = 0;
  for (int round = 0; round < 3; round++) {
    double started = now_ms();
    clock_t cpu_started = clock();
    if (duckdb_prepare(connection, arguments[2], &statement)) return 1;
    if (duckdb_pending_prepared_streaming(statement, &pending)) return 1;
    if (duckdb_execute_pending(pending, &result)) return 1;
    void *options = duckdb_result_get_arrow_options(&result);
    rows = 0;
    for (;;) {
      void *chunk = duckdb_fetch_chunk(result);
      if (!chunk) break;
      idx_t size = duckdb_data_chunk_get_size(chunk);
      if (size > 0) {
        struct ArrowArray array;
        if (duckdb_data_chunk_to_arrow(options, chunk, &array)) return 1;
        rows += array.length;
        if (array.release) array.release(&array);
      }
      duckdb_destroy_data_chunk(&chunk);
      if (size == 0) break;
    }
    duckdb_destroy_result(&result);
    double taken = now_ms() - started;
    double cpu = (double)(clock() - cpu_started) * 1e3 / CLOCKS_PER_SEC;
    if (taken < best) best = taken;
    if (cpu < best_cpu) best_cpu = cpu;
  }
  printf("%llu %.3f %.3f\n", (unsigned long long)rows, best, best_cpu);
  return 0;
}
