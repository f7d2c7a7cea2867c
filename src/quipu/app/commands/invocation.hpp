// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ostream>
#include <string>
#include <string_view>

#include "quipu/app/app.hpp"
#include "quipu/app/cli/text_output.hpp"
#include "quipu/app/commands/exit_code.hpp"
#include "quipu/app/engines/engines.hpp"
#include "quipu/app/engines/secrets.hpp"
#include "quipu/app/settings/settings.hpp"
#include "quipu/codec/json.hpp"

namespace quipu {

/// The context of one invocation for a command: the program, its settings, the options that
/// commands share, and the output streams.
struct Invocation {
    const AppDefinition& definition;
    const Settings& settings;
    const EngineOptions& engines;  ///< derived from the settings
    bool json = false;
    bool quiet = false;
    std::istream& in;
    std::ostream& out;
    std::ostream& err;

    /// Writes an error to `err` and returns its exit code.
    int fail(const Error& error) const {
        err << definition.name << ": " << printable(mask_secrets(error.message)) << '\n';
        return to_int(exit_code_of(error.code));
    }

    /// Writes JSON to `out`, as one line.
    template <class T>
    int print_json(const T& object, ExitCode code = ExitCode::done) const {
        auto text = to_json(object);
        if (!text) return fail(text.error());
        out << *text << '\n';
        return to_int(code);
    }
};

}  // namespace quipu
