// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "integr8s/runtime/pod.hpp"
#include "quipu/base/error.hpp"

namespace integr8s::runtime {

/// How scripts of one language are run.
struct Language {
    std::string name;                  ///< "python", "bash", "node", "cpp"
    std::string version;               ///< of the installed program: "3.11", "5.2", "20", "12"
    std::string image;                 ///< name of the runtime in events: "python:3.11-slim"
    std::string filename;              ///< of the script in the pod: "script.py"
    std::vector<std::string> command;  ///< with the absolute path of the installed program
    ResourceLimits limits;             ///< defaults that suit the language
};

struct MissingLanguage {
    std::string name;
    std::string package;  ///< Debian package that brings it
};

struct Languages {
    std::vector<Language> available;
    std::vector<MissingLanguage> missing;
};

/// Looks for each known language's program in /usr/bin and /usr/local/bin, and asks it for its
/// version. Programs below a home directory are passed over: a sandbox does not show them.
[[nodiscard]] Languages detect_languages();

/// What detect_languages() found at the first call.
[[nodiscard]] const Languages& languages();

/// The languages that can be run on this machine.
[[nodiscard]] inline const std::vector<Language>& available_languages() {
    return languages().available;
}

/// The language called `name`; a version that is not empty must be the installed one or the
/// beginning of it ("3" or "3.11").
/// Errors: not_found, naming what is there or the package to install.
[[nodiscard]] quipu::Result<Language> find_language(const Languages& among, std::string_view name,
                                                    std::string_view version = {});

}  // namespace integr8s::runtime
