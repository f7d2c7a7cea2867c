// SPDX-License-Identifier: Apache-2.0
#include "quipu/event/id.hpp"

#include <pthread.h>
#include <sys/random.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>

#include "quipu/base/hex.hpp"
#include "quipu/base/mutex.hpp"

namespace quipu {

namespace {

/// Random bytes of the kernel, fetched in bulk.
class RandomPool {
  public:
    std::uint64_t next() noexcept {
        if (used_ == bytes_.size()) refill();
        std::uint64_t word = 0;
        std::memcpy(&word, bytes_.data() + used_, sizeof word);
        used_ += sizeof word;
        return word;
    }
    /// Discards fetched bytes, so that two processes never use the same ones.
    void forget() noexcept { used_ = bytes_.size(); }

  private:
    void refill() noexcept {
        std::size_t filled = 0;
        while (filled < bytes_.size()) {
            const ssize_t got = getrandom(bytes_.data() + filled, bytes_.size() - filled, 0);
            if (got > 0) {
                filled += static_cast<std::size_t>(got);
            } else if (errno != EINTR) {
                // Cannot happen on a kernel that has the call. Without randomness no id may be
                // made.
                std::abort();
            }
        }
        used_ = 0;
    }

    std::array<unsigned char, 2048> bytes_{};
    std::size_t used_ = 2048;
};

// A counter of 26 bits: the 12 of rand_a and 14 more. It starts in the lower half of its range, so
// one millisecond has space for more than 33 million ids.
constexpr std::uint64_t counter_limit = std::uint64_t{1} << 26;

struct Identifier {
    std::uint64_t milliseconds = 0;  // 48 bits
    std::uint64_t counter = 0;       // 26 bits
    std::uint64_t random = 0;        // 48 bits
};

class Generator {
  public:
    Identifier next() noexcept QUIPU_EXCLUDES(state_mutex_) {
        using namespace std::chrono;
        const auto clock = static_cast<std::uint64_t>(
            duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count());
        const MutexLock lock(state_mutex_);
        if (clock > last_) {
            restart(clock);
        } else if (++counter_ == counter_limit) {
            restart(last_ + 1);
        }
        return {last_, counter_, pool_.next() >> 16};
    }

    void before_fork() noexcept QUIPU_ACQUIRE(state_mutex_) { state_mutex_.lock(); }
    void after_fork(bool in_child) noexcept QUIPU_RELEASE(state_mutex_) {
        if (in_child) pool_.forget();
        state_mutex_.unlock();
    }

    Mutex& state_mutex() noexcept QUIPU_RETURN_CAPABILITY(state_mutex_) { return state_mutex_; }

  private:
    void restart(std::uint64_t milliseconds) noexcept QUIPU_REQUIRES(state_mutex_) {
        last_ = milliseconds;
        counter_ = pool_.next() % (counter_limit / 2);
    }

    Mutex state_mutex_;
    std::uint64_t last_ QUIPU_GUARDED_BY(state_mutex_) = 0;
    std::uint64_t counter_ QUIPU_GUARDED_BY(state_mutex_) = 0;
    RandomPool pool_ QUIPU_GUARDED_BY(state_mutex_);
};

// Initialised at compile time and registered before main(): if it were initialised on first use, a
// fork() in that moment would leave the child waiting for ever.
constinit Generator generator;
[[maybe_unused]] const int registered =
    pthread_atfork([]() QUIPU_ACQUIRE(generator.state_mutex()) { generator.before_fork(); },
                   []() QUIPU_RELEASE(generator.state_mutex()) { generator.after_fork(false); },
                   []() QUIPU_RELEASE(generator.state_mutex()) { generator.after_fork(true); });

void put_hex(char* to, std::uint64_t value, int digits) noexcept {
    for (int i = digits - 1; i >= 0; --i) {
        to[i] = lower_hex_digits[value & 0xF];
        value >>= 4;
    }
}

}  // namespace

std::string new_id() {
    const Identifier id = generator.next();
    std::string text(36, '-');
    put_hex(text.data(), id.milliseconds >> 16, 8);
    put_hex(text.data() + 9, id.milliseconds, 4);
    text[14] = '7';
    put_hex(text.data() + 15, id.counter >> 14, 3);
    put_hex(text.data() + 19, 0x8000 | (id.counter & 0x3FFF), 4);
    put_hex(text.data() + 24, id.random, 12);
    return text;
}

bool is_uuid(std::string_view text) noexcept {
    if (text.size() != 36) return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;
        if (hyphen ? text[i] != '-' : hex_value(text[i]) < 0) return false;
    }
    return true;
}

}  // namespace quipu
