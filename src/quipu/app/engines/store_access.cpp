// SPDX-License-Identifier: Apache-2.0
#include "quipu/app/engines/store_access.hpp"

#include <thread>
#include <utility>

#include "quipu/app/control/client.hpp"

namespace quipu {

namespace {

Result<std::unique_ptr<Store>> read_file(const std::filesystem::path& file) {
    SqliteOptions options;
    options.path = file;
    options.read_only = true;
    return open_sqlite_store(std::move(options));
}

Result<std::unique_ptr<Store>> write_file(const std::filesystem::path& file,
                                          const EventTypes& types, const WriteAccess& access) {
    const ControlClient control(file);
    const auto deadline = std::chrono::steady_clock::now() + access.patience;
    while (true) {
        SqliteOptions options;
        options.path = file;
        options.durability = access.durability;
        options.indexed = types.indexed_fields();
        auto store = open_sqlite_store(std::move(options));
        if (store || store.error().code != ErrorCode::busy) return store;
        if (const auto status = control.status()) {
            return fail(ErrorCode::busy, status->program + " already runs on " + file.string() +
                                             " as process " + std::to_string(status->pid) +
                                             "; stop it first, or choose another --file");
        }
        if (std::chrono::steady_clock::now() >= deadline) return store;
        std::this_thread::sleep_for(std::chrono::milliseconds{20});
    }
}

}  // namespace

Result<std::unique_ptr<Store>> open_to_read(const AppDefinition& definition,
                                            const EngineOptions& engines) {
    const bool file = engines.one_writer();
    auto store =
        file ? read_file(engines.store.file) : open_mongodb(engines, *definition.types, {}, false);
    if (!store && store.error().code == ErrorCode::not_found) {
        return fail(
            ErrorCode::unavailable,
            (file ? "there is no store at " + engines.store.shown() : store.error().message) +
                "; '" + definition.name + " run' creates one, or name another with " +
                (file ? "--file" : "--store"));
    }
    return store;
}

Result<std::unique_ptr<Store>> open_to_write(const AppDefinition& definition,
                                             const EngineOptions& engines,
                                             const WriteAccess& access) {
    if (engines.one_writer()) return write_file(engines.store.file, *definition.types, access);
    return open_mongodb(engines, *definition.types, access.notice, true);
}

Result<ProgramStatus> running_program(const EngineOptions& engines) {
    if (engines.one_writer()) return ControlClient(engines.store.file).status();
    return fail(ErrorCode::unavailable, "several processes may run on " + engines.store.shown());
}

}  // namespace quipu
