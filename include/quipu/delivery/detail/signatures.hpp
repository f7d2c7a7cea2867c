// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <string_view>
#include <type_traits>

#include "quipu/delivery/options.hpp"
#include "quipu/event/catalogue.hpp"
#include "quipu/event/event.hpp"

// Every function named `on` or `tick` of a group either is a handler, or the program does not
// compile. A class's overloads cannot be listed before C++26, so the checks call `on` with probes:
// objects that convert to exactly those parameter types that no handler may have. A fallback
// `on(...)` is chosen only when no overload accepts the probe.
namespace quipu::detail {

template <class... Args>
struct ArgList {};

template <class E, class Handler, class... Args>
ArgList<Args...> handler_args(void (Handler::*)(const Event<E>&, Args...));
template <class E, class Handler, class... Args>
ArgList<Args...> handler_args(void (Handler::*)(const Event<E>&, Args...) const);
template <class Handler, class... Args>
ArgList<Args...> tick_args(void (Handler::*)(Args...));
template <class Handler, class... Args>
ArgList<Args...> tick_args(void (Handler::*)(Args...) const);

/// H has exactly one well-formed handler for E.
template <class H, class E>
concept Handles = requires { handler_args<E>(&H::on); };
/// H has exactly one well-formed tick.
template <class H>
concept Ticks = requires { tick_args(&H::tick); };
template <class H>
concept Group = requires {
    { H::group } -> std::convertible_to<std::string_view>;
};

// Whether H has a member of a name, accessible or not: with a second one inherited beside it, the
// name is ambiguous.
struct NamedOn {
    void on();
};
struct NamedTick {
    void tick();
};
template <class H, class Named>
struct Beside : H, Named {};
template <class H>
inline constexpr bool has_on = !requires { &Beside<H, NamedOn>::on; };
template <class H>
inline constexpr bool has_tick = !requires { &Beside<H, NamedTick>::tick; };

// Converts to a reference to, or a value of, each type that `Accepted` accepts.
template <class Accepted>
struct Probe {
    template <class T>
        requires(Accepted::template accepts<std::remove_cv_t<T>>)
    operator T&() const;  // NOLINT(google-explicit-constructor)
    template <class T>
        requires(Accepted::template accepts<std::remove_cv_t<T>>)
    operator T&&() const;  // NOLINT(google-explicit-constructor)
};
template <class T>
inline constexpr bool is_event_of_struct = false;
template <class E>
inline constexpr bool is_event_of_struct<Event<E>> = true;
template <class T, class H, class... Events>
inline constexpr bool lacks_handler = false;
template <class E, class H, class... Events>
inline constexpr bool lacks_handler<Event<E>, H, Events...> =
    !Handles<H, E> || !(std::is_same_v<E, Events> || ...);

template <class T, class H>
inline constexpr bool never_handled = false;
template <class E, class H>
inline constexpr bool never_handled<Event<E>, H> = !Handles<H, E>;

struct OtherThanEvents {
    template <class T>
    static constexpr bool accepts = !is_event_of_struct<T> && !EventStruct<T>;
};
template <class H, class... Events>
struct NotHandledBy {
    template <class T>
    static constexpr bool accepts = EventStruct<T> || lacks_handler<T, H, Events...>;
};
template <class H>
struct NeverHandledBy {
    template <class T>
    static constexpr bool accepts = never_handled<T, H>;
};
template <class E>
struct EventOf {
    template <class T>
    static constexpr bool accepts = std::is_same_v<T, Event<E>>;
};
template <class E>
struct StructOf {
    template <class T>
    static constexpr bool accepts = std::is_same_v<T, E>;
};
template <class E>
struct EventOrStructOf {
    template <class T>
    static constexpr bool accepts = std::is_same_v<T, Event<E>> || std::is_same_v<T, E>;
};

struct NotTaken {};
template <class H>
struct WithFallback : H {
    using H::on;
    NotTaken on(...) const;
};
template <class H, class... Args>
inline constexpr bool not_taken = requires(WithFallback<H>& handler, Args... args) {
    { handler.on(args...) } -> std::same_as<NotTaken>;
};

// Whether some `on` takes P, at any place among up to three other arguments.
using Other = Probe<OtherThanEvents>;
template <class H, class P>
inline constexpr bool takes =
    !(not_taken<H, P> && not_taken<H, P, Other> && not_taken<H, P, Other, Other> &&
      not_taken<H, P, Other, Other, Other> && not_taken<H, Other, P> &&
      not_taken<H, Other, P, Other> && not_taken<H, Other, Other, P> &&
      not_taken<H, Other, P, Other, Other> && not_taken<H, Other, Other, P, Other> &&
      not_taken<H, Other, Other, Other, P>);

// Whether the handler for E is the only `on` that takes Event<E>.
template <class H, class P, class... Others>
inline constexpr bool taken_once = requires(WithFallback<H>& handler, P event, Others... others) {
    { handler.on(event, others...) } -> std::same_as<void>;
};
template <class Arg>
using OtherFor = Other;
template <class H, class E, class... Args>
consteval bool handled_once_with(ArgList<Args...>) {
    using P = Probe<EventOf<E>>;
    constexpr std::size_t count = sizeof...(Args);
    return taken_once<H, P, OtherFor<Args>...> && (count == 0 || not_taken<H, P>) &&
           (count == 1 || not_taken<H, P, Other>) &&
           (count == 2 || not_taken<H, P, Other, Other>) &&
           (count == 3 || not_taken<H, P, Other, Other, Other>) && not_taken<H, Other, P> &&
           not_taken<H, Other, P, Other> && not_taken<H, Other, Other, P>;
}
/// True when H does not handle E, or does and no other `on` takes Event<E>.
template <class H, class E>
consteval bool handled_once() {
    if constexpr (Handles<H, E>) {
        return handled_once_with<H, E>(decltype(handler_args<E>(&H::on)){});
    }
    return true;
}
/// True when an `on` takes E, by event or bare, and is not its handler.
template <class H, class E>
inline constexpr bool takes_badly =
    Handles<H, E> ? takes<H, Probe<StructOf<E>>> || !handled_once<H, E>()
                  : takes<H, Probe<EventOrStructOf<E>>>;

// Each of these carries the group, and where there is one the event, into the compiler's message.
template <class Group, bool fits>
struct GroupIsNamed {
    static_assert(fits,
                  "quipu: this group has no name. Write `static constexpr std::string_view group = "
                  "\"...\";`");
    static constexpr bool checked = true;
};
template <class Group, bool fits>
struct GroupMakesItself {
    static_assert(fits,
                  "quipu: this group's constructor needs arguments. Create the object yourself and "
                  "pass it as in App(argc, argv, group)");
    static constexpr bool checked = true;
};
template <class Group, bool fits>
struct GroupIsNotFinal {
    static_assert(fits,
                  "quipu: this group is final, so its handlers cannot be checked. Remove `final`");
    static constexpr bool checked = true;
};
template <class Group, class E, bool fits>
struct HandlerFits {
    static_assert(
        fits,
        "quipu: this group takes this event in an `on` that is not a handler. Write one "
        "`void on(const quipu::Event<E>& event)`: the event first and by const reference, "
        "nothing returned, not static");
    static constexpr bool checked = true;
};
template <class Group, bool fits>
struct HandlersAreOfTheCatalogue {
    static_assert(fits,
                  "quipu: this group has an `on` for an event that is not in the catalogue. Add "
                  "the struct to the Catalogue, or remove the handler");
    static constexpr bool checked = true;
};
template <class Group, bool fits>
struct OnIsAHandler {
    static_assert(fits,
                  "quipu: no `on` of this group is a handler. Write `void on(const "
                  "quipu::Event<E>& event)` for an event E of the catalogue; a template cannot be "
                  "one");
    static constexpr bool checked = true;
};
template <class Group, bool fits>
struct TickFits {
    static_assert(fits,
                  "quipu: this group has a `tick` that cannot be called. Write one `void tick()`: "
                  "not static, not a template, returning nothing");
    static constexpr bool checked = true;
};
template <class Group, bool fits>
struct TickHasInterval {
    static_assert(fits,
                  "quipu: this group's tick is never called: it has no interval. Write `static "
                  "constexpr quipu::GroupOptions options{.tick_interval = ...};`");
    static constexpr bool checked = true;
};
template <class Group, bool fits>
struct IntervalHasTick {
    static_assert(fits,
                  "quipu: this group's options have a tick_interval, but it has no tick. Write "
                  "`void tick()`, or remove the interval");
    static constexpr bool checked = true;
};
template <class Group, bool fits>
struct NameIsRight {
    static_assert(fits,
                  "quipu: this group has a member `On`, `handle`, `Tick`, `option` or the like, "
                  "which is never used. The names are `on`, `tick` and `options`");
    static constexpr bool checked = true;
};
template <class Group, bool fits>
struct OptionsAreGroupOptions {
    static_assert(fits,
                  "quipu: this group's `options` are not GroupOptions. Write `static constexpr "
                  "quipu::GroupOptions options{...};`");
    static constexpr bool checked = true;
};

template <class H>
inline constexpr bool has_options = requires { H::options; };
template <class H>
consteval bool options_fit() {
    if constexpr (has_options<H>) {
        return std::is_same_v<decltype(&H::options), const GroupOptions*> ||
               std::is_same_v<decltype(&H::options), GroupOptions*>;
    }
    return true;
}
// Options that are no constant are not looked into.
template <class H>
inline constexpr bool options_are_constant =
    requires { typename std::bool_constant<(H::options.tick_interval.count() > 0)>; };
template <class H>
consteval bool options_are_known() {
    return !has_options<H> || options_are_constant<H>;
}
template <class H>
consteval bool has_interval() {
    if constexpr (options_fit<H>() && options_are_constant<H>)
        return H::options.tick_interval.count() > 0;
    return false;
}

// A public member of a wrong name, in the shape that the right one would have.
struct Unrelated {};
template <class H, class... Args>
inline constexpr bool has_misnamed_on =
    requires(H& group, Args... args) { group.On(args...); } ||
    requires(H& group, Args... args) { group.handle(args...); } ||
    requires(H& group, Args... args) { group.Handle(args...); } ||
    requires(H& group, Args... args) { group.on_event(args...); } ||
    requires(H& group, Args... args) { group.onEvent(args...); };
template <class H>
inline constexpr bool has_misnamed_tick = requires(H& group) {
    group.Tick();
} || requires(H& group) { group.on_tick(); } || requires(H& group) { group.onTick(); };
template <class H>
inline constexpr bool has_misnamed_options = requires { H::option.tick_interval; } || requires {
    H::Options.tick_interval;
} || requires { H::group_options.tick_interval; };
template <class H>
consteval bool names_are_right() {
    using P = Probe<NeverHandledBy<H>>;
    return !((has_misnamed_on<H, P> && !has_misnamed_on<H, Unrelated>) ||
             (has_misnamed_on<H, P, Other> && !has_misnamed_on<H, Unrelated, Other>) ||
             (has_misnamed_tick<H> && !has_tick<H>) ||
             (has_misnamed_options<H> && !has_options<H>));
}

/// Does not compile when a function or option of group H almost fits, as the messages above say.
/// Every level of templates costs three lines of the compiler's message, so this is one function.
template <class H, class... Entries>
consteval bool check_group(EntryList<Entries...>) {
    if constexpr (std::is_final_v<H>) return GroupIsNotFinal<H, false>::checked;
    if constexpr (!std::is_final_v<H> && has_on<H>) {
        if constexpr (takes<H, Probe<NotHandledBy<H, typename Entries::event...>>>) {
            // Which event it is costs a look at each, and is asked in this case only.
            if constexpr ((takes_badly<H, typename Entries::event> || ...)) {
                return (HandlerFits<H, typename Entries::event,
                                    !takes_badly<H, typename Entries::event>>::checked &&
                        ...);
            } else {
                return HandlersAreOfTheCatalogue<H, false>::checked;
            }
        } else if constexpr (!(Handles<H, typename Entries::event> || ...)) {
            return OnIsAHandler<H, false>::checked;
        } else if constexpr (!(handled_once<H, typename Entries::event>() && ...)) {
            return (HandlerFits<H, typename Entries::event,
                                handled_once<H, typename Entries::event>()>::checked &&
                    ...);
        }
    }
    if constexpr (!std::is_final_v<H>) {
        constexpr bool ticks = has_tick<H>;
        if constexpr (ticks && !Ticks<H>) return TickFits<H, false>::checked;
        if constexpr (!options_fit<H>()) return OptionsAreGroupOptions<H, false>::checked;
        if constexpr (ticks && options_are_known<H>() && !has_interval<H>()) {
            return TickHasInterval<H, false>::checked;
        }
        if constexpr (!ticks && has_interval<H>()) return IntervalHasTick<H, false>::checked;
        if constexpr (!names_are_right<H>()) return NameIsRight<H, false>::checked;
    }
    return true;
}

}  // namespace quipu::detail
