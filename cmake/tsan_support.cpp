// SPDX-License-Identifier: Apache-2.0
// What ThreadSanitizer needs to follow libraries that it has not compiled. Linked into each program
// of the tsan preset.
//
// librdkafka starts threads and takes locks by C11's functions, which GCC's ThreadSanitizer does
// not know: the first thread crashes it. They are forwarded to the functions of POSIX, which it
// knows; in glibc both have the same types underneath (nptl/thrd_create.c, sysdeps/nptl/threads.h).

#include <pthread.h>
#include <threads.h>

#include <cerrno>
#include <cstdint>
#include <ctime>
#include <memory>

namespace {

struct Start {
    thrd_start_t function;
    void* argument;
};

void* run(void* raw) {
    const std::unique_ptr<Start> start(static_cast<Start*>(raw));
    return reinterpret_cast<void*>(static_cast<std::intptr_t>(start->function(start->argument)));
}

int told(int code) {
    switch (code) {
        case 0: return thrd_success;
        case ENOMEM: return thrd_nomem;
        case ETIMEDOUT: return thrd_timedout;
        case EBUSY: return thrd_busy;
        default: return thrd_error;
    }
}

pthread_mutex_t* posix(mtx_t* mutex) {
    return reinterpret_cast<pthread_mutex_t*>(mutex);
}
pthread_cond_t* posix(cnd_t* condition) {
    return reinterpret_cast<pthread_cond_t*>(condition);
}

}  // namespace

extern "C" {

int thrd_create(thrd_t* thread, thrd_start_t function, void* argument) {
    auto start = std::make_unique<Start>(Start{function, argument});
    const int code = pthread_create(thread, nullptr, &run, start.get());
    if (code == 0) static_cast<void>(start.release());
    return told(code);
}
int thrd_join(thrd_t thread, int* result) {
    void* raw = nullptr;
    const int code = pthread_join(thread, &raw);
    if (result != nullptr) *result = static_cast<int>(reinterpret_cast<std::intptr_t>(raw));
    return told(code);
}
int thrd_detach(thrd_t thread) {
    return told(pthread_detach(thread));
}

int mtx_init(mtx_t* mutex, int kind) {
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    const bool again = (kind & mtx_recursive) != 0;
    pthread_mutexattr_settype(&attributes, again ? PTHREAD_MUTEX_RECURSIVE : PTHREAD_MUTEX_NORMAL);
    const int code = pthread_mutex_init(posix(mutex), &attributes);
    pthread_mutexattr_destroy(&attributes);
    return told(code);
}
int mtx_lock(mtx_t* mutex) {
    return told(pthread_mutex_lock(posix(mutex)));
}
int mtx_trylock(mtx_t* mutex) {
    return told(pthread_mutex_trylock(posix(mutex)));
}
int mtx_timedlock(mtx_t* mutex, const timespec* until) {
    return told(pthread_mutex_timedlock(posix(mutex), until));
}
int mtx_unlock(mtx_t* mutex) {
    return told(pthread_mutex_unlock(posix(mutex)));
}
void mtx_destroy(mtx_t* mutex) {
    pthread_mutex_destroy(posix(mutex));
}

int cnd_init(cnd_t* condition) {
    return told(pthread_cond_init(posix(condition), nullptr));
}
int cnd_signal(cnd_t* condition) {
    return told(pthread_cond_signal(posix(condition)));
}
int cnd_broadcast(cnd_t* condition) {
    return told(pthread_cond_broadcast(posix(condition)));
}
int cnd_wait(cnd_t* condition, mtx_t* mutex) {
    return told(pthread_cond_wait(posix(condition), posix(mutex)));
}
int cnd_timedwait(cnd_t* condition, mtx_t* mutex, const timespec* until) {
    return told(pthread_cond_timedwait(posix(condition), posix(mutex), until));
}
void cnd_destroy(cnd_t* condition) {
    pthread_cond_destroy(posix(condition));
}

// Neither is compiled for ThreadSanitizer: their counts of references, which are atomic, and what
// they order are not seen. What the project itself does with their results is.
const char* __tsan_default_suppressions() {
    return "race:libbson-1.0.so.0\n"
           "race:libmongoc-1.0.so.0\n"
           "called_from_lib:librdkafka.so.1\n"
           "race:^mtx_\n"  // only librdkafka calls these
           "race:^cnd_\n";
}

}  // extern "C"
