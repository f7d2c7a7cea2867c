// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <optional>

#include "quipu/app/commands/command_set.hpp"
#include "quipu/app/engines/store_access.hpp"
#include "quipu/app/promote/promote.hpp"

namespace quipu {

// Reflection needs types with external linkage, so these are not in the unnamed namespace.
namespace views {

struct PromotedView {
    std::int64_t events = 0;
    std::int64_t last_position = 0;
    std::int64_t archived = 0;
    std::int64_t documents = 0;
    std::int64_t groups = 0;
    std::int64_t parked = 0;
    std::int64_t dead_letters = 0;
    std::string checksum;
    bool resumed = false;
    bool was_done = false;
};

}  // namespace views

namespace {

struct PromoteCommandOptions {
    std::filesystem::path file;
    std::string published_until;  ///< a position, or "end"; empty: nothing has been published
};

Result<std::optional<std::int64_t>> published_until(const Invocation& invocation,
                                                    const std::string& text, Store& source) {
    if (text.empty()) return std::nullopt;
    if (!invocation.engines.has_log()) {
        return fail(
            ErrorCode::invalid,
            "--published-until says up to where the log has the events, but no log is given; "
            "add --log kafka://HOST:PORT");
    }
    if (text == "end") return source.last_position();
    std::int64_t position = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), position);
    if (problem != std::errc{} || end != text.data() + text.size()) {
        return fail(ErrorCode::invalid,
                    "--published-until: '" + printable(text) + "' is neither a position nor 'end'");
    }
    return position;
}

int report(const Invocation& invocation, const std::filesystem::path& source,
           const Promoted& done) {
    if (invocation.json) {
        return invocation.print_json(views::PromotedView{.events = done.events,
                                                         .last_position = done.last_position,
                                                         .archived = done.archived,
                                                         .documents = done.documents,
                                                         .groups = done.groups,
                                                         .parked = done.parked,
                                                         .dead_letters = done.dead_letters,
                                                         .checksum = done.checksum,
                                                         .resumed = done.resumed,
                                                         .was_done = done.was_done});
    }
    const EngineOptions& engines = invocation.engines;
    const std::string file = printable(source.string());
    const std::string target = printable(engines.store.shown());
    std::ostream& out = invocation.out;
    if (done.was_done) {
        out << file << " has already been promoted to " << target << "; nothing to do\n";
        return to_int(ExitCode::done);
    }
    out << file << " has been promoted to " << target
        << (done.resumed ? ", in several attempts" : "") << "; both were compared and agree:\n"
        << "  " << done.events << " events up to position " << done.last_position << ", checksum "
        << done.checksum << '\n'
        << "  " << done.archived << " archived, " << done.documents << " documents, " << done.groups
        << " groups, " << done.parked << " parked, " << done.dead_letters << " dead letters\n";
    if (engines.has_log()) {
        out << "Next: '" << invocation.definition.name << " topics apply', then '"
            << invocation.definition.name << " run', with the same --store and --log.\n";
    }
    out << "Do not run anything on " << file << " any more.\n";
    return to_int(ExitCode::done);
}

int run_promote(const Invocation& invocation, const PromoteCommandOptions& chosen) {
    const std::filesystem::path& file = chosen.file;
    const EngineOptions& engines = invocation.engines;
    std::error_code ignored;
    if (!std::filesystem::exists(file, ignored)) {
        return invocation.fail({ErrorCode::unavailable, "there is no store at " + file.string()});
    }
    if (engines.one_writer() && std::filesystem::equivalent(file, engines.store.file, ignored)) {
        return invocation.fail({ErrorCode::invalid,
                                "a store cannot be promoted to itself; name another with --store"});
    }
    EngineOptions old;
    old.store.file = file;
    auto source = open_to_write(invocation.definition, old, {});
    if (!source) return invocation.fail(source.error());
    PromoteOptions options;
    auto until = published_until(invocation, chosen.published_until, **source);
    if (!until) return invocation.fail(until.error());
    options.published_until = *until;
    options.progress = [&](std::string_view what, std::int64_t done) {
        if (!invocation.quiet) invocation.err << "copied " << what << ' ' << done << '\n';
    };
    auto target = open_to_write(invocation.definition, engines, {});
    if (!target) return invocation.fail(target.error());
    const auto done = promote(**source, file, **target, options);
    return done ? report(invocation, file, *done) : invocation.fail(done.error());
}

}  // namespace

void add_promote(CommandSet& commands) {
    const auto options = std::make_shared<PromoteCommandOptions>();
    CommandLine::Command command =
        commands.add({.name = "promote",
                      .summary = "Move a file, with all that is in it, to another store",
                      .examples = "  $P promote $P.db --store mongodb://127.0.0.1/$P --log "
                                  "kafka://127.0.0.1:9092\n"
                                  "  $P promote old.db --store new.db",
                      .shared = {.store = true, .log = true, .json = true, .quiet = true},
                      .run = [options](const Invocation& invocation) {
                          return run_promote(invocation, *options);
                      }});
    command.add("PATH", options->file, "The file; no program may be running on it").required();
    command
        .add("--published-until", options->published_until,
             "Events up to this position are not published to the log again; 'end' for all of them "
             "(none)")
        .placeholder("POSITION");
}

}  // namespace quipu
