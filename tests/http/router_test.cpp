// SPDX-License-Identifier: Apache-2.0
#include "quipu/http/router.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace quipu::http {
namespace {

HttpHandler nothing() {
    return [](const HttpRequest&) { return HttpResponse{}; };
}

TEST(HttpRouter, LiteralWinsOverParameterInAnyOrderOfAdding) {
    for (const bool literal_first : {true, false}) {
        Router router;
        if (literal_first) router.add("GET", "/a/new", nothing());
        router.add("GET", "/a/{id}", nothing());
        router.add("GET", "/{any}/new", nothing());
        if (!literal_first) router.add("GET", "/a/new", nothing());
        EXPECT_EQ(router.match("GET", "/a/new").route->pattern, "/a/new");
        EXPECT_EQ(router.match("GET", "/a/old").route->pattern, "/a/{id}");
        EXPECT_EQ(router.match("GET", "/b/new").route->pattern, "/{any}/new");
    }
}

TEST(HttpRouter, ParametersAreDecodedAfterThePathIsSplit) {
    Router router;
    router.add("GET", "/a/{one}/b/{two}", nothing());
    const auto match = router.match("GET", "/a/x%2Fy/b/%C3%BC");
    ASSERT_NE(match.handler, nullptr);
    const HttpFields wanted{{"one", "x/y"}, {"two", "\xC3\xBC"}};
    EXPECT_EQ(match.params, wanted);
    EXPECT_TRUE(router.match("GET", "/a/%zz/b/c").malformed);
    EXPECT_TRUE(router.match("GET", "/a/%2e%2E/b/c").malformed);
}

TEST(HttpRouter, UnknownPathsHaveNoRoute) {
    Router router;
    router.add("GET", "/", nothing());
    router.add("GET", "/a/{id}", nothing());
    for (const auto* path : {"/a", "/a/", "/a/b/c", "//", "/a//", "*", "", "//a/b", "/A/b"}) {
        EXPECT_EQ(router.match("GET", path).route, nullptr) << path;
    }
    EXPECT_NE(router.match("GET", "/").handler, nullptr);
}

TEST(HttpRouter, OtherMethodsAreNamed) {
    Router router;
    router.add("GET", "/a/{id}", nothing());
    router.add("DELETE", "/a/{id}", nothing());
    router.add("POST", "/a/new", nothing());
    EXPECT_EQ(router.match("PUT", "/a/x").allowed, "DELETE, GET, HEAD, OPTIONS");
    EXPECT_EQ(router.match("PUT", "/a/new").allowed, "DELETE, GET, HEAD, OPTIONS, POST");
    EXPECT_EQ(router.match("get", "/a/x").handler, nullptr);
}

TEST(HttpRouter, MethodIsSearchedInAllMatchingPatterns) {
    Router router;
    router.add("GET", "/a/{id}", nothing());
    router.add("POST", "/a/new", nothing());
    const auto match = router.match("GET", "/a/new");
    ASSERT_NE(match.handler, nullptr);
    EXPECT_EQ(match.route->pattern, "/a/{id}");
    EXPECT_EQ(match.params.at(0).second, "new");
}

TEST(HttpRouter, HeadIsGetUnlessItHasItsOwn) {
    Router router;
    router.add("GET", "/a", nothing());
    router.add("POST", "/b", nothing());
    EXPECT_NE(router.match("HEAD", "/a").handler, nullptr);
    EXPECT_EQ(router.match("HEAD", "/b").handler, nullptr);
}

TEST(HttpRouter, RefusesBadPatterns) {
    Router router;
    router.add("GET", "/a/{id}", nothing());
    for (const auto* pattern : {"", "a", "/a/{}", "/a/x{id}", "/a/{id", "/a/id}", "/{a}/{a}",
                                "/{{a}}", "/a/{id}", "/a/{other}"}) {
        EXPECT_THROW(router.add("GET", pattern, nothing()), std::invalid_argument) << pattern;
    }
    EXPECT_THROW(router.add("", "/b", nothing()), std::invalid_argument);
    EXPECT_THROW(router.add("GET", "/b", nullptr), std::invalid_argument);
    EXPECT_EQ(router.list().size(), 1U);
}

}  // namespace
}  // namespace quipu::http
