// SPDX-License-Identifier: Apache-2.0
#include "quipu/http/policy.hpp"

#include <gtest/gtest.h>

namespace quipu::http {
namespace {

int refusal(const Policy& policy, std::string method, HttpFields headers,
            std::string_view authority, std::string_view local = "127.0.0.1") {
    HttpRequest request;
    request.method = std::move(method);
    request.headers = std::move(headers);
    const auto response = policy.refuse(request, authority, local);
    return response ? response->status : 0;
}

TEST(HttpPolicy, SplitsAuthorities) {
    EXPECT_EQ(host_of("a.b:80"), "a.b");
    EXPECT_EQ(host_of("[::1]:80"), "::1");
    EXPECT_EQ(host_of("[::1]"), "::1");
    EXPECT_EQ(host_of("a:"), "a");
    for (const auto* bad :
         {"", ":80", "a:b", "a:80:90", "a:123456", "[::1", "[]", "[::1]x", "::1", "user@a:80x"}) {
        EXPECT_FALSE(host_of(bad)) << bad;
    }
}

TEST(HttpPolicy, HostMustBeThisMachine) {
    const Policy policy{.allowed_hosts = {"Console.example"}, .allowed_origins = {}};
    for (const auto* good : {"localhost", "LOCALHOST:8080", "127.0.0.1:1", "[::1]:8080",
                             "console.EXAMPLE:443", "10.0.0.5:80"}) {
        EXPECT_EQ(refusal(policy, "GET", {}, good, "10.0.0.5"), 0) << good;
    }
    for (const auto* bad : {"evil.example", "localhost.evil.example", "10.0.0.6",
                            "127.0.0.1.nip.io", "user@localhost", "localhost:80@evil", "[::1"}) {
        EXPECT_EQ(refusal(policy, "GET", {}, bad, "10.0.0.5"), 421) << bad;
    }
}

TEST(HttpPolicy, AnyHostOverAUnixSocket) {
    EXPECT_EQ(refusal({}, "GET", {}, "whatever", ""), 0);
}

TEST(HttpPolicy, OtherOriginsMayOnlyRead) {
    const Policy policy{.allowed_hosts = {}, .allowed_origins = {"https://console.example"}};
    const auto from = [](const char* origin) { return HttpFields{{"origin", origin}}; };
    for (const auto* good :
         {"http://localhost:8080", "HTTP://LOCALHOST:8080", "https://console.example"}) {
        EXPECT_EQ(refusal(policy, "POST", from(good), "localhost:8080"), 0) << good;
    }
    for (const auto* bad : {"http://evil.example", "null", "", "http://localhost:8081",
                            "http://localhost", "localhost:8080", "http://127.0.0.1:8080"}) {
        for (const auto* method : {"POST", "PUT", "DELETE", "PATCH", "post"}) {
            EXPECT_EQ(refusal(policy, method, from(bad), "localhost:8080"), 403) << bad;
        }
        EXPECT_EQ(refusal(policy, "GET", from(bad), "localhost:8080"), 0) << bad;
    }
}

TEST(HttpPolicy, FetchMetadataReplacesAMissingOrigin) {
    EXPECT_EQ(refusal({}, "POST", {{"Sec-Fetch-Site", "cross-site"}}, "localhost"), 403);
    EXPECT_EQ(refusal({}, "POST", {{"Sec-Fetch-Site", "same-origin"}}, "localhost"), 0);
    EXPECT_EQ(refusal({}, "POST", {}, "localhost"), 0);
}

TEST(HttpPolicy, OriginCheckCanBeSwitchedOff) {
    const Policy policy{.allowed_hosts = {}, .check_origin = false, .allowed_origins = {}};
    EXPECT_EQ(refusal(policy, "POST", {{"Origin", "http://evil.example"}}, "localhost"), 0);
}

}  // namespace
}  // namespace quipu::http
