/* The thread that ends a tool. */
#include "stop.h"
#include "nax/ranks.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { STACK_SIZE = 1 << 17, SECONDS_TO_END = 1 };

static const int signals[] = {SIGINT, SIGTERM, SIGHUP};

static struct tool *ending;
static sem_t asked;
static volatile sig_atomic_t by_signal; /* that asked, or 0 */
static const char *volatile failure;    /* that nothing else can tell, or NULL */
static const char *volatile subject;
static pthread_mutex_t holding = PTHREAD_MUTEX_INITIALIZER, writing = PTHREAD_MUTEX_INITIALIZER;
static size_t n_held;

static void ask(int signal_number)
{
    int saved = errno;
    if (by_signal && signal_number == SIGINT) { /* somebody who will not wait */
        signal(SIGINT, SIG_DFL);
        raise(SIGINT);
    }
    if (!by_signal)
        by_signal = signal_number;
    nax_stop();
    sem_post(&asked);
    errno = saved;
}

/* For a handler: the thread that failed waits for the end. */
static _Noreturn void give_up(const char *why, const char *of)
{
    subject = of;
    failure = why;
    sem_post(&asked);
    for (;;)
        pause();
}

/* A page of a file that is no more: the thread that wanted it waits for the end. */
static void miss(int signal_number, siginfo_t *info, void *context)
{
    (void)context;
    const char *path = nax_file_mapped_at(info->si_addr);
    if (!path) { /* not a file's: the fault comes again, and is what it is */
        signal(signal_number, SIG_DFL);
        return;
    }
    give_up("cannot read, shorter than it was when it was opened", path);
}

/* Of libraries in C++, whose new would throw through functions in C. */
static void lack_memory(void)
{
    give_up("out of memory", "convolutions");
}

/* oneDNN goes on without memory that it did not get: where little is left, that is the reason. */
static void fault(int signal_number)
{
    static const size_t little = (size_t)16 << 20;
    if (!nax_has_memory(little))
        lack_memory();
    signal(signal_number, SIG_DFL);
}

static _Noreturn void end_now(int unused)
{
    (void)unused;
    if (by_signal && !failure) {
        sigset_t set;
        signal(by_signal, SIG_DFL);
        sigemptyset(&set);
        sigaddset(&set, by_signal);
        pthread_sigmask(SIG_UNBLOCK, &set, NULL);
        raise(by_signal);
    }
    _exit(1);
}

/* Whoever reads the output or the messages may have stopped reading: the alarm goes on without. */
static _Noreturn void end(void)
{
    struct nax_err ignored;
    nax_file_abandon_all();
    if (failure)
        tool_yield();
    signal(SIGALRM, end_now);
    alarm(SECONDS_TO_END);
    pthread_mutex_lock(&writing);
    if (ending->writer && nax_writer_close(ending->writer, true, &ignored) == 0)
        fflush(stdout);
    if (failure)
        tool_tell_end(ending, "%s: '%s'", failure, subject);
    else if (nax_ranks() == 1) /* else mpirun tells, or the rank that failed */
        tool_tell(ending, "interrupted%s%s", ending->on_stop ? ": " : "",
                  ending->on_stop ? ending->on_stop : "");
    end_now(0);
}

static bool is_held(void)
{
    pthread_mutex_lock(&holding);
    bool result = n_held > 0;
    pthread_mutex_unlock(&holding);
    return result;
}

/* Woken by a signal, a missing page, or the release of what was held. */
static void *wait_to_end(void *unused)
{
    for (;;)
        if (!sem_wait(&asked) && (failure || (by_signal && !is_held())))
            end();
    return unused;
}

static void handle(int signal_number, const struct sigaction *action)
{
    struct sigaction old;
    if (!sigaction(signal_number, NULL, &old) && old.sa_handler != SIG_IGN)
        sigaction(signal_number, action, NULL);
}

void stop_start(struct tool *tool)
{
    pthread_t thread;
    pthread_attr_t attributes;
    const struct sigaction on_signal = {.sa_handler = ask, .sa_flags = SA_RESTART};
    const struct sigaction on_miss = {.sa_sigaction = miss, .sa_flags = SA_SIGINFO};
    ending = tool;
    sem_init(&asked, 0, 0);
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, NAX_MAX((size_t)STACK_SIZE, (size_t)PTHREAD_STACK_MIN));
    int code = pthread_create(&thread, &attributes, wait_to_end, NULL);
    pthread_attr_destroy(&attributes);
    if (code) {
        struct nax_err err;
        nax_err_set(&err, NAX_ERR_MEMORY, "out of memory: 'thread': %s", strerror(code));
        tool_fail(tool, &err);
    }
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        handle(signals[i], &on_signal);
    handle(SIGBUS, &on_miss);
    signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is an error like a full disk */
    struct rlimit limit;
    if (!getrlimit(RLIMIT_AS, &limit) && limit.rlim_cur != RLIM_INFINITY)
        handle(SIGSEGV, &(struct sigaction){.sa_handler = fault});
    /* std::set_new_handler, where a library brought it */
    void (*(*set_new_handler)(void (*)(void)))(void);
    *(void **)&set_new_handler = dlsym(RTLD_DEFAULT, "_ZSt15set_new_handlerPFvvE");
    if (set_new_handler)
        set_new_handler(lack_memory);
}

bool stop_hold(void)
{
    pthread_mutex_lock(&holding);
    bool may_hold = !nax_is_stopped();
    n_held += may_hold;
    pthread_mutex_unlock(&holding);
    return may_hold;
}

void stop_release(void)
{
    pthread_mutex_lock(&holding);
    n_held--;
    pthread_mutex_unlock(&holding);
    sem_post(&asked);
}

void stop_lock_writer(void)
{
    pthread_mutex_lock(&writing);
}

void stop_unlock_writer(void)
{
    pthread_mutex_unlock(&writing);
}

void stop_yield(void)
{
    while (by_signal || failure)
        pause();
}
