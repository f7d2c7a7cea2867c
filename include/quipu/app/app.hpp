// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "quipu/app/command_line.hpp"
#include "quipu/codec/json.hpp"
#include "quipu/delivery/handler.hpp"
#include "quipu/delivery/publisher.hpp"

namespace quipu {

class HttpServer;
class DeliveryRuntime;

/// What a running program offers its own services.
class Running {
  public:
    virtual ~Running() = default;
    [[nodiscard]] virtual RawPublisher& publisher() = 0;
    [[nodiscard]] virtual Store& store() = 0;
    [[nodiscard]] virtual DeliveryRuntime& delivery() = 0;
    /// The program's HTTP server; routes are added in Service::prepare. Null without --http.
    [[nodiscard]] virtual HttpServer* http() = 0;
    /// A line for the operator's log. Never a payload, never a secret.
    virtual void log(std::string_view level, std::string_view text) = 0;
};

/// A part of a program beside its groups: an API, a monitor. The order is prepare (store open,
/// nothing runs), start (groups are about to run), stop (groups have drained).
class Service {
  public:
    virtual ~Service() = default;
    virtual Result<void> prepare(Running& running) {
        return static_cast<void>(running), Result<void>{};
    }
    virtual Result<void> start(Running& running) {
        return static_cast<void>(running), Result<void>{};
    }
    virtual void stop() {}
    /// Adds lines in Prometheus text format to /metrics.
    virtual void metrics(std::string& out) { static_cast<void>(out); }
    /// Adds "name: fact" lines to `doctor`, which calls it in a process of its own, where the
    /// service was neither prepared nor started: what the service needs and whether it is there.
    virtual void describe(std::vector<std::pair<std::string, std::string>>& facts) {
        static_cast<void>(facts);
    }
    /// Why the program should not be sent work; empty when all is well. For /readyz.
    [[nodiscard]] virtual std::string problem() { return {}; }
};

/// What a custom command gets, beside its own options.
struct CommandContext {
    std::vector<std::string> arguments;  ///< all words after the name, unless it declares options
    std::filesystem::path file;          ///< the store's file; empty when the store is not a file
    std::string http_address;            ///< "host:port" from --http or its default; may be empty
    bool json = false;                   ///< --json
};

/// A command that a program has beside the built-in ones: `integr8s submit`.
struct CustomCommand {
    std::string name = {};
    std::string summary = {};                            ///< one line in --help
    std::string examples = {};                           ///< shown by `NAME --help`
    std::function<int(const CommandContext&)> run = {};  ///< returns the exit code
    /// Declares its options and arguments, for parsing and for its help. What they are taken into
    /// must live as long as this struct and its copies. Without it, the command gets its words as
    /// they are.
    std::function<void(CommandLine::Command)> options = {};
    bool uses_store = true;  ///< whether it has the options that name the store
    bool uses_http = true;   ///< whether it has --http
};

/// A flag that `run` has beside the built-in ones: `integr8s run --allow-unsandboxed`.
struct RunFlag {
    std::string name = {};     ///< without the dashes
    std::string summary = {};  ///< one line in `run --help`
    bool* value = nullptr;     ///< set before the services are prepared
};

/// An option of `events` beside the built-in ones that asks for the value of a field, which events
/// should declare indexed: `integr8s events --execution ID`.
struct EventFilter {
    std::string name = {};     ///< without the dashes
    std::string field = {};    ///< as FieldCondition::field; compared with strings
    std::string summary = {};  ///< one line in `events --help`
};

/// What App collects from its types; everything behind it is compiled once.
struct AppDefinition {
    std::string name = {};  ///< of the program; argv[0]'s last part when empty
    std::string version = "0.1.0";
    Producer producer = {};         ///< service_name defaults to the program's name
    std::string default_http = {};  ///< "127.0.0.1:8080"; empty: no HTTP unless --http is given
    const EventTypes* types = nullptr;
    std::vector<GroupBinding> groups = {};
    /// Decodes strictly as the catalogue (no unknown types or fields) and writes back: `validate`.
    std::function<std::expected<std::string, Faults>(std::string_view)> canonical = {};
    std::vector<Service*> services = {};
    std::vector<CustomCommand> commands = {};
    std::vector<RunFlag> run_flags = {};
    std::vector<EventFilter> event_filters = {};
};

/// Runs the command line of a program: `run`, `publish`, `tail`, `show`, `events`, `validate`,
/// `groups`, `dead-letters`, `flow`, `doctor`, `verify`, `topics`, `promote`, `config` and the
/// program's own commands. Settings come from the command line, the environment and a file, in this
/// order: `config --reference` describes them.
///
/// Exit codes: 0 done, 1 the answer is no (nothing found, problems found), 2 wrong usage or input,
/// 3 the program or its store cannot be reached or written.
[[nodiscard]] int run_app(int argc, char** argv, AppDefinition definition);

/// A whole program: a catalogue of events and the groups that handle them.
///
///     int main(int argc, char** argv) {
///         return quipu::App<quipu::Catalogue<UserGreeted>, Greeter>{argc, argv}.run();
///     }
///
/// It does not compile when an event of the catalogue is unowned, when two groups share a name, or
/// when a group handles or publishes a struct outside the catalogue.
template <class CatalogueType, class... Groups>
class App {
    static_assert(check_groups<CatalogueType, Groups...>());

  public:
    /// Makes the groups itself.
    App(int argc, char** argv) : argc_(argc), argv_(argv) {
        constexpr bool checked =
            (detail::GroupMakesItself<Groups, std::is_default_constructible_v<Groups>>::checked &&
             ...);
        if constexpr (checked && (std::is_default_constructible_v<Groups> && ...)) {
            owned_ = std::make_shared<std::tuple<Groups...>>();
            std::apply([this](Groups&... groups) { bind(groups...); }, *owned_);
        }
    }
    /// Works with groups that the caller made and keeps.
    App(int argc, char** argv, Groups&... groups)
        requires(sizeof...(Groups) > 0)
        : argc_(argc), argv_(argv) {
        bind(groups...);
    }

    /// To be completed before run(): name, version, services, commands.
    [[nodiscard]] AppDefinition& definition() noexcept { return definition_; }

    [[nodiscard]] int run() { return run_app(argc_, argv_, std::move(definition_)); }

  private:
    void bind(Groups&... groups) {
        definition_.types = &CatalogueType::types();
        if constexpr ((detail::Group<Groups> && ...)) {
            definition_.groups = {bind_group<CatalogueType>(groups)...};
        }
        definition_.canonical = [](std::string_view bytes) { return canonical(bytes); };
    }

    static std::expected<std::string, Faults> canonical(std::string_view bytes) {
        typename CatalogueType::AnyEvent any;
        return detail::canonical_event(bytes, CatalogueType::types(), &CatalogueType::emplace,
                                       &any);
    }

    int argc_;
    char** argv_;
    std::shared_ptr<std::tuple<Groups...>> owned_;
    AppDefinition definition_;
};

}  // namespace quipu
