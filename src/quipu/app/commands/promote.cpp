// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <optional>

#include "quipu/app/commands/program.hpp"
#include "quipu/app/engines/store_access.hpp"
#include "quipu/app/promote/promote.hpp"

namespace quipu {

// Reflection needs types with linkage, so not the unnamed namespace.
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

Result<std::optional<std::int64_t>> published_until(const Program& program, Store& source) {
    const std::string& text = program.arguments.promote.published_until;
    if (text.empty()) return std::nullopt;
    if (!program.arguments.common.engines.has_log()) {
        return fail(ErrorCode::invalid,
                    "--published-until says where a log begins, and none is named; add --log "
                    "kafka://HOST:PORT");
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

int report(const Program& program, const Promoted& done) {
    if (program.arguments.common.json) {
        return program.print_json(views::PromotedView{.events = done.events,
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
    const EngineOptions& engines = program.arguments.common.engines;
    const std::string file = printable(program.arguments.promote.file.string());
    const std::string target = printable(engines.store.shown());
    std::ostream& out = program.out;
    if (done.was_done) {
        out << file << " was promoted to " << target << " before; nothing is left to do\n";
        return to_int(ExitCode::done);
    }
    out << file << " is promoted to " << target << (done.resumed ? ", in several attempts" : "")
        << "; both were read and are the same:\n"
        << "  " << done.events << " events up to position " << done.last_position << ", checksum "
        << done.checksum << '\n'
        << "  " << done.archived << " archived, " << done.documents << " documents, " << done.groups
        << " groups, " << done.parked << " parked, " << done.dead_letters << " dead letters\n";
    if (engines.has_log()) {
        out << "Next: '" << program.definition.name << " topics apply', then '"
            << program.definition.name << " run', with the same --store and --log.\n";
    }
    out << "Run nothing on " << file << " any more.\n";
    return to_int(ExitCode::done);
}

}  // namespace

int promote_command(const Program& program) {
    const std::filesystem::path& file = program.arguments.promote.file;
    const EngineOptions& engines = program.arguments.common.engines;
    std::error_code ignored;
    if (!std::filesystem::exists(file, ignored)) {
        return program.fail({ErrorCode::unavailable, "there is no store at " + file.string()});
    }
    if (engines.one_writer() && std::filesystem::equivalent(file, engines.store.file, ignored)) {
        return program.fail({ErrorCode::invalid,
                             "a store cannot be promoted to itself; name another with --store"});
    }
    EngineOptions old;
    old.store.file = file;
    auto source = open_to_write(program.definition, old, {});
    if (!source) return program.fail(source.error());
    PromoteOptions options;
    auto until = published_until(program, **source);
    if (!until) return program.fail(until.error());
    options.published_until = *until;
    options.progress = [&](std::string_view what, std::int64_t done) {
        if (!program.arguments.common.quiet)
            program.err << "copied " << what << ' ' << done << '\n';
    };
    auto target = open_to_write(program.definition, engines, {});
    if (!target) return program.fail(target.error());
    const auto done = promote(**source, file, **target, options);
    return done ? report(program, *done) : program.fail(done.error());
}

}  // namespace quipu
