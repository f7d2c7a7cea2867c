// SPDX-License-Identifier: Apache-2.0
// What the whole-process measurements share: clocks, quantiles, a directory that goes away.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <filesystem>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace bench {

using Clock = std::chrono::steady_clock;

inline double seconds(Clock::duration time) {
    return std::chrono::duration<double>(time).count();
}

inline std::int64_t now_ns() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now().time_since_epoch())
        .count();
}

/// What this process has used of the processors so far, in seconds.
inline double process_seconds() {
    timespec time{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

inline double quantile(std::vector<double> sample, double q) {
    if (sample.empty()) return 0;
    std::ranges::sort(sample);
    return sample[static_cast<std::size_t>(q * static_cast<double>(sample.size() - 1))];
}

inline double median(std::vector<double> sample) {
    return quantile(std::move(sample), 0.5);
}

/// Calls `send` with each number when it is due at this rate, looking every millisecond. Gives the
/// seconds that all took.
template <class Send>
double offer(std::size_t count, std::size_t per_second, const Send& send) {
    std::size_t number = 0;
    const auto begin = Clock::now();
    while (number < count) {
        const auto due = static_cast<std::size_t>(seconds(Clock::now() - begin) *
                                                  static_cast<double>(per_second));
        while (number < std::min(due + 1, count)) send(number++);
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return seconds(Clock::now() - begin);
}

class Directory {
  public:
    Directory() {
        std::string pattern = std::filesystem::current_path() / "bench-XXXXXX";
        path_ = ::mkdtemp(pattern.data());
    }
    ~Directory() { std::filesystem::remove_all(path_); }
    Directory(const Directory&) = delete;
    Directory& operator=(const Directory&) = delete;
    [[nodiscard]] std::filesystem::path file(const std::string& name) const { return path_ / name; }

  private:
    std::filesystem::path path_;
};

}  // namespace bench
