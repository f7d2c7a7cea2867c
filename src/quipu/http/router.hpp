// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include "quipu/http/server.hpp"

namespace quipu::http {

/// One pattern with its handlers by method.
struct Route {
    struct Part {
        bool is_param = false;
        std::string text;  ///< the literal, or the parameter's name
    };
    std::string pattern;
    std::vector<Part> parts;
    std::map<std::string, HttpHandler, std::less<>> handlers;
};

/// Finds handlers by method and path. Complete it before sharing it; lookups are then thread-safe.
class Router {
  public:
    /// See HttpServer::route().
    void add(std::string method, std::string_view pattern, HttpHandler handler);

    struct Match {
        const Route* route = nullptr;          ///< null: 404
        const HttpHandler* handler = nullptr;  ///< null: 405, or OPTIONS
        HttpFields params;                     ///< set with a handler only
        std::string allowed;                   ///< the header Allow; set without a handler only
        bool malformed = false;                ///< a parameter cannot be decoded: 400
    };
    /// `path` is still percent-encoded. The match points into the router.
    [[nodiscard]] Match match(std::string_view method, std::string_view path) const;

    [[nodiscard]] std::vector<std::pair<std::string, std::string>> list() const;

  private:
    std::vector<std::unique_ptr<Route>> routes_;  ///< a literal sorts before a parameter
};

}  // namespace quipu::http
