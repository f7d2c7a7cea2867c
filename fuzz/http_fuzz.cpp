// SPDX-License-Identifier: Apache-2.0
// Bytes of a peer through everything the server does with them before a handler runs: parsing under
// small limits, decoding, the checks on host and origin, and the router. The outcome must not
// depend on how the bytes are cut into pieces.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "check.hpp"
#include "quipu/base/text.hpp"
#include "quipu/http/parse.hpp"
#include "quipu/http/policy.hpp"
#include "quipu/http/router.hpp"

namespace {

using fuzz::check;
using quipu::http::ParseState;

const quipu::http::ParseLimits limits{
    .header_bytes = 256, .headers = 8, .body_bytes = 64, .query_params = 8};

const quipu::http::Router& router() {
    static const auto* const filled = [] {
        auto* made = new quipu::http::Router;
        for (const auto* pattern : {"/", "/a", "/a/{id}", "/a/{id}/b/{other}", "/{any}/a"}) {
            made->add("GET", pattern, [](const auto&) { return quipu::HttpResponse{}; });
        }
        made->add("POST", "/a/b", [](const auto&) { return quipu::HttpResponse{}; });
        return made;
    }();
    return *filled;
}

void use(const quipu::HttpRequest& request, std::string_view authority) {
    check(request.body.size() <= limits.body_bytes);
    check(request.headers.size() <= limits.headers);
    for (const auto& [name, value] : request.query) {
        check(quipu::is_valid_utf8(name) && quipu::is_valid_utf8(value));
    }
    const auto match = router().match(request.method, request.path);
    check(match.handler == nullptr || match.route != nullptr);
    for (const auto& [name, value] : match.params) {
        check(!value.empty() && quipu::is_valid_utf8(value));
    }
    const quipu::http::Policy policy{.allowed_hosts = {"b"}, .allowed_origins = {"http://b"}};
    if (const auto refusal = policy.refuse(request, authority, "127.0.0.1")) {
        check(refusal->status == 421 || refusal->status == 403);
    }
}

// Reads up to four requests and returns how many there were before a failure or the end.
int read_in_pieces(std::string_view bytes, std::size_t piece) {
    quipu::http::RequestReader reader(limits);
    int requests = 0;
    while (!bytes.empty()) {
        auto state = reader.feed(bytes.substr(0, piece));
        bytes.remove_prefix(piece < bytes.size() ? piece : bytes.size());
        while (state == ParseState::done) {
            use(reader.request(), reader.authority());
            if (++requests == 4) return requests;
            state = reader.next();
        }
        if (state == ParseState::failed) {
            check(reader.failure().status >= 400 && reader.failure().status < 600);
            return requests;
        }
    }
    return requests;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
    const auto whole = read_in_pieces(bytes, bytes.size() + 1);
    check(read_in_pieces(bytes, 1) == (fuzz::planted() ? 0 : whole));
    check(read_in_pieces(bytes, data[0] % 32U + 1U) == whole);
    return 0;
}
