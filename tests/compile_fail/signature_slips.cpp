// SPDX-License-Identifier: Apache-2.0
// Groups whose functions or options are one slip away from right. Placed makes each a valid group.
// case ByValue: ByValue | Shipped | is not a handler
// case ByReference: ByReference | Shipped | is not a handler
// case ByRvalue: ByRvalue | Shipped | is not a handler
// case BareStruct: BareStruct | Shipped | is not a handler
// case BareBesideRight: BareBesideRight | Placed | is not a handler
// case ReturnsResult: ReturnsResult | Shipped | is not a handler
// case Static: Static | Shipped | is not a handler
// case EventLast: EventLast | Shipped | is not a handler
// case TwoForOneEvent: TwoForOneEvent | Placed | is not a handler
// case ValueBesideRight: ValueBesideRight | Placed | is not a handler
// case OfNoCatalogue: OfNoCatalogue | not in the catalogue
// case TemplateBesideTick: TemplateBesideTick | a template cannot be
// case TemplateBesideRight: TemplateBesideRight | is not a handler
// case TickWithoutInterval: TickWithoutInterval | has no interval
// case IntervalWithoutTick: IntervalWithoutTick | has no tick
// case TickReturnsResult: TickReturnsResult | `tick` that cannot be called
// case StaticTick: StaticTick | `tick` that cannot be called
// case TemplateTick: TemplateTick | `tick` that cannot be called
// case CapitalOn: CapitalOn | The names are `on`, `tick` and `options`
// case Handle: Handle | The names are `on`, `tick` and `options`
// case CapitalTick: CapitalTick | The names are `on`, `tick` and `options`
// case OptionForOptions: OptionForOptions | The names are `on`, `tick` and `options`
// case OptionsOfOtherType: OptionsOfOtherType | `options` are not GroupOptions
// case OptionsOfObject: OptionsOfObject | `options` are not GroupOptions
// case Final: Final | Remove `final`
// case NeedsArguments: NeedsArguments | constructor needs arguments
// case NoName: NoName | has no name
#include <quipu/app/app.hpp>

struct Placed {
    static constexpr std::string_view event_type = "placed";
    std::string order_id;
};
struct Shipped {
    static constexpr std::string_view event_type = "shipped";
    std::string order_id;
};
struct Cancelled {
    static constexpr std::string_view event_type = "cancelled";
    std::string order_id;
};

template <class T>
using Event = quipu::Event<T>;
constexpr quipu::GroupOptions every_second{.tick_interval = std::chrono::seconds{1}};

struct Owner {
    static constexpr std::string_view group = "owner";
    void on(const Event<Placed>&) {}
    void on(const Event<Shipped>&) {}
};

struct ByValue {
    static constexpr std::string_view group = "wrong";
    void on(const Event<Placed>&) {}
    void on(Event<Shipped>) {}
};
struct ByReference {
    static constexpr std::string_view group = "wrong";
    void on(const Event<Placed>&) {}
    void on(Event<Shipped>&) {}
};
struct ByRvalue {
    static constexpr std::string_view group = "wrong";
    void on(const Event<Placed>&) {}
    void on(Event<Shipped>&&) {}
};
struct BareStruct {
    static constexpr std::string_view group = "wrong";
    void on(const Event<Placed>&) {}
    void on(const Shipped&) {}
};
struct BareBesideRight {
    static constexpr std::string_view group = "wrong";
    void on(const Event<Placed>&) {}
    void on(const Placed&, quipu::Documents&) {}
};
struct ReturnsResult {
    static constexpr std::string_view group = "wrong";
    void on(const Event<Placed>&) {}
    bool on(const Event<Shipped>&) { return true; }
};
struct Static {
    static constexpr std::string_view group = "wrong";
    void on(const Event<Placed>&) {}
    static void on(const Event<Shipped>&) {}
};
struct EventLast {
    static constexpr std::string_view group = "wrong";
    void on(const Event<Placed>&) {}
    void on(quipu::Documents&, const quipu::Delivery&, const Event<Shipped>&) {}
};
struct TwoForOneEvent {
    static constexpr std::string_view group = "wrong";
    void on(const Event<Placed>&) {}
    void on(const Event<Placed>&, quipu::Documents&) {}
};
struct ValueBesideRight {
    static constexpr std::string_view group = "wrong";
    void on(const Event<Placed>&) {}
    void on(Event<Placed>) {}
};
struct OfNoCatalogue {
    static constexpr std::string_view group = "wrong";
    void on(const Event<Placed>&) {}
    void on(const Event<Cancelled>&, quipu::Documents&) {}
};
struct TemplateBesideTick {
    static constexpr std::string_view group = "wrong";
    static constexpr quipu::GroupOptions options = every_second;
    template <class T>
    void on(const Event<T>&) {}
    void tick() {}
};
struct TemplateBesideRight {
    static constexpr std::string_view group = "wrong";
    void on(const Event<Placed>&) {}
    template <class T>
    void on(const Event<T>&) {}
};
struct TickWithoutInterval {
    static constexpr std::string_view group = "wrong";
    void on(const Event<Placed>&) {}
    void tick() {}
};
struct IntervalWithoutTick {
    static constexpr std::string_view group = "wrong";
    static constexpr quipu::GroupOptions options = every_second;
    void on(const Event<Placed>&) {}
};
struct TickReturnsResult {
    static constexpr std::string_view group = "wrong";
    static constexpr quipu::GroupOptions options = every_second;
    void on(const Event<Placed>&) {}
    int tick() { return 0; }
};
struct StaticTick {
    static constexpr std::string_view group = "wrong";
    static constexpr quipu::GroupOptions options = every_second;
    void on(const Event<Placed>&) {}
    static void tick() {}
};
struct TemplateTick {
    static constexpr std::string_view group = "wrong";
    static constexpr quipu::GroupOptions options = every_second;
    void on(const Event<Placed>&) {}
    template <class T>
    void tick(T&) {}
};
struct CapitalOn {
    static constexpr std::string_view group = "wrong";
    void on(const Event<Placed>&) {}
    void On(const Event<Shipped>&) {}
};
struct Handle {
    static constexpr std::string_view group = "wrong";
    void on(const Event<Placed>&) {}
    void handle(const Event<Shipped>&, quipu::Documents&) {}
};
struct CapitalTick {
    static constexpr std::string_view group = "wrong";
    void on(const Event<Placed>&) {}
    void Tick() {}
};
struct OptionForOptions {
    static constexpr std::string_view group = "wrong";
    static constexpr quipu::GroupOptions option{.serial = true};
    void on(const Event<Placed>&) {}
};
struct OptionsOfOtherType {
    static constexpr std::string_view group = "wrong";
    static constexpr int options = 4;
    void on(const Event<Placed>&) {}
};
struct OptionsOfObject {
    static constexpr std::string_view group = "wrong";
    quipu::GroupOptions options{.serial = true};
    void on(const Event<Placed>&) {}
};
struct Final final {
    static constexpr std::string_view group = "wrong";
    void on(const Event<Placed>&) {}
};
struct NeedsArguments {
    static constexpr std::string_view group = "wrong";
    explicit NeedsArguments(int) {}
    void on(const Event<Placed>&) {}
};
struct NoName {
    void on(const Event<Placed>&) {}
};

// What is right compiles, with helpers of any name beside it.
struct Right {
    static constexpr std::string_view group = "right";
    static constexpr quipu::GroupOptions options = every_second;
    void on(const Event<Placed>& event, const quipu::Delivery&) const { handle(event); }
    void on(const Event<Shipped>&, quipu::Publishes<Placed>&, quipu::Documents&) noexcept {}
    void tick(quipu::Documents&) const {}
    void handle(const Event<Placed>&) const {}
    template <class T>
    void on_event(const T&) const {}
};
struct TicksOnly {
    static constexpr std::string_view group = "ticks_only";
    static constexpr quipu::GroupOptions options = every_second;
    void tick(quipu::Publishes<Placed>&) {}
};

using Events = quipu::Catalogue<Placed, Shipped>;
int main(int argc, char** argv) {
#ifdef RIGHT
    return quipu::App<Events, Owner, Right, TicksOnly>{argc, argv}.run();
#else
    return quipu::App<Events, Owner, CASE>{argc, argv}.run();
#endif
}
