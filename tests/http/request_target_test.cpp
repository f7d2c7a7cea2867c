// SPDX-License-Identifier: Apache-2.0
#include "quipu/http/request_target.hpp"

#include <gtest/gtest.h>

namespace quipu::http {
namespace {

TEST(HttpRequestTarget, SplitsPathAndQuery) {
    const auto plain = split_target("/a/b?x=1?y");
    ASSERT_TRUE(plain);
    EXPECT_EQ(plain->path, "/a/b");
    EXPECT_EQ(plain->query, "x=1?y");
    EXPECT_FALSE(plain->authority);

    const auto absolute = split_target("HTTP://host:80/a?b");
    ASSERT_TRUE(absolute);
    EXPECT_EQ(absolute->authority, "host:80");
    EXPECT_EQ(absolute->path, "/a");
    EXPECT_EQ(absolute->query, "b");
    EXPECT_EQ(split_target("http://host")->path, "/");
    EXPECT_EQ(split_target("http://host?q")->query, "q");
    EXPECT_EQ(split_target("*")->path, "*");
}

TEST(HttpRequestTarget, RefusesRelativePathsAndFragments) {
    for (const auto* target : {"", "a", "host:80", "?a", "https://host/", "/a#b", "/..", "/a/../b",
                               "/./a", "/a/.", "**"}) {
        EXPECT_FALSE(split_target(target)) << target;
    }
    EXPECT_TRUE(split_target("/..a/b../...?../"));
}

}  // namespace
}  // namespace quipu::http
