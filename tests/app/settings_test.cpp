// SPDX-License-Identifier: Apache-2.0
#include "quipu/app/settings/settings.hpp"
#include "quipu/app/settings/read_settings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "quipu/app/engines/engines.hpp"
#include "support/temp_directory.hpp"

namespace quipu {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class SettingsTest : public testing::Test {
  protected:
    void SetUp() override {}
    std::string write(const std::string& name, const std::string& text) const {
        const std::filesystem::path path = directory_.path() / name;
        std::ofstream(path) << text;
        return path;
    }
    Result<Settings> read() const { return read_settings(table_, sources_); }
    std::string error() const {
        const auto settings = read();
        return settings ? "no error" : settings.error().message;
    }

    test::TempDirectory directory_;
    std::vector<Setting> table_ = make_settings("hello", "");
    SettingSources sources_;
};

TEST_F(SettingsTest, UnsetSettingsHaveDefaults) {
    const auto settings = read();
    ASSERT_TRUE(settings.has_value());
    EXPECT_EQ(settings->text("store"), "hello.db");
    EXPECT_EQ(settings->of("store").from, "default");
    EXPECT_TRUE(settings->flag("relay"));
    EXPECT_EQ(settings->number("stuck-after"), 60);
}

TEST_F(SettingsTest, SourcesHaveTheirPrecedence) {
    sources_.file = write("a.conf", "store = file.db\nmember = m-file\ntopic-prefix = p-file\n");
    sources_.environment = {"QUIPU_STORE=env.db", "QUIPU_MEMBER=m-env", "PATH=x"};
    sources_.command_line = {{"store", "line.db"}};
    const auto settings = read();
    ASSERT_TRUE(settings.has_value()) << settings.error().message;
    EXPECT_EQ(settings->text("store"), "line.db");
    EXPECT_EQ(settings->of("store").from, "--store");
    EXPECT_EQ(settings->text("member"), "m-env");
    EXPECT_EQ(settings->of("member").from, "environment QUIPU_MEMBER");
    EXPECT_EQ(settings->text("topic-prefix"), "p-file");
    EXPECT_THAT(settings->of("topic-prefix").from, StartsWith("file "));
    EXPECT_EQ(settings->text("log"), "store");
}

TEST_F(SettingsTest, FileByVariableWithSectionsCommentsAndQuotes) {
    const std::string path =
        write("a.conf",
              "# one\n; two\nlog = kafka://h:1\nmember = \" a # b \"\n\n[kafka]\nlinger.ms = 5\n"
              "sasl.password = a,b #;c\n");
    sources_.environment = {"QUIPU_CONFIG=" + path};
    const auto settings = read();
    ASSERT_TRUE(settings.has_value()) << settings.error().message;
    EXPECT_EQ(settings->text("member"), " a # b ");
    EXPECT_EQ(settings->kafka.at("linger.ms").value, "5");
    EXPECT_EQ(settings->kafka.at("sasl.password").value, "a,b #;c");
}

TEST_F(SettingsTest, UnknownNamesGetASuggestion) {
    sources_.file = write("a.conf", "stroe = x.db\n");
    EXPECT_THAT(error(), AllOf(HasSubstr("no setting 'stroe'"), HasSubstr("nearest is store")));
    sources_.file = write("b.conf", "relay = perhaps\n");
    EXPECT_THAT(error(), AllOf(HasSubstr("b.conf, relay"), HasSubstr("neither true nor false")));
    sources_.file = write("c.conf", "log-level = warn\n");
    EXPECT_THAT(error(), HasSubstr("the nearest is warning"));
    sources_.file = write("d.conf", "just words\n");
    EXPECT_THAT(error(), HasSubstr("line 1"));
    sources_.file = directory_.path() / "absent.conf";
    EXPECT_EQ(read().error().code, ErrorCode::unavailable);
    sources_.file.clear();
    sources_.environment = {"QUIPU_STROE=x"};
    EXPECT_THAT(error(), HasSubstr("the nearest is QUIPU_STORE"));
    sources_.environment = {"QUIPU_TOPIC_REPLICAS=3",
                            "QUIPU_CONFIG=", "QUIPU_STORE_FILE=", "PATH=x"};
    const auto settings = read();
    ASSERT_TRUE(settings) << settings.error().message;
    ASSERT_EQ(settings->ignored.size(), 1U);
    EXPECT_EQ(settings->ignored[0].variable, "QUIPU_TOPIC_REPLICAS");
    EXPECT_EQ(settings->ignored[0].nearest, "QUIPU_TOPIC_REPLICATION");
}

TEST_F(SettingsTest, SecretsComeFromFiles) {
    const std::string path = write("secret", "hunter2\n");
    sources_.environment = {"QUIPU_MONGODB_PASSWORD_FILE=" + path,
                            "QUIPU_KAFKA_SASL_PASSWORD_FILE=" + path,
                            "QUIPU_KAFKA_SASL_USERNAME=ada"};
    const auto settings = read();
    ASSERT_TRUE(settings.has_value()) << settings.error().message;
    EXPECT_EQ(settings->text("mongodb-password"), "hunter2");
    EXPECT_EQ(settings->kafka.at("sasl.password").value, "hunter2");
    EXPECT_EQ(settings->kafka.at("sasl.username").value, "ada");
    sources_.environment.emplace_back("QUIPU_MONGODB_PASSWORD=other");
    EXPECT_THAT(error(), AllOf(HasSubstr("unset one"), Not(HasSubstr("hunter2"))));
}

TEST_F(SettingsTest, TheProgramsOwnVariableNamesTheFile) {
    sources_.file_variable = "HELLO_FILE";
    sources_.environment = {"HELLO_FILE=own.db"};
    EXPECT_EQ(engine_options(*read())->store.file, "own.db");
    sources_.environment.emplace_back("QUIPU_STORE=other.db");
    EXPECT_THAT(error(), HasSubstr("both HELLO_FILE and QUIPU_STORE"));
}

TEST_F(SettingsTest, ListsAreSplitAtCommas) {
    sources_.command_line = {{"allow-host", "a.example,b.example"}};
    EXPECT_THAT(read()->list("allow-host"), ElementsAre("a.example", "b.example"));
}

TEST_F(SettingsTest, OptionVariableAndFileUseTheSameName) {
    std::set<std::string> seen;
    for (const Setting& setting : table_) {
        EXPECT_TRUE(seen.insert(setting.variable()).second) << setting.name;
        EXPECT_FALSE(setting.meaning.empty()) << setting.name;
        EXPECT_TRUE(check_setting(setting, setting.fallback).has_value()) << setting.name;
    }
}

TEST_F(SettingsTest, ThePasswordGoesIntoTheUrl) {
    sources_.environment = {"QUIPU_STORE=mongodb://ada@h/d", "QUIPU_MONGODB_PASSWORD=p@:/"};
    const auto options = engine_options(*read());
    ASSERT_TRUE(options.has_value()) << options.error().message;
    EXPECT_EQ(options->store.uri, "mongodb://ada:p%40%3A%2F@h/d");
    EXPECT_EQ(options->store.shown(), "mongodb://ada:***@h/d");
    sources_.environment[0] = "QUIPU_STORE=mongodb://h/d";
    EXPECT_THAT(engine_options(*read()).error().message, HasSubstr("names no user"));
    sources_.environment[0] = "QUIPU_STORE=mongodb://ada:x@h/d";
    EXPECT_THAT(engine_options(*read()).error().message, HasSubstr("remove one of them"));
}

TEST_F(SettingsTest, PropertiesAndPrefixOfTheLogComeTogether) {
    sources_.environment = {"QUIPU_LOG=kafka://h:1/p-?linger.ms=5&acks=1",
                            "QUIPU_KAFKA_LINGER_MS=6"};
    sources_.kafka = {{"client.rack", "r"}};
    const auto options = engine_options(*read());
    ASSERT_TRUE(options.has_value()) << options.error().message;
    EXPECT_THAT(
        options->log.properties,
        testing::UnorderedElementsAre(testing::Pair("linger.ms", "6"), testing::Pair("acks", "1"),
                                      testing::Pair("client.rack", "r")));
    EXPECT_EQ(options->log.prefix, "p-");
    EXPECT_EQ(options->group_prefix, std::nullopt) << "the topic prefix";
    sources_.command_line = {{"topic-prefix", "q-"}};
    EXPECT_THAT(engine_options(*read()).error().message, HasSubstr("remove one of them"));
    sources_.command_line = {{"group-prefix", ""}};
    EXPECT_EQ(engine_options(*read())->group_prefix, "")
        << "set to nothing is not the same as unset";
    sources_.command_line = {{"log", "kafka://h:1?linger.ms=7"}};
    EXPECT_THAT(engine_options(*read())->log.properties,
                testing::Contains(testing::Pair("linger.ms", "7")));
}

}  // namespace
}  // namespace quipu
