// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

#include "quipu/delivery/effects.hpp"
#include "quipu/delivery/handler.hpp"

namespace quipu {

/// The faults that RawPublisher::publish_json() would find in a foreign producer's JSON. Needs no
/// store. `event_type` must be one of `types`.
[[nodiscard]] std::expected<void, Faults> check_json(const EventTypes& types,
                                                     const Producer& producer,
                                                     std::string_view event_type,
                                                     std::string_view json);

/// Publishes events whose C++ types are not known at compile time, as the command line and the
/// control socket do. Thread-safe. Store and types must outlive it.
class RawPublisher {
  public:
    RawPublisher(Store& store, const EventTypes& types, Producer producer, World world = {});

    /// Runs `work` and commits what it publishes and changes; returns when that is durable. If a
    /// document that it read was changed meanwhile, `work` runs again, up to 100 times. Errors:
    /// conflict after that, the error of an EffectError, and those of Store::submit. Other
    /// exceptions of `work` pass through.
    [[nodiscard]] Result<Committed> transact(const std::function<void(Effects&)>& work);

    /// Publishes a foreign producer's JSON: validates it against the catalogue's struct, fills in
    /// event_id, timestamp and metadata if they are missing, and keeps unknown fields. Errors:
    /// invalid with all faults, and those of transact().
    [[nodiscard]] Result<Published> publish_json(std::string_view event_type, std::string_view json,
                                                 const PublishOptions& options = {});

    /// Blocks until the log has all events up to `position`; returns at once where the store is the
    /// log. Error: unavailable after `timeout`. The event is stored in any case and is published
    /// when the log accepts it.
    [[nodiscard]] Result<void> wait_published(std::int64_t position,
                                              std::chrono::milliseconds timeout) const;

    /// Sets how wait_published() waits for a log beside the store. Call it before other threads use
    /// this object.
    using LogWait = std::function<Result<void>(std::int64_t, std::chrono::milliseconds)>;
    void set_log_wait(LogWait wait) { log_wait_ = std::move(wait); }

    [[nodiscard]] Store& store() noexcept { return store_; }
    [[nodiscard]] const EventTypes& types() const noexcept { return types_; }
    [[nodiscard]] const Producer& producer() const noexcept { return producer_; }

  private:
    [[nodiscard]] Result<Published> publish_decoded(const EventInfo& info, EventHeader header,
                                                    const void* data, const Extra& unknown,
                                                    const PublishOptions& options);

    Store& store_;
    const EventTypes& types_;
    Producer producer_;
    World world_;
    LogWait log_wait_;
};

/// The argument of a unit of work: publishes any event of the catalogue, reads and changes
/// documents. Valid during the call; not thread-safe.
template <class Catalogue>
class UnitOfWork {
  public:
    explicit UnitOfWork(Effects& effects) : documents(effects), effects_(effects) {}

    /// Adds an event to the unit of work and returns its id. Throws EffectError if it cannot be
    /// encoded.
    template <class E>
    std::string publish(const E& event, const PublishOptions& options = {}) {
        static_assert(Catalogue::template contains<E>,
                      "quipu: this event is not in the catalogue. Add the struct to the Catalogue");
        return effects_.publish(E::event_type, struct_info<E>(), &event, Extra{}, options);
    }

    Documents documents;

  private:
    Effects& effects_;
};

/// Publishes events of a catalogue from outside a group, such as a request handler, a timer or
/// main(). Thread-safe and cheap to copy. Must not outlive the RawPublisher.
template <class Catalogue>
class Publisher {
  public:
    explicit Publisher(RawPublisher& raw) : raw_(&raw) {}

    /// Publishes an event and returns when it is durable. Errors: invalid (text that is not UTF-8),
    /// conflict (expected_sequence, or a different event with this id), unavailable (the store
    /// cannot write, or its answer was lost: the event may be stored). Each call creates a new
    /// event. To retry safely, set PublishOptions::event_id to a new_id() and publish with the same
    /// id again: the event is stored once.
    template <class E>
    [[nodiscard]] Result<Published> publish(const E& event, const PublishOptions& options = {}) {
        static_assert(Catalogue::template contains<E>,
                      "quipu: this event is not in the catalogue. Add the struct to the Catalogue");
        std::string id;
        auto done = raw_->transact([&](Effects& effects) {
            id = effects.publish(E::event_type, struct_info<E>(), &event, Extra{}, options);
        });
        if (!done) return std::unexpected(std::move(done.error()));
        const Appended& appended = done->appended.front();
        return Published{std::move(id), appended.position, appended.sequence, appended.duplicate};
    }

    /// Publishes like publish() and then waits, at most for `timeout`, until a log beside the store
    /// has the event. Needed only if readers of the log must see it before the caller continues:
    /// once stored, the event is safe. Errors: those of publish(), and unavailable with the event's
    /// position if the log did not accept it in time; it is then published later.
    template <class E>
    [[nodiscard]] Result<Published> publish_and_wait(const E& event, const PublishOptions& options,
                                                     std::chrono::milliseconds timeout) {
        auto published = publish(event, options);
        if (!published) return published;
        if (auto waited = raw_->wait_published(published->position, timeout); !waited) {
            return std::unexpected(std::move(waited.error()));
        }
        return published;
    }

    /// Runs `work(UnitOfWork<Catalogue>&)` and commits what it publishes and changes as one
    /// transaction. `work` may run several times, so it must have no other side effects. Errors:
    /// those of RawPublisher::transact().
    template <class Work>
    [[nodiscard]] Result<Committed> transact(Work&& work) {
        return raw_->transact([&](Effects& effects) {
            UnitOfWork<Catalogue> unit(effects);
            work(unit);
        });
    }

    [[nodiscard]] Store& store() noexcept { return raw_->store(); }

  private:
    RawPublisher* raw_;
};

}  // namespace quipu
