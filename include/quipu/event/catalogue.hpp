// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "quipu/event/event.hpp"
#include "quipu/event/indexed.hpp"
#include "quipu/event/policy.hpp"
#include "quipu/event/reflect.hpp"

namespace quipu {

/// In a catalogue: an event that ends a flow, so that no group has to handle it.
template <EventStruct T>
struct Terminal {};

/// In a catalogue: an event that another program handles.
template <EventStruct T>
struct External {};

/// In a catalogue: events that share a policy (see policy.hpp).
template <class Policy, class... Items>
struct Category {};

/// The description of one event type at run time.
struct EventInfo {
    std::string_view event_type;
    const StructInfo* payload = nullptr;
    bool terminal = false;
    bool external = false;
    std::string_view category;
    RetryPolicy retry;
    TopicPolicy topic;
    std::vector<std::string_view> indexed = {};  ///< fields that the struct declares as indexed
};

/// The closed set of a catalogue's event types at run time. Immutable, so any thread may use it.
class EventTypes {
  public:
    explicit EventTypes(std::vector<EventInfo> infos);

    [[nodiscard]] const std::vector<EventInfo>& all() const noexcept { return infos_; }
    /// The index of a type in all(); npos if it is not in the catalogue. Constant time.
    [[nodiscard]] std::size_t index_of(std::string_view event_type) const noexcept;
    /// Null if the type is not in the catalogue. Constant time.
    [[nodiscard]] const EventInfo* find(std::string_view event_type) const noexcept;
    /// The event type that is most similar to `event_type`, for "did you mean".
    [[nodiscard]] std::string_view nearest(std::string_view event_type) const;
    /// The fields that at least one event declares as indexed, sorted and without repetition. Pass
    /// them to the stores (SqliteOptions::indexed, MongoOptions::indexed).
    [[nodiscard]] std::vector<std::string> indexed_fields() const;

    static constexpr std::size_t npos = static_cast<std::size_t>(-1);

  private:
    [[nodiscard]] std::size_t slot_of(std::string_view event_type) const noexcept;

    std::vector<EventInfo> infos_;
    std::vector<std::uint32_t> slots_;  // open addressing: index + 1, 0 where free
};

/// Where a decoder stores the parts of an event.
struct EventTarget {
    EventHeader* header = nullptr;
    void* data = nullptr;
    Extra* unknown = nullptr;
};

/// Whether Kafka accepts `name` as a topic, with room for a prefix: 1 to 200 of the characters
/// a-z A-Z 0-9 . _ - and neither "." nor "..". Kafka's own limit is 249 characters.
[[nodiscard]] constexpr bool is_topic_name(std::string_view name) noexcept {
    if (name.empty() || name.size() > 200 || name == "." || name == "..") return false;
    constexpr std::string_view allowed =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    return name.find_first_not_of(allowed) == name.npos;
}

namespace detail {

/// One entry of a catalogue as the compiler knows it.
struct EventSource {
    std::string_view event_type;
    const StructInfo& (*payload)();
    bool terminal;
    bool external;
    std::string_view category;
    const RetryPolicy* retry;
    const TopicPolicy* topic;
    std::span<const std::string_view> indexed = {};
};

EventTypes make_event_types(std::span<const EventSource> sources);

template <class Event, class Policy, bool is_terminal, bool is_external>
struct Entry {
    using event = Event;

    static constexpr EventSource source{Event::event_type, &struct_info<Event>,    is_terminal,
                                        is_external,       Policy::name,           &Policy::retry,
                                        &Policy::topic,    indexed_fields<Event>()};
    static constexpr bool needs_handler = !is_terminal && !is_external;
};

template <class... Entries>
struct EntryList {};

template <class... Lists>
struct Concat {
    using type = EntryList<>;
};
template <class... A>
struct Concat<EntryList<A...>> {
    using type = EntryList<A...>;
};
template <class... A, class... B, class... Rest>
struct Concat<EntryList<A...>, EntryList<B...>, Rest...> {
    using type = typename Concat<EntryList<A..., B...>, Rest...>::type;
};

template <class Policy, class Item>
struct Flatten {
    static_assert(EventStruct<Item>,
                  "quipu: this struct of the catalogue is not an event. Add `static constexpr "
                  "std::string_view event_type = \"...\";`");
    using type = EntryList<Entry<Item, Policy, false, false>>;
};
template <class Policy, class T>
struct Flatten<Policy, Terminal<T>> {
    using type = EntryList<Entry<T, Policy, true, false>>;
};
template <class Policy, class T>
struct Flatten<Policy, External<T>> {
    using type = EntryList<Entry<T, Policy, false, true>>;
};
template <class Outer, class Policy, class... Items>
struct Flatten<Outer, Category<Policy, Items...>> {
    using type = typename Concat<EntryList<>, typename Flatten<Policy, Items>::type...>::type;
};

template <class Struct>
struct TopicNameIsLegal {
    static_assert(is_topic_name(Struct::event_type),
                  "quipu: the event_type of this struct is not a legal topic name. Use 1 to 200 of "
                  "the characters a-z A-Z 0-9 . _ -");
    static constexpr bool value = is_topic_name(Struct::event_type);
};

struct EqualPair {
    std::size_t first = 0;
    std::size_t second = 0;
};

template <class First, class Second>
struct EventTypesDiffer {
    static_assert(First::event_type != Second::event_type,
                  "quipu: two structs of the catalogue have the same event_type. Rename one of "
                  "them: an event type is one topic and one struct");
    static constexpr bool value = true;
};
template <class Same>
struct EventTypesDiffer<Same, Same> {
    static constexpr bool value = true;
};
template <class Structs, EqualPair equal>
inline constexpr bool event_types_differ =
    EventTypesDiffer<std::remove_pointer_t<std::tuple_element_t<equal.first, Structs>>,
                     std::remove_pointer_t<std::tuple_element_t<equal.second, Structs>>>::value;

template <std::size_t n>
consteval EqualPair find_equal(const std::array<std::string_view, n>& names) {
    for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = i + 1; j < n; ++j) {
            if (names[i] == names[j]) return {i, j};
        }
    }
    return {};
}

template <class List>
struct CatalogueOf;

template <class... Entries>
struct CatalogueOf<EntryList<Entries...>> {
    static_assert(sizeof...(Entries) > 0, "quipu: a catalogue names at least one event");
    static_assert((TopicNameIsLegal<typename Entries::event>::value && ...));
    static constexpr EqualPair equal =
        find_equal(std::array<std::string_view, sizeof...(Entries)>{Entries::event::event_type...});
    using structs = std::tuple<typename Entries::event*...>;
    static_assert(event_types_differ<structs, equal>);

    using AnyEvent = std::variant<Unknown, Event<typename Entries::event>...>;

    template <class T>
    static constexpr bool contains = (std::is_same_v<T, typename Entries::event> || ...);

    static const EventTypes& types() {
        static constexpr std::array<EventSource, sizeof...(Entries)> sources{Entries::source...};
        static const EventTypes all = make_event_types(sources);
        return all;
    }

    /// Makes `any` hold an event of the type with that index and returns where its parts are.
    static EventTarget emplace(void* any, std::size_t index) {
        using Make = EventTarget (*)(AnyEvent&);
        static constexpr std::array<Make, sizeof...(Entries)> makers{[](AnyEvent& value) {
            auto& event = value.template emplace<Event<typename Entries::event>>();
            return EventTarget{&event.header, &event.data, &event.unknown};
        }...};
        return makers[index](*static_cast<AnyEvent*>(any));
    }
};

}  // namespace detail

/// The events of a program: the closed set of types, the union that events are decoded into
/// (AnyEvent), and the lookup by event type. Items are event structs, Terminal<E>, External<E> and
/// Category<Policy, items...>.
///
/// Two structs with the same event_type do not compile, nor does an event_type that is not a legal
/// topic name. Derive from a long catalogue to give it a name, which keeps the compiler's messages
/// short:
///
///     struct Events : quipu::Catalogue<UserGreeted, quipu::Terminal<UserLeft>> {};
template <class... Items>
struct Catalogue
    : detail::CatalogueOf<
          typename detail::Flatten<DefaultPolicy, Category<DefaultPolicy, Items...>>::type> {
    using Entries =
        typename detail::Flatten<DefaultPolicy, Category<DefaultPolicy, Items...>>::type;
};

}  // namespace quipu
