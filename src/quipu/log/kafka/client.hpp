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

/// What a client tells its owner, always within the owner's own polling calls.
class ClientEvents {
  public:
    virtual void failed(rd_kafka_resp_err_t /*code*/) {}
    virtual void rebalanced(rd_kafka_resp_err_t /*code*/,
                            rd_kafka_topic_partition_list_t* /*partitions*/) {}
    virtual void committed(rd_kafka_resp_err_t /*code*/,
                           const rd_kafka_topic_partition_list_t* /*offsets*/) {}

  protected:
    ~ClientEvents() = default;
};

/// One librdkafka client. Its log and its errors go to Health, nothing to the standard streams.
class Client {
  public:
    /// `events` outlives this object. Errors: invalid (settings that contradict each other, files
    /// that cannot be read).
    [[nodiscard]] static Result<Client> create(Role role, Conf conf, std::shared_ptr<Health> health,
                                               ClientEvents* events);

    Client(Client&&) = default;
    Client& operator=(Client&&) = delete;
    ~Client();

    [[nodiscard]] rd_kafka_t* get() const noexcept { return handle_.get(); }
    /// For what needs librdkafka's client but may outlive this object, which then reports nothing
    /// any more. librdkafka's manual wants messages destroyed before a consumer is closed; what
    /// they really need is the client.
    [[nodiscard]] const std::shared_ptr<rd_kafka_t>& shared() const noexcept { return handle_; }

    /// A producer's next delivery reports. Null when none came in time, or when something else
    /// came, such as an error, which is reported within this call. Events must be destroyed before
    /// the client.
    [[nodiscard]] EventHandle next_reports(std::chrono::milliseconds timeout);

    /// Makes a topic known to the client for as long as it lives; null when librdkafka refuses its
    /// name. A topic that librdkafka first meets with a record waits for a timer of a second.
    [[nodiscard]] rd_kafka_topic_t* keep_topic(const std::string& name);

  private:
    struct Context {
        std::shared_ptr<Health> health;
        ClientEvents* events;  ///< null when the owner is gone
        Mutex log_mutex;
        /// Whoever receives what librdkafka logs may be gone.
        bool muted QUIPU_GUARDED_BY(log_mutex) = false;

        Context(std::shared_ptr<Health> told, ClientEvents* owner)
            : health(std::move(told)), events(owner) {}
    };
    /// Destroying a client can hang inside librdkafka. After ten seconds it is left behind, so that
    /// the program can end.
    struct Release {
        std::shared_ptr<Context> context;
        void operator()(rd_kafka_t* handle) const noexcept;
    };
    Client(std::shared_ptr<Context> context, std::shared_ptr<rd_kafka_t> handle)
        : context_(std::move(context)), handle_(std::move(handle)) {}
    static void set_callbacks(rd_kafka_conf_t* conf, Role role);
    static void tell_fatal(Context& context, rd_kafka_resp_err_t cause, const char* reason);

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
