// SPDX-License-Identifier: Apache-2.0
#include "quipu/app/control/client.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "quipu/http/server.hpp"
#include "support/temp_directory.hpp"

namespace quipu {
namespace {

/// A server in place of a running program, which sends a given answer.
class ControlClientTest : public testing::Test {
  protected:
    void SetUp() override { file_ = directory_.path() / "a.db"; }
    void TearDown() override { server_.reset(); }
    void answer(HttpResponse response) {
        HttpServerOptions options;
        options.address.clear();
        options.unix_socket_path = file_.string() + ".sock";
        server_ = std::make_unique<HttpServer>(options);
        server_->route("GET", "/control/status",
                       [response](const HttpRequest&) { return response; });
        ASSERT_TRUE(server_->start().has_value());
    }

    test::TempDirectory directory_;
    std::filesystem::path file_;
    std::unique_ptr<HttpServer> server_;
};

TEST_F(ControlClientTest, NoListenerIsUnavailable) {
    EXPECT_EQ(ControlClient(file_).status().error().code, ErrorCode::unavailable);
}

TEST_F(ControlClientTest, AnErrorKeepsItsCodeAndText) {
    answer(HttpResponse::problem(409, "conflict", "it was changed"));
    const auto status = ControlClient(file_).status();
    ASSERT_FALSE(status.has_value());
    EXPECT_EQ(status.error().code, ErrorCode::conflict);
    EXPECT_EQ(status.error().message, "it was changed");
}

TEST_F(ControlClientTest, MalformedStatusIsAnError) {
    answer(HttpResponse::json(200, R"({"something":"else"})"));
    EXPECT_EQ(ControlClient(file_).status().error().code, ErrorCode::corrupt);
}

TEST_F(ControlClientTest, MalformedErrorBodyIsAnError) {
    answer(HttpResponse::text(500, "oops"));
    EXPECT_EQ(ControlClient(file_).status().error().code, ErrorCode::internal);
}

TEST(ControlProtocol, ErrorCodesRoundTrip) {
    for (const ErrorCode code :
         {ErrorCode::invalid, ErrorCode::not_found, ErrorCode::conflict, ErrorCode::busy,
          ErrorCode::limit, ErrorCode::unavailable, ErrorCode::corrupt, ErrorCode::internal}) {
        EXPECT_EQ(error_code_of({.detail = "", .type = to_string(code)}), code);
        EXPECT_GE(http_status_of(code), 400);
    }
}

TEST(ControlSocket, LongPathIsReachedThroughItsDirectory) {
    EXPECT_EQ(ControlSocket("/tmp/a.db").path(), "/tmp/a.db.sock");
    const test::TempDirectory directory;
    const auto deep = directory.path() / std::string(120, 'd');
    std::filesystem::create_directory(deep);
    {
        const ControlSocket socket(deep / "a.db");
        EXPECT_LT(socket.path().size(), 108U);
        EXPECT_EQ(std::filesystem::path(socket.path()).filename(), "a.db.sock");
    }
}

}  // namespace
}  // namespace quipu
