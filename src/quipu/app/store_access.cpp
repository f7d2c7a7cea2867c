#include "quipu/app/store_access.hpp"

#include <thread>
#include <utility>

#include "quipu/app/control_client.hpp"

namespace quipu {

Result<std::unique_ptr<Store>> open_to_read(const std::filesystem::path& file,
                                            const std::string& program) {
    SqliteOptions options;
    options.path = file;
    options.read_only = true;
    auto store = open_sqlite_store(std::move(options));
    if (!store && store.error().code == ErrorCode::not_found) {
        return fail(ErrorCode::unavailable, "there is no store at " + file.string() + "; '" +
                                                program +
                                                " run' makes one, or name another with --file");
    }
    return store;
}

Result<std::unique_ptr<Store>> open_to_write(const std::filesystem::path& file,
                                             SqliteOptions::Durability durability,
                                             std::chrono::milliseconds patience) {
    const ControlClient control(file);
    const auto give_up = std::chrono::steady_clock::now() + patience;
    while (true) {
        SqliteOptions options;
        options.path = file;
        options.durability = durability;
        auto store = open_sqlite_store(std::move(options));
        if (store || store.error().code != ErrorCode::busy) return store;
        if (const auto status = control.status()) {
            return fail(ErrorCode::busy, status->program + " runs on " + file.string() +
                                             " already, as process " + std::to_string(status->pid) +
                                             "; stop that one first, or choose another --file");
        }
        if (std::chrono::steady_clock::now() >= give_up) return store;
        std::this_thread::sleep_for(std::chrono::milliseconds{20});
    }
}

}  // namespace quipu
