// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "quipu/codec/json.hpp"
#include "quipu/delivery/detail/signatures.hpp"
#include "quipu/delivery/effects.hpp"

namespace quipu {

/// A handler's argument for publishing. Its template arguments declare which events the handler may
/// publish:
///
///     void on(const Event<OrderPlaced>& event, Publishes<PaymentRequested>& out) {
///         out.publish(PaymentRequested{.order_id = event->order_id});
///     }
///
/// Published events become durable together with the group's offset, or not at all. Valid during
/// the call; not thread-safe.
template <EventStruct... Events>
class Publishes {
  public:
    explicit Publishes(Effects& effects) : effects_(effects) {}

    /// Adds an event to the handler's transaction and returns its id. Throws EffectError, which
    /// fails the handler, if the event cannot be encoded.
    template <class E>
    std::string publish(const E& event, const PublishOptions& options = {}) {
        static_assert((std::is_same_v<E, Events> || ...),
                      "quipu: this handler publishes an event that its Publishes<...> does not "
                      "name. Add the struct to the list in the handler's signature");
        return effects_.publish(E::event_type, struct_info<E>(), &event, Extra{}, options);
    }

  private:
    Effects& effects_;
};

/// A struct that is stored as a document:
/// `static constexpr std::string_view collection = "orders";`.
template <class T>
concept DocumentStruct = requires {
    { T::collection } -> std::convertible_to<std::string_view>;
};

/// Small typed records that handlers keep beside the events and change in their transaction. Reads
/// see the handler's own changes. If another transaction changes a document that was read here
/// before this one commits, the handler runs again. Valid during the call; not thread-safe.
class Documents {
  public:
    explicit Documents(Effects& effects) : effects_(effects) {}

    /// Empty if there is no such document. Throws EffectError if the stored body does not decode as
    /// a T, or if the store cannot be read.
    template <DocumentStruct T>
    [[nodiscard]] std::optional<T> get(std::string_view key) {
        const auto body = effects_.get(T::collection, key);
        if (!body) return std::nullopt;
        return parse<T>(*body, key);
    }
    /// Creates or replaces a document. Throws EffectError if it cannot be encoded.
    template <DocumentStruct T>
    void put(std::string_view key, const T& document) {
        auto body = to_json(document);
        if (!body) throw EffectError(std::move(body.error()));
        effects_.put(T::collection, key, std::move(*body));
    }
    /// Erases a document; does nothing if there is none.
    template <DocumentStruct T>
    void erase(std::string_view key) {
        effects_.erase(T::collection, key);
    }
    /// At most `limit` documents whose keys begin with `prefix`, in bytewise order of their keys.
    /// Throws as get() does.
    template <DocumentStruct T>
    [[nodiscard]] std::vector<std::pair<std::string, T>> scan(std::string_view prefix = {},
                                                              std::size_t limit = 1000) {
        std::vector<std::pair<std::string, T>> found;
        for (auto& [key, body] : effects_.scan(T::collection, prefix, limit)) {
            found.emplace_back(key, parse<T>(body, key));
        }
        return found;
    }
    /// The time of this attempt: the timestamp of the events that it publishes.
    [[nodiscard]] Time now() const noexcept { return effects_.now(); }

  private:
    template <class T>
    static T parse(const std::string& body, std::string_view key) {
        auto parsed = from_json<T>(body);
        if (!parsed) {
            throw EffectError({ErrorCode::corrupt, std::string(T::collection) + "/" +
                                                       std::string(key) + ": " +
                                                       parsed.error().summary()});
        }
        return std::move(*parsed);
    }

    Effects& effects_;
};

/// A handler's argument for details of the delivery. Valid during the call.
struct Delivery {
    const Record& record;  ///< position, sequence, headers, bytes
    std::string_view group;
    int attempt = 1;  ///< 1 for the first attempt
};

/// Thrown for a record that does not decode; carries all faults.
class Undecodable : public std::runtime_error {
  public:
    explicit Undecodable(Faults faults)
        : std::runtime_error(faults.summary()), faults_(std::move(faults)) {}
    /// For a record that is no event of its type whatever its bytes decode to.
    explicit Undecodable(const std::string& reason) : std::runtime_error(reason) {}
    [[nodiscard]] const Faults& faults() const noexcept { return faults_; }

  private:
    Faults faults_;
};

/// One event type that a group handles, with the C++ types erased.
struct Subscription {
    std::string_view event_type;
    std::vector<std::string_view> publishes;
    void (*invoke)(void* handler, Effects& effects, const Delivery& delivery) = nullptr;
};

/// A group with its handler object, with the C++ types erased, as the delivery runtime uses it.
struct GroupBinding {
    std::string_view group;
    GroupOptions options;
    void* handler = nullptr;
    std::vector<Subscription> subscriptions;
    void (*tick)(void* handler, Effects& effects) = nullptr;
    std::vector<std::string_view> tick_publishes;
};

namespace detail {

template <class Arg>
struct Argument {
    static_assert(sizeof(Arg) == 0,
                  "quipu: a handler takes, after the event, any of Publishes<...>&, Documents& "
                  "and const Delivery&");
};
template <class... Events>
struct Argument<Publishes<Events...>&> {
    Publishes<Events...> value;
    Argument(Effects& effects, const Delivery*) : value(effects) {}
    Publishes<Events...>& get() { return value; }
    static void add_outputs(std::vector<std::string_view>& names) {
        (names.push_back(Events::event_type), ...);
    }
    template <class Catalogue>
    static consteval bool within() {
        return (Catalogue::template contains<Events> && ...);
    }
};
template <>
struct Argument<Documents&> {
    Documents value;
    Argument(Effects& effects, const Delivery*) : value(effects) {}
    Documents& get() { return value; }
    static void add_outputs(std::vector<std::string_view>&) {}
    template <class Catalogue>
    static consteval bool within() {
        return true;
    }
};
template <>
struct Argument<const Delivery&> {
    const Delivery* value;
    Argument(Effects&, const Delivery* delivery) : value(delivery) {}
    const Delivery& get() { return *value; }
    static void add_outputs(std::vector<std::string_view>&) {}
    template <class Catalogue>
    static consteval bool within() {
        return true;
    }
};

/// Decodes the record into `event`; throws Undecodable. An event that brings no id or no timestamp
/// of its own has those of its record.
void decode_record(const Record& record, const EventTypes& types, Emplace emplace, void* event);

template <class H, class Catalogue, class E, class... Args>
Subscription subscription(ArgList<Args...>) {
    static_assert((Argument<Args>::template within<Catalogue>() && ...),
                  "quipu: a handler's Publishes<...> names an event that is not in the catalogue. "
                  "Add the struct to the Catalogue");
    Subscription result;
    result.event_type = E::event_type;
    (Argument<Args>::add_outputs(result.publishes), ...);
    result.invoke = [](void* handler, Effects& effects, const Delivery& delivery) {
        Event<E> event;
        decode_record(delivery.record, Single<E>::types(), &Single<E>::emplace, &event);
        effects.set_cause(&delivery.record, &event.header);
        static_cast<H*>(handler)->on(std::as_const(event),
                                     Argument<Args>(effects, &delivery).get()...);
    };
    return result;
}

template <class H, class Catalogue, class... Args>
void bind_tick(GroupBinding& binding, ArgList<Args...>) {
    static_assert((Argument<Args>::template within<Catalogue>() && ...),
                  "quipu: a tick's Publishes<...> names an event that is not in the catalogue. Add "
                  "the struct to the Catalogue");
    static_assert(!(std::is_same_v<Args, const Delivery&> || ...),
                  "quipu: a tick does not deliver an event; it takes Publishes<...>& and "
                  "Documents& only");
    (Argument<Args>::add_outputs(binding.tick_publishes), ...);
    binding.tick = [](void* handler, Effects& effects) {
        static_cast<H*>(handler)->tick(Argument<Args>(effects, nullptr).get()...);
    };
}

template <class H, class Catalogue, class Entry>
void add_subscription(GroupBinding& binding) {
    using E = typename Entry::event;
    if constexpr (Handles<H, E>) {
        binding.subscriptions.push_back(
            subscription<H, Catalogue, E>(decltype(handler_args<E>(&H::on)){}));
    }
}

template <class H, class Catalogue, class... Entries>
GroupBinding bind_entries(H& handler, EntryList<Entries...>) {
    static_assert((Handles<H, typename Entries::event> || ...) || Ticks<H>,
                  "quipu: this group handles no event of the catalogue. Write `void on(const "
                  "quipu::Event<E>& event)` for an E of it");
    static_assert(check_group<H>(EntryList<Entries...>{}));
    static_assert(is_topic_name(H::group),
                  "quipu: the name of this group is illegal. Use 1 to 200 of the characters a-z "
                  "A-Z 0-9 . _ -");
    GroupBinding binding;
    binding.group = H::group;
    binding.handler = &handler;
    if constexpr (has_options<H>) binding.options = H::options;
    (add_subscription<H, Catalogue, Entries>(binding), ...);
    if constexpr (Ticks<H>) {
        bind_tick<H, Catalogue>(binding, decltype(tick_args(&H::tick)){});
    }
    return binding;
}

/// Passes when some group handles E; its name carries the struct into the compiler's message.
template <class E, bool handled>
struct EventIsOwned {
    static_assert(handled,
                  "quipu: no group handles this event of the catalogue. Give a group `void "
                  "on(const quipu::Event<E>&)`, or list it as quipu::Terminal<E> (the end of a "
                  "flow) or quipu::External<E> (handled by another program)");
    static constexpr bool value = handled;
};
template <class First, class Second, bool differ>
struct GroupNamesDiffer {
    static_assert(differ,
                  "quipu: two groups have the same name. Rename one: a consumer group is one "
                  "position in the log");
    static constexpr bool value = differ;
};

template <class E, class... Groups>
inline constexpr bool is_handled = (Handles<Groups, E> || ...);

template <class... Groups, class... Entries>
consteval bool events_are_owned(EntryList<Entries...>) {
    return (EventIsOwned < typename Entries::event,
            !Entries::needs_handler || is_handled < typename Entries::event,
            Groups... >> ::value && ...);
}
template <class... Groups>
consteval bool group_names_differ() {
    constexpr EqualPair equal =
        find_equal(std::array<std::string_view, sizeof...(Groups)>{Groups::group...});
    using All = std::tuple<Groups*...>;
    return GroupNamesDiffer < std::remove_pointer_t<std::tuple_element_t<equal.first, All>>,
           std::remove_pointer_t<std::tuple_element_t<equal.second, All>>,
           equal.first == equal.second > ::value;
}

}  // namespace detail

/// Binds a handler object, which must outlive the binding. These do not compile: an `on` for an
/// event outside the catalogue, a Publishes<...> that names one, and an argument other than
/// Publishes<...>&, Documents& and const Delivery&.
template <class Catalogue, detail::Group H>
GroupBinding bind_group(H& handler) {
    return detail::bind_entries<H, Catalogue>(handler, typename Catalogue::Entries{});
}

/// Does not compile unless every function of a group that looks like a handler or a tick is one,
/// every event of the catalogue is handled, Terminal or External, and all groups have different
/// names. It cannot detect a handler that a derived class hides, nor a misspelt name that resembles
/// neither `on` nor `tick`; the command `run` prints the subscriptions that were found.
template <class Catalogue, class... Groups>
consteval bool check_groups() {
    if constexpr (sizeof...(Groups) > 0) {
        if constexpr (!(detail::Group<Groups> && ...)) {
            return (detail::GroupIsNamed<Groups, detail::Group<Groups>>::checked && ...);
        } else {
            static_assert((detail::check_group<Groups>(typename Catalogue::Entries{}) && ...));
            static_assert(detail::group_names_differ<Groups...>());
        }
    }
    static_assert(detail::events_are_owned<Groups...>(typename Catalogue::Entries{}));
    return true;
}

}  // namespace quipu
