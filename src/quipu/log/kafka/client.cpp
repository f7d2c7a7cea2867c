// SPDX-License-Identifier: Apache-2.0
#include "quipu/log/kafka/client.hpp"

#include <array>
#include <utility>

#include "quipu/log/kafka/call_with_timeout.hpp"
#include "quipu/log/kafka/token.hpp"

namespace quipu::kafka {

// The callbacks passed to librdkafka are noexcept: no exception may pass through its C code.
void Client::set_callbacks(rd_kafka_conf_t* conf, Role role) {
    rd_kafka_conf_set_log_cb(
        conf, [](const rd_kafka_t* rk, int level, const char* facility, const char* text) noexcept {
            auto* context = rk == nullptr ? nullptr : static_cast<Context*>(rd_kafka_opaque(rk));
            if (context != nullptr) {
                const MutexLock lock(context->log_mutex);
                if (!context->muted) {
                    context->health->log_line(level, facility, text);
                }
            }
        });
    if (role == Role::producer) {
        rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR);
    } else {
        rd_kafka_conf_set_error_cb(
            conf, [](rd_kafka_t* rk, int code, const char* reason, void* opaque) noexcept {
                auto* context = static_cast<Context*>(opaque);
                auto error = static_cast<rd_kafka_resp_err_t>(code);
                std::array<char, 512> text{};
                if (error == RD_KAFKA_RESP_ERR__FATAL) {
                    const auto cause = rd_kafka_fatal_error(rk, text.data(), text.size());
                    report_fatal(*context, cause, text.data());
                } else {
                    context->health->client_error(error, reason);
                    if (context->events != nullptr) {
                        context->events->client_error(error, reason);
                    }
                }
            });
    }
    if (role == Role::consumer) {
        rd_kafka_conf_set_rebalance_cb(
            conf, [](rd_kafka_t*, rd_kafka_resp_err_t code,
                     rd_kafka_topic_partition_list_t* partitions, void* opaque) noexcept {
                if (auto* events = static_cast<Context*>(opaque)->events) {
                    events->rebalanced(code, partitions);
                }
            });
    }
}

void Client::report_fatal(Context& context, rd_kafka_resp_err_t cause, const char* reason) {
    context.health->notify("error", "fatal", reason);
    if (context.events != nullptr) {
        context.events->failed(cause);
    }
}

Result<Client> Client::create(Role role, Conf conf, std::shared_ptr<Health> health,
                              ClientEvents* events) {
    auto context = std::make_shared<Context>(std::move(health), events);
    set_callbacks(conf.get(), role);
    rd_kafka_conf_set_opaque(conf.get(), context.get());
    std::array<char, 512> text{};
    const auto type = role == Role::consumer ? RD_KAFKA_CONSUMER : RD_KAFKA_PRODUCER;
    rd_kafka_t* const made = rd_kafka_new(type, conf.get(), text.data(), text.size());
    if (made == nullptr) {
        return fail(ErrorCode::invalid,
                    context->health->mask("Kafka: " + std::string(text.data())));
    }
    // The client owns the configuration now.
    [[maybe_unused]] auto* const taken = conf.release();
    serve_tokens(made);
    std::shared_ptr<rd_kafka_t> handle(made, Release{context});
    return Client(std::move(context), std::move(handle));
}

Client::~Client() {
    if (context_ == nullptr) {
        return;
    }
    context_->events = nullptr;
    if (handle_.use_count() > 1) {
        const MutexLock lock(context_->log_mutex);
        context_->muted = true;
    }
}

EventHandle Client::next_reports(std::chrono::milliseconds timeout) {
    if (reports_ == nullptr) {
        reports_.reset(rd_kafka_queue_get_main(get()));
    }
    while (true) {
        EventHandle event(rd_kafka_queue_poll(reports_.get(), static_cast<int>(timeout.count())));
        if (event == nullptr || rd_kafka_event_type(event.get()) == RD_KAFKA_EVENT_DR) {
            return event;
        }
        if (rd_kafka_event_type(event.get()) == RD_KAFKA_EVENT_ERROR) {
            const auto code = rd_kafka_event_error(event.get());
            const char* const reason = rd_kafka_event_error_string(event.get());
            if (rd_kafka_event_error_is_fatal(event.get()) != 0) {
                report_fatal(*context_, code, reason);
            } else {
                context_->health->client_error(code, reason);
            }
        }
        // Not waited for again: other events, such as statistics, may arrive at a higher rate.
        timeout = std::chrono::milliseconds::zero();
    }
}

rd_kafka_topic_t* Client::keep_topic(const std::string& name) {
    auto* topic = rd_kafka_topic_new(get(), name.c_str(), nullptr);
    if (topic != nullptr) {
        topics_.emplace_back(topic);
    }
    return topic;
}

void Client::Release::operator()(rd_kafka_t* handle) const noexcept {
    const bool destroyed = call_with_timeout(std::chrono::seconds(10), [handle, kept = context] {
        // A consumer has been closed before, with a timeout, or must not be closed now.
        rd_kafka_destroy_flags(handle, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    });
    if (!destroyed) {
        const MutexLock lock(context->log_mutex);
        if (!context->muted) {
            context->health->notify("error", "destroy",
                                    "a Kafka client does not stop; it is abandoned");
        }
    }
}

}  // namespace quipu::kafka
