// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <ranges>

#include "quipu/app/commands/command_set.hpp"
#include "quipu/app/commands/event_output.hpp"
#include "quipu/app/engines/store_access.hpp"

namespace quipu {

namespace {

constexpr std::size_t batch = 500;
constexpr std::size_t page_max = 1000;

struct TailOptions {
    std::vector<std::string> event_types;
    std::optional<std::int64_t> after;  ///< position
    std::int64_t last = 10;
    std::optional<std::int64_t> count;
    bool follow = true;
    bool body = false;
};

/// Follows the log from a position.
class Tail {
  public:
    Tail(const Invocation& invocation, const TailOptions& options, Store& store)
        : invocation_(invocation),
          options_(options),
          store_(store),
          printer_(invocation, options.body),
          left_(options.count) {}

    int follow() {
        if (auto started = begin(); !started) return invocation_.fail(started.error());
        while (!done()) {
            const auto records = store_.read(position_, batch);
            if (!records) return invocation_.fail(records.error());
            for (const RecordPtr& record : *records) {
                position_ = record->position;
                if (is_wanted(*record) && !done()) print(*record);
            }
            invocation_.out.flush();
            if (!records->empty()) continue;
            if (!options_.follow || !invocation_.out) break;
            store_.wait_beyond(position_, std::chrono::seconds{1});
        }
        return to_int(ExitCode::done);
    }

  private:
    /// Finds the starting position: after --after, or before the last N events.
    Result<void> begin() {
        position_ = options_.after.value_or(store_.last_position());
        if (options_.after || options_.last == 0) return {};
        EventQuery query;
        query.event_types = options_.event_types;
        query.newest_first = true;
        std::vector<Record> found;
        while (std::cmp_less(found.size(), options_.last)) {
            query.limit =
                std::min(page_max, static_cast<std::size_t>(options_.last) - found.size());
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
        return options_.event_types.empty() ||
               std::ranges::find(options_.event_types, record.event_type) !=
                   options_.event_types.end();
    }

    const Invocation& invocation_;
    const TailOptions& options_;
    Store& store_;
    EventPrinter printer_;
    std::optional<std::int64_t> left_;
    std::int64_t position_ = 0;
};

int tail(const Invocation& invocation, const TailOptions& options) {
    auto store = open_to_read(invocation.definition, invocation.engines);
    if (!store) return invocation.fail(store.error());
    return Tail(invocation, options, **store).follow();
}

}  // namespace

void add_tail(CommandSet& commands) {
    const auto options = std::make_shared<TailOptions>();
    CommandLine::Command command = commands.add(
        {.name = "tail",
         .summary = "Watch events arrive",
         .examples = "  $P tail\n"
                     "  $P tail --type $T --body\n"
                     "  $P tail --last 100 --no-follow --json",
         .shared = {.store = true, .json = true},
         .run = [options](const Invocation& invocation) { return tail(invocation, *options); }});
    commands.add_types(command, options->event_types);
    const auto last = command
                          .add("--last", {options->last, CommandLine::at_least(0)},
                               "Start with the last N stored events (10)")
                          .placeholder("N");
    command.add("--after", {options->after, CommandLine::at_least(0)}, "Start after this position")
        .placeholder("POSITION")
        .excludes(last);
    command.add("--count", {options->count, CommandLine::at_least(1)}, "Stop after N events")
        .placeholder("N");
    command.add_flag(
        "--no-follow", [options] { options->follow = false; }, "Stop at the end of the log");
    command.add_flag("--body", options->body, "Also print each event's JSON");
}

}  // namespace quipu
