/* A loop that keeps a pace and does nothing else: what a machine as busy as this one makes any loop miss.
 *
 *   pace RATE SECONDS
 *
 * Sleeps until shortly before each tick and spins the rest, as engine/app/pace.py does, and prints one line:
 * ticks, whole periods missed, ticks later than half a period, and the worst lateness in microseconds.
 */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static const double SPIN_S = 0.0008;

static double now_s(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double waited_until(double due_s) {
    double ahead_s = due_s - now_s() - SPIN_S;
    if (ahead_s > 0) {
        struct timespec t = {(time_t)ahead_s, (long)((ahead_s - (double)(time_t)ahead_s) * 1e9)};
        nanosleep(&t, NULL);
    }
    double late_s;
    while ((late_s = now_s() - due_s) < 0) {
    }
    return late_s;
}

int main(int count, char **arguments) {
    double rate = count == 3 ? atof(arguments[1]) : 0, seconds = count == 3 ? atof(arguments[2]) : 0;
    if (rate <= 0 || seconds <= 0) {
        fprintf(stderr, "usage: pace RATE SECONDS\n");
        return 2;
    }
    double period_s = 1 / rate, due_s = now_s(), end_s = due_s + seconds, worst_s = 0;
    long ticks = 0, missed = 0, late = 0;
    while (due_s < end_s) {
        double late_s = waited_until(due_s);
        long whole = (long)(late_s / period_s);
        ticks++;
        missed += whole;
        late += late_s > period_s / 2;
        worst_s = late_s > worst_s ? late_s : worst_s;
        due_s += (double)(1 + whole) * period_s;
    }
    printf("%ld %ld %ld %.0f\n", ticks, missed, late, worst_s * 1e6);
    return 0;
}
