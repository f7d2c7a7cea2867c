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

/// The interface of a running program for its own services. All functions are thread-safe.
class Running {
  public:
    virtual ~Running() = default;
    [[nodiscard]] virtual RawPublisher& publisher() = 0;
    [[nodiscard]] virtual Store& store() = 0;
    [[nodiscard]] virtual DeliveryRuntime& delivery() = 0;
    /// The program's HTTP server; routes are added in Service::prepare. Null without --http.
    [[nodiscard]] virtual HttpServer* http() = 0;
    /// Writes a line to the operator's log: `level` is "debug", "info", "warning" or "error". The
    /// text must not contain payloads or secrets.
    virtual void log(std::string_view level, std::string_view text) = 0;
};

/// A part of a program beside its groups, such as an API or a monitor. The calls come in this
/// order: prepare (the store is open, nothing runs yet), start (the groups are about to run), stop
/// (the groups have stopped).
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
    /// Adds "name: fact" lines to the output of `doctor`: what the service requires, and whether it
    /// is there. `doctor` calls it in a process in which the service is neither prepared nor
    /// started.
    virtual void describe(std::vector<std::pair<std::string, std::string>>& facts) {
        static_cast<void>(facts);
    }
    /// For /readyz: why the program should not receive work; empty when all is well. Called from
    /// any thread.
    [[nodiscard]] virtual std::string problem() { return {}; }
};

/// What a custom command receives besides its own options.
struct CommandContext {
    std::vector<std::string> arguments;  ///< all words after the name, unless it declares options
    std::filesystem::path file;          ///< the store's file; empty if the store is not a file
    std::string http_address;            ///< "host:port" from --http or its default; may be empty
    bool json = false;                   ///< --json
};

/// A command of a program besides the built-in ones, such as `integr8s submit`.
struct CustomCommand {
    std::string name = {};
    std::string summary = {};                            ///< one line in --help
    std::string examples = {};                           ///< shown by `NAME --help`
    std::function<int(const CommandContext&)> run = {};  ///< returns the exit code
    /// Declares its options and arguments. The variables that they are stored in must outlive this
    /// struct and its copies. If it is empty, the command receives its words unparsed, in
    /// CommandContext::arguments.
    std::function<void(CommandLine::Command)> options = {};
    bool uses_store = true;  ///< whether it has the options that name the store
    bool uses_http = true;   ///< whether it has --http
};

/// A flag of `run` besides the built-in ones, such as `integr8s run --allow-unsandboxed`.
struct RunFlag {
    std::string name = {};     ///< without the dashes
    std::string summary = {};  ///< one line in `run --help`
    bool* value = nullptr;     ///< set before the services are prepared
};

/// An option of `events` besides the built-in ones that searches for the value of a field, such as
/// `integr8s events --execution ID`. Events should declare the field as indexed.
struct EventFilter {
    std::string name = {};     ///< without the dashes
    std::string field = {};    ///< as FieldCondition::field; compared with strings
    std::string summary = {};  ///< one line in `events --help`
};

/// The description of a program that App derives from its types. The code that uses it is compiled
/// once, with the library.
struct AppDefinition {
    std::string name = {};  ///< of the program; empty: the last part of argv[0]
    std::string version = "0.1.0";
    Producer producer = {};         ///< service_name defaults to the program's name
    std::string default_http = {};  ///< "127.0.0.1:8080"; empty: no HTTP unless --http is given
    const EventTypes* types = nullptr;
    std::vector<GroupBinding> groups = {};
    /// For `validate`: decodes an event of the catalogue and returns its canonical form.
    std::function<std::expected<std::string, Faults>(std::string_view)> canonical = {};
    std::vector<Service*> services = {};
    std::vector<CustomCommand> commands = {};
    std::vector<RunFlag> run_flags = {};
    std::vector<EventFilter> event_filters = {};
};

/// Runs the command line of a program: `run`, `publish`, `tail`, `show`, `events`, `validate`,
/// `groups`, `dead-letters`, `flow`, `doctor`, `verify`, `topics`, `promote`, `config` and the
/// program's own commands. Settings come from the command line, the environment and a file, in this
/// order of precedence; `config --reference` describes them.
///
/// Returns the exit code: 0 for success, 1 for a negative result (nothing found, problems found), 2
/// for wrong usage or input, 3 if the program or its store cannot be reached or written.
[[nodiscard]] int run_app(int argc, char** argv, AppDefinition definition);

/// A whole program: a catalogue of events and the groups that handle them.
///
///     int main(int argc, char** argv) {
///         return quipu::App<quipu::Catalogue<UserGreeted>, Greeter>{argc, argv}.run();
///     }
///
/// It does not compile if no group handles an event of the catalogue that is neither Terminal nor
/// External, if two groups share a name, or if a group handles or publishes a struct outside the
/// catalogue.
template <class CatalogueType, class... Groups>
class App {
    static_assert(check_groups<CatalogueType, Groups...>());

  public:
    /// Creates the groups, which must be default-constructible.
    App(int argc, char** argv) : argc_(argc), argv_(argv) {
        constexpr bool checked =
            (detail::GroupMakesItself<Groups, std::is_default_constructible_v<Groups>>::checked &&
             ...);
        if constexpr (checked && (std::is_default_constructible_v<Groups> && ...)) {
            owned_ = std::make_shared<std::tuple<Groups...>>();
            std::apply([this](Groups&... groups) { bind(groups...); }, *owned_);
        }
    }
    /// Uses groups of the caller, which must outlive this object.
    App(int argc, char** argv, Groups&... groups)
        requires(sizeof...(Groups) > 0)
        : argc_(argc), argv_(argv) {
        bind(groups...);
    }

    /// The description of the program: set name, version, services and commands before run().
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
