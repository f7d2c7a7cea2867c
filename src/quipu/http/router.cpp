// SPDX-License-Identifier: Apache-2.0
#include "quipu/http/router.hpp"

#include <algorithm>
#include <set>
#include <stdexcept>

#include "quipu/base/url.hpp"

namespace quipu::http {
namespace {

// "/a/b" is {"a", "b"}; "/" is {""}.
std::vector<std::string_view> split_path(std::string_view path) {
    std::vector<std::string_view> parts;
    while (!path.empty()) {
        path.remove_prefix(1);
        parts.push_back(path.substr(0, path.find('/')));
        path.remove_prefix(parts.back().size());
    }
    return parts;
}

[[noreturn]] void refuse(std::string_view pattern, const char* why) {
    throw std::invalid_argument("route '" + std::string(pattern) + "': " + why);
}

Route::Part parse_part(std::string_view pattern, std::string_view text) {
    const bool braces = text.contains('{') || text.contains('}');
    if (!braces) return {.is_param = false, .text = std::string(text)};
    const bool whole = text.size() > 2 && text.front() == '{' && text.back() == '}';
    const auto name = whole ? text.substr(1, text.size() - 2) : std::string_view{};
    if (name.empty() || name.find_first_of("{}") != std::string_view::npos) {
        refuse(pattern, "a parameter must be a whole segment of the path, such as {id}");
    }
    return {.is_param = true, .text = std::string(name)};
}

std::vector<Route::Part> parse_pattern(std::string_view pattern) {
    if (!pattern.starts_with('/')) refuse(pattern, "a pattern must start with '/'");
    std::vector<Route::Part> parts;
    std::set<std::string_view> names;
    for (const auto text : split_path(pattern)) {
        parts.push_back(parse_part(pattern, text));
    }
    for (const auto& part : parts) {
        if (part.is_param && !names.insert(part.text).second) {
            refuse(pattern, "two parameters have the same name");
        }
    }
    return parts;
}

bool same_shape(const Route& a, const Route& b) {
    return std::ranges::equal(a.parts, b.parts, [](const auto& x, const auto& y) {
        return x.is_param == y.is_param && (x.is_param || x.text == y.text);
    });
}

// Literal segments sort before parameters, so the first match is the most specific one.
bool sorts_before(const Route& a, const Route& b) {
    return std::ranges::lexicographical_compare(a.parts, b.parts, [](const auto& x, const auto& y) {
        if (x.is_param != y.is_param) return !x.is_param;
        return !x.is_param && x.text < y.text;
    });
}

bool matches(const Route& route, const std::vector<std::string_view>& parts) {
    return std::ranges::equal(route.parts, parts, [](const auto& want, std::string_view got) {
        return want.is_param ? !got.empty() : want.text == got;
    });
}

const HttpHandler* find_handler(const Route& route, std::string_view method) {
    auto found = route.handlers.find(method);
    if (found == route.handlers.end() && method == "HEAD") found = route.handlers.find("GET");
    return found == route.handlers.end() ? nullptr : &found->second;
}

bool decode_params(const Route& route, const std::vector<std::string_view>& parts,
                   HttpFields& params) {
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (!route.parts[i].is_param) continue;
        auto value = percent_decode(parts[i], false);
        if (!value || *value == "." || *value == "..") return false;
        params.emplace_back(route.parts[i].text, std::move(*value));
    }
    return true;
}

void add_methods(const Route& route, std::set<std::string_view>& methods) {
    for (const auto& [method, handler] : route.handlers) methods.insert(method);
    if (route.handlers.contains("GET")) methods.insert("HEAD");
}

std::string join(const std::set<std::string_view>& methods) {
    std::string text;
    for (const auto method : methods) {
        if (!text.empty()) text += ", ";
        text += method;
    }
    return text;
}

}  // namespace

void Router::add(std::string method, std::string_view pattern, HttpHandler handler) {
    auto route = std::make_unique<Route>();
    route->pattern = pattern;
    route->parts = parse_pattern(pattern);
    if (method.empty() || !handler) refuse(pattern, "a method and a handler are required");
    const auto same = std::ranges::find_if(
        routes_, [&](const auto& other) { return same_shape(*route, *other); });
    if (same == routes_.end()) {
        route->handlers.emplace(std::move(method), std::move(handler));
        const auto place = std::ranges::find_if(
            routes_, [&](const auto& other) { return sorts_before(*route, *other); });
        routes_.insert(place, std::move(route));
        return;
    }
    if ((*same)->pattern != pattern) {
        refuse(pattern, "another pattern differs from it only in a parameter's name");
    }
    if (!(*same)->handlers.emplace(std::move(method), std::move(handler)).second) {
        refuse(pattern, "it already has a handler for this method");
    }
}

Router::Match Router::match(std::string_view method, std::string_view path) const {
    Match match;
    if (!path.starts_with('/')) return match;
    const auto parts = split_path(path);
    std::set<std::string_view> methods{"OPTIONS"};
    for (const auto& route : routes_) {
        if (!matches(*route, parts)) continue;
        if (match.route == nullptr) match.route = route.get();
        match.handler = find_handler(*route, method);
        if (match.handler != nullptr) {
            match.route = route.get();
            match.malformed = !decode_params(*route, parts, match.params);
            return match;
        }
        add_methods(*route, methods);
    }
    if (match.route != nullptr) match.allowed = join(methods);
    return match;
}

std::vector<std::pair<std::string, std::string>> Router::list() const {
    std::vector<std::pair<std::string, std::string>> all;
    for (const auto& route : routes_) {
        for (const auto& [method, handler] : route->handlers) {
            all.emplace_back(method, route->pattern);
        }
    }
    return all;
}

}  // namespace quipu::http
