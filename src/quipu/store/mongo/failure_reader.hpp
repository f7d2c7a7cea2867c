// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "quipu/base/error.hpp"
#include "quipu/store/mongo/server.hpp"
#include "quipu/store/store.hpp"

namespace quipu::mongo {

/// Reads what groups have failed to handle: parked records and dead letters. Its functions read the
/// collections as they are; whoever needs the last commit's effects waits for the projection first.
/// They answer as those of Store and throw ServerError.
class FailureReader {
  public:
    /// The server must outlive it.
    explicit FailureReader(Server& server) : server_(server) {}

    [[nodiscard]] std::vector<Parked> parked(const std::string& group, std::int64_t after,
                                             std::size_t limit);
    [[nodiscard]] std::vector<Parked> parked_of_key(const std::string& group,
                                                    const std::string& key, std::int64_t after,
                                                    std::size_t limit);
    [[nodiscard]] std::vector<std::int64_t> still_parked(
        const std::string& group, const std::vector<std::int64_t>& positions);
    [[nodiscard]] ParkedChanges parked_changes(const std::string& group, std::int64_t since);
    [[nodiscard]] Result<std::vector<DeadLetter>> dead_letters(
        const std::string& group, std::optional<DeadLetter::Status> status, std::int64_t after_id,
        std::size_t limit);
    [[nodiscard]] Result<std::optional<DeadLetter>> dead_letter(std::int64_t id);

  private:
    /// What is parked and matches, ascending by `order`.
    [[nodiscard]] std::vector<Parked> find_parked(std::string_view filter, const char* order,
                                                  std::size_t limit);
    /// Fills in whether the letters hold their keys.
    void find_held(std::vector<DeadLetter>& letters);

    Server& server_;
};

}  // namespace quipu::mongo
