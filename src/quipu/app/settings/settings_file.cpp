// SPDX-License-Identifier: Apache-2.0
#include "quipu/app/settings/settings_file.hpp"

#include <boost/property_tree/ini_parser.hpp>
#include <fstream>
#include <string_view>

namespace quipu {

namespace {

using Tree = boost::property_tree::ptree;

std::string unquoted(std::string_view text) {
    const bool quoted = text.size() >= 2 && text.front() == text.back() &&
                        (text.front() == '"' || text.front() == '\'');
    return std::string(quoted ? text.substr(1, text.size() - 2) : text);
}

}  // namespace

Result<std::vector<std::pair<std::string, std::string>>> read_settings_file(
    const std::string& path) {
    std::ifstream in(path);
    if (!in) {
        return fail(ErrorCode::unavailable,
                    "the configuration file " + path + " cannot be opened for reading");
    }
    Tree tree;
    try {
        boost::property_tree::read_ini(in, tree);
    } catch (const boost::property_tree::ini_parser_error& error) {
        return fail(ErrorCode::invalid, "the configuration file " + path + ", line " +
                                            std::to_string(error.line()) + ": " + error.message() +
                                            "; write name = value");
    }
    std::vector<std::pair<std::string, std::string>> entries;
    for (const auto& [name, node] : tree) {
        if (node.empty()) entries.emplace_back(name, unquoted(node.data()));
        for (const auto& [inner, value] : node) {
            std::string whole = name;
            whole += name == "kafka" ? "." : "-";
            whole += inner;
            entries.emplace_back(std::move(whole), unquoted(value.data()));
        }
    }
    return entries;
}

}  // namespace quipu
