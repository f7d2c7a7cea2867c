// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <functional>
#include <optional>
#include <thread>

#include "quipu/app/commands/event_output.hpp"
#include "quipu/app/commands/program.hpp"
#include "quipu/app/commands/writer.hpp"
#include "quipu/app/engines/store_access.hpp"

namespace quipu {

// Reflection needs types with linkage, so not the unnamed namespace.
namespace views {

struct AttemptView {
    Time at{};
    std::string error;
};

/// A dead letter as --json shows it; `record` only in `show`.
struct LetterView {
    std::int64_t id = 0;
    std::string group;
    std::string event_type;
    std::string event_id;
    std::int64_t position = 0;
    std::string status;
    Time failed_at{};
    std::string error;
    std::vector<AttemptView> attempts;
    std::string note;
    Omittable<EventView> record = {};
};

struct ChangeView {
    std::int64_t id = 0;
    bool ok = false;
    std::string error;
};

}  // namespace views

namespace {

views::LetterView view_of(const DeadLetter& letter) {
    views::LetterView view{.id = letter.id,
                           .group = to_valid_utf8(letter.group),
                           .event_type = to_valid_utf8(letter.record->event_type),
                           .event_id = to_valid_utf8(letter.record->event_id),
                           .position = letter.record->position,
                           .status = to_string(letter.status),
                           .failed_at = letter.failed_at,
                           .error = to_valid_utf8(letter.error),
                           .attempts = {},
                           .note = to_valid_utf8(letter.note)};
    for (const Attempt& attempt : letter.attempts) {
        view.attempts.push_back({attempt.at, to_valid_utf8(attempt.error)});
    }
    return view;
}

/// Calls `visit` for each letter that the filters leave, oldest first, until it says false.
Result<void> each_letter(const DeadLettersArguments& arguments, Store& store,
                         std::optional<DeadLetter::Status> status,
                         const std::function<bool(const DeadLetter&)>& visit) {
    constexpr std::size_t page = 100;
    for (std::int64_t after = 0;;) {
        const auto letters = store.dead_letters(arguments.group, status, after, page);
        if (!letters) return std::unexpected(letters.error());
        if (letters->empty()) return {};
        after = letters->back().id;
        for (const DeadLetter& letter : *letters) {
            if (!arguments.event_type.empty() &&
                letter.record->event_type != arguments.event_type) {
                continue;
            }
            if (!visit(letter)) return {};
        }
    }
}

int list(const Program& program, Store& store) {
    const DeadLettersArguments& arguments = program.arguments.dead_letters;
    Table table({"ID", "GROUP", "EVENT TYPE", "FAILED AT", "TRIES", "STATUS", "ERROR"});
    std::size_t count = 0;
    bool more = false;
    const auto listed = each_letter(arguments, store, arguments.status, [&](const auto& letter) {
        if (arguments.limit != 0 && count == arguments.limit) {
            more = true;
            return false;
        }
        ++count;
        if (program.arguments.common.json) {
            program.print_json(view_of(letter));
        } else {
            table.add({std::to_string(letter.id), letter.group, letter.record->event_type,
                       format_time(letter.failed_at), std::to_string(letter.attempts.size()),
                       to_string(letter.status), letter.error});
        }
        return true;
    });
    if (!listed) return program.fail(listed.error());
    if (!program.arguments.common.json) {
        if (count == 0) {
            program.out << "No dead letters.\n";
        } else {
            table.print(program.out);
        }
    }
    if (more) program.err << "There are more: add --limit 0 for all\n";
    return to_int(ExitCode::done);
}

int show(const Program& program, Store& store) {
    const std::int64_t id = program.arguments.dead_letters.ids.front();
    const auto letter = store.dead_letter(id);
    if (!letter) return program.fail(letter.error());
    if (!*letter) {
        return program.fail(
            {ErrorCode::not_found, "no dead letter has the number " + std::to_string(id)});
    }
    views::LetterView view = view_of(**letter);
    const Record& record = *(*letter)->record;
    if (program.arguments.common.json) {
        view.record.emplace(view_of(record));
        return program.print_json(view);
    }
    std::ostream& out = program.out;
    out << "dead letter " << id << " of group " << printable(view.group) << ", " << view.status
        << '\n';
    if (!view.note.empty()) out << "note: " << printable(view.note) << '\n';
    out << "error: " << printable(view.error) << '\n';
    for (const views::AttemptView& attempt : view.attempts) {
        out << "  tried " << format_time(attempt.at) << ": " << printable(attempt.error) << '\n';
    }
    EventPrinter(program, false).print(record);
    out << pretty_json(record.body) << '\n';
    return to_int(ExitCode::done);
}

Result<std::vector<std::int64_t>> chosen(const Program& program) {
    const DeadLettersArguments& arguments = program.arguments.dead_letters;
    if (!arguments.ids.empty()) return arguments.ids;
    auto store = open_to_read(program.definition, program.arguments.common.engines);
    if (!store) return std::unexpected(std::move(store.error()));
    std::vector<std::int64_t> ids;
    auto found =
        each_letter(arguments, **store, DeadLetter::Status::open, [&](const DeadLetter& letter) {
            ids.push_back(letter.id);
            return true;
        });
    if (!found) return std::unexpected(std::move(found.error()));
    return ids;
}

/// Requeues or discards, one after the other, no faster than --rate.
int change(const Program& program, std::string_view done_word,
           const std::function<Result<void>(Writer&, std::int64_t)>& action) {
    const auto ids = chosen(program);
    if (!ids) return program.fail(ids.error());
    auto writer = open_writer(program.definition, program.arguments.common, false);
    if (!writer) return program.fail(writer.error());
    const std::chrono::duration<double> pause(1 / program.arguments.dead_letters.rate);
    auto next = std::chrono::steady_clock::now();
    ExitCode code = ExitCode::done;
    std::size_t count = 0;
    for (const std::int64_t id : *ids) {
        std::this_thread::sleep_until(next);
        next += std::chrono::duration_cast<std::chrono::steady_clock::duration>(pause);
        const Result<void> done = action(**writer, id);
        if (done) {
            ++count;
        } else {
            const ExitCode failed = exit_code_of(done.error().code);
            if (to_int(failed) > to_int(code)) code = failed;
        }
        if (program.arguments.common.json) {
            program.print_json(
                views::ChangeView{.id = id,
                                  .ok = done.has_value(),
                                  .error = done ? std::string{} : done.error().message});
        } else if (!done) {
            program.err << program.definition.name << ": " << printable(done.error().message)
                        << '\n';
        }
        if (!done && done.error().retryable()) break;
    }
    if (!program.arguments.common.json) {
        program.out << count << " of " << ids->size() << ' ' << done_word << '\n';
    }
    return to_int(code);
}

}  // namespace

int dead_letters_command(const Program& program) {
    using Action = DeadLettersArguments::Action;
    const DeadLettersArguments& arguments = program.arguments.dead_letters;
    if (arguments.action == Action::requeue) {
        return change(program, "requeued",
                      [](Writer& writer, std::int64_t id) { return writer.requeue(id); });
    }
    if (arguments.action == Action::discard) {
        return change(program, "discarded", [&](Writer& writer, std::int64_t id) {
            return writer.discard(id, arguments.reason);
        });
    }
    auto store = open_to_read(program.definition, program.arguments.common.engines);
    if (!store) return program.fail(store.error());
    return arguments.action == Action::show ? show(program, **store) : list(program, **store);
}

}  // namespace quipu
