// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "store/sqlite/kill_child.hpp"

namespace quipu::kill {

/// Knows everything that was acknowledged about one file and finds what the file no longer has.
class Checker {
  public:
    void add(const Acknowledgement& acknowledgement);
    /// The faults in the file, each beginning with its kind: "lost", "double", "gap", "changed",
    /// "unsound", "unreadable".
    [[nodiscard]] std::vector<std::string> check(const std::filesystem::path& file);

    [[nodiscard]] std::int64_t acknowledged() const { return acknowledged_; }
    [[nodiscard]] std::int64_t last_handled() const {
        return handled_.empty() ? 0 : *handled_.rbegin();
    }
    [[nodiscard]] std::int64_t last_published() const {
        return published_.empty() ? 0 : published_.rbegin()->first;
    }

  private:
    struct Seen {
        std::map<std::string, std::int64_t> sequences;
        std::set<std::int64_t> effects;
        std::set<std::int64_t> made;
        std::int64_t last = 0;
    };
    void check_record(const Record& record, Seen& seen);
    void check_content(const Record& record);
    void check_aggregates(Store& store, const Seen& seen);
    void check_acknowledged(Store& store, const Seen& seen);
    void check_effects(Store& store, const Seen& seen);
    void fault(std::string text);

    std::map<std::int64_t, Acknowledgement> published_;  ///< by position
    std::set<std::int64_t> handled_;
    std::int64_t acknowledged_ = 0;
    std::vector<std::string> faults_;
};

}  // namespace quipu::kill
