// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "quipu/base/mutex.hpp"

namespace quipu::mongo {

/// A mutex that a thread stops waiting for once what it wants has been done by another thread.
/// Known to Clang's thread-safety analysis; lock it by SkippableLock or lock_unless.
class QUIPU_CAPABILITY("mutex") SkippableMutex {
  public:
    void lock() QUIPU_ACQUIRE() {
        const MutexLock lock(mutex_);
        changed_.wait(mutex_, [this]() QUIPU_REQUIRES(mutex_) { return !taken_; });
        taken_ = true;
    }
    void unlock() QUIPU_RELEASE() {
        {
            const MutexLock lock(mutex_);
            taken_ = false;
        }
        changed_.notify_all();
    }
    /// Waits for the mutex until `done()` is true, in which case it returns false without the
    /// mutex. `done` is called at once and again after each unlock() and wake(), under this
    /// object's own lock: it must not throw, block or call this object.
    template <class Done>
    [[nodiscard]] bool lock_unless(const Done& done) QUIPU_TRY_ACQUIRE(true) {
        const MutexLock lock(mutex_);
        bool skipped = false;
        changed_.wait(mutex_, [&]() QUIPU_REQUIRES(mutex_) {
            skipped = done();
            return skipped || !taken_;
        });
        taken_ = taken_ || !skipped;
        return !skipped;
    }
    /// To be called when `done` of a waiting thread may have become true.
    void wake() {
        {
            const MutexLock lock(mutex_);
        }
        changed_.notify_all();
    }

  private:
    Mutex mutex_;
    Condition changed_;
    bool taken_ QUIPU_GUARDED_BY(mutex_) = false;
};

/// Holds a SkippableMutex until the end of the scope.
class QUIPU_SCOPED_CAPABILITY SkippableLock {
  public:
    struct Adopt {};
    explicit SkippableLock(SkippableMutex& mutex) QUIPU_ACQUIRE(mutex) : mutex_(mutex) {
        mutex_.lock();
    }
    /// For a mutex that lock_unless has locked.
    SkippableLock(SkippableMutex& mutex, Adopt) QUIPU_REQUIRES(mutex) : mutex_(mutex) {}
    ~SkippableLock() QUIPU_RELEASE() { mutex_.unlock(); }
    SkippableLock(const SkippableLock&) = delete;
    SkippableLock& operator=(const SkippableLock&) = delete;

  private:
    SkippableMutex& mutex_;
};

}  // namespace quipu::mongo
