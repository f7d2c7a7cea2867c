// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "quipu/base/error.hpp"
#include "quipu/base/mutex.hpp"
#include "quipu/log/kafka/config.hpp"
#include "quipu/log/kafka/handles.hpp"
#include "quipu/log/kafka/health.hpp"

namespace quipu::kafka {

/// Callbacks from a client to its owner, always called within the owner's polling calls.
class ClientEvents {
  public:
    virtual void failed(rd_kafka_resp_err_t /*code*/) {}
    virtual void client_error(rd_kafka_resp_err_t /*code*/, std::string_view /*reason*/) {}
    virtual void rebalanced(rd_kafka_resp_err_t /*code*/,
                            rd_kafka_topic_partition_list_t* /*partitions*/) {}

  protected:
    ~ClientEvents() = default;
};

/// A librdkafka client. Its log and errors go to Health; nothing goes to the standard streams.
class Client {
  public:
    /// `events` must outlive this object. Errors: invalid (contradictory settings, unreadable
    /// files).
    [[nodiscard]] static Result<Client> create(Role role, Conf conf, std::shared_ptr<Health> health,
                                               ClientEvents* events);

    Client(Client&&) = default;
    Client& operator=(Client&&) = delete;
    ~Client();

    [[nodiscard]] rd_kafka_t* get() const noexcept { return handle_.get(); }
    /// Shared ownership of librdkafka's client, for messages that may outlive this object; after
    /// that, the client reports nothing. librdkafka's manual demands that messages are destroyed
    /// before a consumer is closed, but they only need the client to exist.
    [[nodiscard]] const std::shared_ptr<rd_kafka_t>& shared() const noexcept { return handle_; }

    /// A producer's next delivery reports. Null after `timeout`, or if another event arrived, such
    /// as an error, which this call reports. Events must be destroyed before the client.
    [[nodiscard]] EventHandle next_reports(std::chrono::milliseconds timeout);

    /// Makes the client track a topic for its lifetime; null if librdkafka rejects the name.
    /// Without this, the first record of a topic waits up to a second for librdkafka to fetch
    /// metadata.
    [[nodiscard]] rd_kafka_topic_t* keep_topic(const std::string& name);

  private:
    struct Context {
        std::shared_ptr<Health> health;
        ClientEvents* events;  ///< null once the owner is destroyed
        Mutex log_mutex;
        /// Set once the receiver of librdkafka's log may be destroyed.
        bool muted QUIPU_GUARDED_BY(log_mutex) = false;

        Context(std::shared_ptr<Health> its_health, ClientEvents* owner)
            : health(std::move(its_health)), events(owner) {}
    };
    /// Destroying a client can block inside librdkafka. After ten seconds the client is abandoned,
    /// so that the program can end.
    struct Release {
        std::shared_ptr<Context> context;
        void operator()(rd_kafka_t* handle) const noexcept;
    };
    Client(std::shared_ptr<Context> context, std::shared_ptr<rd_kafka_t> handle)
        : context_(std::move(context)), handle_(std::move(handle)) {}
    static void set_callbacks(rd_kafka_conf_t* conf, Role role);
    static void report_fatal(Context& context, rd_kafka_resp_err_t cause, const char* reason);

    struct ReleaseTopic {
        void operator()(rd_kafka_topic_t* topic) const noexcept { rd_kafka_topic_destroy(topic); }
    };

    std::shared_ptr<Context> context_;
    std::shared_ptr<rd_kafka_t> handle_;
    // Destroyed before the handle.
    Queue reports_;
    std::vector<std::unique_ptr<rd_kafka_topic_t, ReleaseTopic>> topics_;
};

}  // namespace quipu::kafka
