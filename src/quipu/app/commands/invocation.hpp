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

/// One invocation of a program, as a command sees it: the program, its settings, the options that
/// commands share, and where the answer goes.
struct Invocation {
    const AppDefinition& definition;
    const Settings& settings;
    const EngineOptions& engines;  ///< made of the settings
    bool json = false;
    bool quiet = false;
    std::istream& in;
    std::ostream& out;
    std::ostream& err;

    /// Says on `err` what went wrong; returns the exit code for it.
    int fail(const Error& error) const {
        err << definition.name << ": " << printable(mask_secrets(error.message)) << '\n';
        return to_int(exit_code_of(error.code));
    }

    /// One JSON document, or one of several lines, on `out`.
    template <class T>
    int print_json(const T& object, ExitCode code = ExitCode::done) const {
        auto text = to_json(object);
        if (!text) return fail(text.error());
        out << *text << '\n';
        return to_int(code);
    }
};

}  // namespace quipu
