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
    std::string package;  ///< the Debian package that provides it
};

struct Languages {
    std::vector<Language> available;
    std::vector<MissingLanguage> missing;
};

/// Searches /usr/bin and /usr/local/bin for the program of each known language and runs it to get
/// its version. Programs in home directories are ignored, since sandboxes do not show them.
[[nodiscard]] Languages detect_languages();

/// The result of the first call of detect_languages().
[[nodiscard]] const Languages& languages();

/// The languages that can be run on this machine.
[[nodiscard]] inline const std::vector<Language>& available_languages() {
    return languages().available;
}

/// The language `name`. A version that is not empty must be the installed one or a prefix of it
/// ("3" or "3.11"). Errors: not_found, with the installed version or the package to install.
[[nodiscard]] quipu::Result<Language> find_language(const Languages& among, std::string_view name,
                                                    std::string_view version = {});

}  // namespace integr8s::runtime
