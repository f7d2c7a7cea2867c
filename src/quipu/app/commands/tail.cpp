// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <ranges>

#include "quipu/app/commands/event_output.hpp"
#include "quipu/app/commands/program.hpp"
#include "quipu/app/engines/store_access.hpp"

namespace quipu {

namespace {

constexpr std::size_t batch = 500;
constexpr std::size_t page_max = 1000;

/// Follows the log from a position on.
class Tail {
  public:
    Tail(const Program& program, Store& store)
        : program_(program),
          arguments_(program.arguments.tail),
          store_(store),
          printer_(program, arguments_.body),
          left_(arguments_.count) {}

    int follow() {
        if (auto begun = begin(); !begun) return program_.fail(begun.error());
        while (!done()) {
            const auto records = store_.read(position_, batch);
            if (!records) return program_.fail(records.error());
            for (const RecordPtr& record : *records) {
                position_ = record->position;
                if (is_wanted(*record) && !done()) print(*record);
            }
            program_.out.flush();
            if (!records->empty()) continue;
            if (!arguments_.follow || !program_.out) break;
            store_.wait_beyond(position_, std::chrono::seconds{1});
        }
        return to_int(ExitCode::done);
    }

  private:
    /// Finds where to begin: after --after, or with the last events that are wanted.
    Result<void> begin() {
        position_ = arguments_.after.value_or(store_.last_position());
        if (arguments_.after || arguments_.last == 0) return {};
        EventQuery query;
        query.event_types = arguments_.event_types;
        query.newest_first = true;
        std::vector<Record> found;
        while (std::cmp_less(found.size(), arguments_.last)) {
            query.limit =
                std::min(page_max, static_cast<std::size_t>(arguments_.last) - found.size());
            auto page = store_.query(query);
            if (!page) return std::unexpected(std::move(page.error()));
            std::ranges::move(page->records, std::back_inserter(found));
            if (page->next_cursor.empty()) break;
            query.cursor = std::move(page->next_cursor);
        }
        for (const Record& record : found | std::views::reverse) {
            if (record.position <= position_ && !done()) print(record);
        }
        return {};
    }

    void print(const Record& record) {
        printer_.print(record);
        if (left_) --*left_;
    }

    [[nodiscard]] bool done() const { return left_ && *left_ <= 0; }

    [[nodiscard]] bool is_wanted(const Record& record) const {
        return arguments_.event_types.empty() ||
               std::ranges::find(arguments_.event_types, record.event_type) !=
                   arguments_.event_types.end();
    }

    const Program& program_;
    const TailArguments& arguments_;
    Store& store_;
    EventPrinter printer_;
    std::optional<std::int64_t> left_;
    std::int64_t position_ = 0;
};

}  // namespace

int tail_command(const Program& program) {
    auto store = open_to_read(program.definition, program.arguments.common.engines);
    if (!store) return program.fail(store.error());
    return Tail(program, **store).follow();
}

}  // namespace quipu
