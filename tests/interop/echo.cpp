// SPDX-License-Identifier: Apache-2.0
// The C++ side of the interoperation tests: one group that handles every event of integr8s, decodes
// it as its struct, and keeps what it saw in a document. It publishes nothing.
#include <cstdint>
#include <iostream>
#include <string>

#include "integr8s/events/catalogue.hpp"
#include "quipu/quipu.hpp"
#include "quipu/store/sqlite/sqlite_store.hpp"

namespace echo {

struct Seen {
    static constexpr std::string_view collection = "seen";  // by event_id
    std::string event_type;
    std::int64_t times;
    std::string received;  ///< the bytes
    std::string written;   ///< the decoded event, encoded again
};

template <class E>
struct Handles {
    void on(const quipu::Event<E>& event, quipu::Documents& documents,
            const quipu::Delivery& delivery) {
        auto written = quipu::encode(event);
        if (!written) throw quipu::Reject(written.error().message);
        const auto before = documents.get<Seen>(event.header.event_id);
        documents.put(event.header.event_id, Seen{.event_type = std::string(E::event_type),
                                                  .times = before ? before->times + 1 : 1,
                                                  .received = delivery.record.body,
                                                  .written = *std::move(written)});
    }
};

template <class List>
struct HandlesAll;
template <class... Entries>
struct HandlesAll<quipu::detail::EntryList<Entries...>> : Handles<typename Entries::event>... {
    using Handles<typename Entries::event>::on...;
};

struct Echo : HandlesAll<integr8s::Events::Entries> {
    static constexpr std::string_view group = "echo";
};

/// Prints {"event_id", "seen"}, a line for each event that was handled.
int seen(const quipu::CommandContext& context) {
    quipu::SqliteOptions options;
    options.path = context.file;
    options.read_only = true;
    const auto store = quipu::open_sqlite_store(options);
    if (!store) {
        std::cerr << store.error().message << '\n';
        return 3;
    }
    constexpr std::size_t all = 100'000;
    const auto documents = (*store)->documents(Seen::collection, {}, {}, all);
    if (!documents) {
        std::cerr << documents.error().message << '\n';
        return 3;
    }
    for (const auto& document : *documents) {
        std::string id;
        quipu::append_json_string(id, document.key);
        std::cout << R"({"event_id":)" << id << R"(,"seen":)" << document.body << "}\n";
    }
    return 0;
}

}  // namespace echo

int main(int argc, char** argv) {
    quipu::App<integr8s::Events, echo::Echo> app{argc, argv};
    app.definition().name = "echo";
    app.definition().commands = {
        {"seen", "Show what was handled", "  echo seen --file echo.db", echo::seen}};
    return app.run();
}
