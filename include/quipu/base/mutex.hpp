// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <utility>

// Clang's thread-safety attributes (-Wthread-safety); other compilers ignore them. Reading or
// writing a guarded field without its mutex is then a compile error instead of a race that a test
// may or may not hit.
//
//     class Counter {
//       public:
//         void add(int n) QUIPU_EXCLUDES(mutex_) {
//             const quipu::MutexLock lock(mutex_);
//             value_ += n;
//             changed_.notify_all();
//         }
//         void wait_for(int least) QUIPU_EXCLUDES(mutex_) {
//             const quipu::MutexLock lock(mutex_);
//             changed_.wait(mutex_, [&]() QUIPU_REQUIRES(mutex_) { return value_ >= least; });
//         }
//
//       private:
//         quipu::Mutex mutex_;
//         quipu::Condition changed_;
//         int value_ QUIPU_GUARDED_BY(mutex_) = 0;
//     };
//
// The analysis looks at one function at a time. A private function that expects the caller to hold
// the mutex says QUIPU_REQUIRES(mutex_), and so does a lambda that runs under it.
#if defined(__clang__)
#define QUIPU_THREAD_ATTRIBUTE(x) __attribute__((x))
#else
#define QUIPU_THREAD_ATTRIBUTE(x)
#endif

/// A class whose objects can be held, like a mutex; the text names the kind in diagnostics.
#define QUIPU_CAPABILITY(kind) QUIPU_THREAD_ATTRIBUTE(capability(kind))
/// A class that holds a capability from its constructor to its destructor.
#define QUIPU_SCOPED_CAPABILITY QUIPU_THREAD_ATTRIBUTE(scoped_lockable)
/// A field that only the holder of the mutex may read or write.
#define QUIPU_GUARDED_BY(mutex) QUIPU_THREAD_ATTRIBUTE(guarded_by(mutex))
/// A pointer whose target only the holder of the mutex may read or write.
#define QUIPU_PT_GUARDED_BY(mutex) QUIPU_THREAD_ATTRIBUTE(pt_guarded_by(mutex))
/// The caller holds the mutexes, before and after the call.
#define QUIPU_REQUIRES(...) QUIPU_THREAD_ATTRIBUTE(requires_capability(__VA_ARGS__))
/// The caller holds none of the mutexes: the function takes them itself.
#define QUIPU_EXCLUDES(...) QUIPU_THREAD_ATTRIBUTE(locks_excluded(__VA_ARGS__))
/// The caller holds the mutexes after the call.
#define QUIPU_ACQUIRE(...) QUIPU_THREAD_ATTRIBUTE(acquire_capability(__VA_ARGS__))
/// The caller holds the mutexes before the call, and no longer after it.
#define QUIPU_RELEASE(...) QUIPU_THREAD_ATTRIBUTE(release_capability(__VA_ARGS__))
/// The caller holds the mutex after a call that returns the value named first.
#define QUIPU_TRY_ACQUIRE(...) QUIPU_THREAD_ATTRIBUTE(try_acquire_capability(__VA_ARGS__))
/// The function returns a reference to the mutex.
#define QUIPU_RETURN_CAPABILITY(mutex) QUIPU_THREAD_ATTRIBUTE(lock_returned(mutex))

namespace quipu {

/// std::mutex, known to the analysis. Lock it by MutexLock.
class QUIPU_CAPABILITY("mutex") Mutex {
  public:
    void lock() QUIPU_ACQUIRE() { mutex_.lock(); }
    void unlock() QUIPU_RELEASE() { mutex_.unlock(); }
    [[nodiscard]] bool try_lock() QUIPU_TRY_ACQUIRE(true) { return mutex_.try_lock(); }

  private:
    friend class Condition;
    std::mutex mutex_;
};

/// Holds a mutex until the end of the scope. unlock() releases it earlier, lock() takes it again.
/// Used by one thread.
class QUIPU_SCOPED_CAPABILITY MutexLock {
  public:
    explicit MutexLock(Mutex& mutex) QUIPU_ACQUIRE(mutex) : mutex_(mutex) { mutex_.lock(); }
    ~MutexLock() QUIPU_RELEASE() {
        if (held_) mutex_.unlock();
    }
    MutexLock(const MutexLock&) = delete;
    MutexLock& operator=(const MutexLock&) = delete;

    void lock() QUIPU_ACQUIRE() {
        mutex_.lock();
        held_ = true;
    }
    void unlock() QUIPU_RELEASE() {
        held_ = false;
        mutex_.unlock();
    }

  private:
    Mutex& mutex_;
    bool held_ = true;
};

/// Releases a mutex that the caller holds and takes it again at the end of the scope, also when an
/// exception ends the scope. For a function that QUIPU_REQUIRES the mutex and makes a call that
/// must not run under it.
class QUIPU_SCOPED_CAPABILITY MutexUnlock {
  public:
    explicit MutexUnlock(Mutex& mutex) QUIPU_RELEASE(mutex) : mutex_(mutex) { mutex_.unlock(); }
    ~MutexUnlock() QUIPU_RELEASE() { mutex_.lock(); }
    MutexUnlock(const MutexUnlock&) = delete;
    MutexUnlock& operator=(const MutexUnlock&) = delete;

  private:
    Mutex& mutex_;
};

// The analysis can't see that waiting releases the mutex and takes it again, nor that the mutex of
// a predicate's QUIPU_REQUIRES is the one passed beside it. The waits below are the only functions
// that opt out of it.
#define QUIPU_WAITS(mutex) QUIPU_REQUIRES(mutex) QUIPU_THREAD_ATTRIBUTE(no_thread_safety_analysis)

/// std::condition_variable for a Mutex, at the same cost. Each wait is called with the mutex held,
/// releases it while it blocks, and returns with the mutex held. A wait without a predicate may
/// wake up spuriously: call it in a loop that checks the condition. Notifying needs no mutex.
class Condition {
  public:
    void notify_one() noexcept { condition_.notify_one(); }
    void notify_all() noexcept { condition_.notify_all(); }

    void wait(Mutex& mutex) QUIPU_WAITS(mutex) {
        Adopted lock(mutex);
        condition_.wait(lock.lock);
    }
    /// Waits until the predicate is true. It is called with the mutex held.
    template <class Predicate>
    void wait(Mutex& mutex, Predicate predicate) QUIPU_WAITS(mutex) {
        while (!predicate()) wait(mutex);
    }

    template <class Clock, class Duration>
    std::cv_status wait_until(Mutex& mutex, const std::chrono::time_point<Clock, Duration>& time)
        QUIPU_WAITS(mutex) {
        Adopted lock(mutex);
        return condition_.wait_until(lock.lock, time);
    }
    /// Waits until the predicate is true, at most until `time`. Returns the predicate's last value.
    template <class Clock, class Duration, class Predicate>
    bool wait_until(Mutex& mutex, const std::chrono::time_point<Clock, Duration>& time,
                    Predicate predicate) QUIPU_WAITS(mutex) {
        while (!predicate()) {
            if (wait_until(mutex, time) == std::cv_status::timeout) return predicate();
        }
        return true;
    }

    template <class Rep, class Period>
    std::cv_status wait_for(Mutex& mutex, const std::chrono::duration<Rep, Period>& timeout)
        QUIPU_WAITS(mutex) {
        Adopted lock(mutex);
        return condition_.wait_for(lock.lock, timeout);
    }
    /// Waits until the predicate is true, at most for `timeout`. Returns the predicate's last
    /// value.
    template <class Rep, class Period, class Predicate>
    bool wait_for(Mutex& mutex, const std::chrono::duration<Rep, Period>& timeout,
                  Predicate predicate) QUIPU_WAITS(mutex) {
        Adopted lock(mutex);
        return condition_.wait_for(lock.lock, timeout, std::move(predicate));
    }

  private:
    // The std::unique_lock that std::condition_variable requires. The caller still owns the mutex.
    struct Adopted {
        explicit Adopted(Mutex& mutex) : lock(mutex.mutex_, std::adopt_lock) {}
        ~Adopted() { static_cast<void>(lock.release()); }
        Adopted(const Adopted&) = delete;
        Adopted& operator=(const Adopted&) = delete;
        std::unique_lock<std::mutex> lock;
    };

    std::condition_variable condition_;
};

/// A Condition whose waits also end when a stop is requested. Costs a second mutex and an
/// allocation; use it where a std::jthread sleeps.
class StoppableCondition {
  public:
    void notify_one() noexcept { condition_.notify_one(); }
    void notify_all() noexcept { condition_.notify_all(); }

    /// Waits until the predicate, called with the mutex held, is true or a stop is requested.
    /// Returns the predicate's last value.
    template <class Predicate>
    bool wait(Mutex& mutex, const std::stop_token& stop, Predicate predicate) QUIPU_WAITS(mutex) {
        return condition_.wait(mutex, stop, std::move(predicate));
    }
    /// As wait(), but at most for `timeout`.
    template <class Rep, class Period, class Predicate>
    bool wait_for(Mutex& mutex, const std::stop_token& stop,
                  const std::chrono::duration<Rep, Period>& timeout, Predicate predicate)
        QUIPU_WAITS(mutex) {
        return condition_.wait_for(mutex, stop, timeout, std::move(predicate));
    }

  private:
    std::condition_variable_any condition_;
};

#undef QUIPU_WAITS

}  // namespace quipu
