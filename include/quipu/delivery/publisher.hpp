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

/// Everything that is wrong with a foreign producer's JSON, as RawPublisher::publish_json would
/// find it; needs no store. `event_type` must be one of `types`.
[[nodiscard]] std::expected<void, Faults> check_json(const EventTypes& types,
                                                     const Producer& producer,
                                                     std::string_view event_type,
                                                     std::string_view json);

/// Publishing without types: what the command line and the control socket use.
class RawPublisher {
  public:
    RawPublisher(Store& store, const EventTypes& types, Producer producer, World world = {});

    /// Runs `work` on a fresh collector and commits it; runs it again when a document it read was
    /// changed meanwhile (at most 100 times, then ErrorCode::conflict). Exceptions of `work` pass
    /// through, except EffectError, which becomes its Error. Blocks until durable. Thread-safe.
    [[nodiscard]] Result<Committed> transact(const std::function<void(Effects&)>& work);

    /// Publishes a foreign producer's JSON: checks it as `event_type` of the catalogue, fills in
    /// event_id, timestamp and metadata where they are missing, keeps fields it does not know.
    /// ErrorCode::invalid lists every fault.
    [[nodiscard]] Result<Published> publish_json(std::string_view event_type, std::string_view json,
                                                 const PublishOptions& options = {});

    /// Blocks until the log has everything up to `position`. At once where the store is the log.
    /// ErrorCode::unavailable when it does not within `timeout`: the event is stored all the same,
    /// and is published when the log takes it.
    [[nodiscard]] Result<void> wait_published(std::int64_t position,
                                              std::chrono::milliseconds timeout) const;

    /// How to wait for a log beside the store. To be set before others use this object.
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

/// What a unit of work may do: publish any event of the catalogue, read and change documents.
template <class Catalogue>
class UnitOfWork {
  public:
    explicit UnitOfWork(Effects& effects) : documents(effects), effects_(effects) {}

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

/// Publishes events of a catalogue from outside the groups: a request handler, a timer, main().
/// Thread-safe; cheap to copy; must not outlive the RawPublisher.
template <class Catalogue>
class Publisher {
  public:
    explicit Publisher(RawPublisher& raw) : raw_(&raw) {}

    /// Returns when the event is durable. Errors: invalid (a text that is not UTF-8), conflict
    /// (expected_sequence, or another event with this id), unavailable (the store can't write, or
    /// its answer was lost: the event may be stored). Each call makes a new event: who may try
    /// again sets PublishOptions::event_id to a new_id() of its own, which is stored once.
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

    /// Publishes as above and returns when a log beside the store has the event, too; waits at most
    /// `timeout` for that. For callers whose readers look at the log alone: the event is safe once
    /// it is stored. Errors as above; unavailable with the event's position when the log did not
    /// take it in time, and it is published later.
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

    /// Runs `work(UnitOfWork<Catalogue>&)` and commits what it publishes and changes together. It
    /// may run several times, so it must have no other effect.
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
