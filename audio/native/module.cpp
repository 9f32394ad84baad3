// The Python face of the bridge; audio/_bridge.pyi is its documentation.
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bank.hpp"
#include "status.hpp"

namespace py = pybind11;
using namespace veridial;

namespace {

using GilRelease = py::call_guard<py::gil_scoped_release>;
using Items = std::vector<std::pair<std::shared_ptr<Prompt>, int>>;

std::shared_ptr<Prompt> make_prompt(const py::array& samples, int rate) {
    if (!py::isinstance<py::array_t<std::int16_t>>(samples) || samples.ndim() != 1 ||
        !(samples.flags() & py::array::c_style)) {
        throw py::type_error("a prompt is a one-dimensional, contiguous int16 array");
    }
    if (samples.size() == 0) throw py::value_error("a prompt has at least one sample");
    const auto* first = static_cast<const std::int16_t*>(samples.data());
    if (rate != 8000 && rate != 16000) throw py::value_error("rate is 8000 or 16000");
    return std::make_shared<Prompt>(std::vector<std::int16_t>(first, first + samples.size()), rate);
}

std::unique_ptr<Playlist> make_playlist(std::int64_t play_id, const Items& items,
                                        EventQueue& events) {
    if (items.empty()) throw py::value_error("a playlist has at least one prompt");
    std::vector<PlaylistItem> list;
    for (const auto& [prompt, policy] : items) {
        if (!prompt) throw py::type_error("a playlist holds (Prompt, policy) pairs, not None");
        if (policy < 0 || policy > 2) throw py::value_error("policy is 0, 1 or 2");
        list.push_back({prompt, static_cast<Policy>(policy)});
    }
    return std::make_unique<Playlist>(play_id, std::move(list), events);
}

py::object place(const Place& place) {
    if (place.sample < 0) return py::none();
    return py::make_tuple(place.play_id, place.sample);
}

// A writable, C-contiguous array of T with the given shape; -1 stands for any length.
template <typename T>
T* buffer(py::array& array, const char* name, std::initializer_list<py::ssize_t> shape) {
    bool fits = py::isinstance<py::array_t<T>>(array) && array.writeable() &&
                (array.flags() & py::array::c_style) &&
                array.ndim() == static_cast<py::ssize_t>(shape.size());
    if (fits) {
        py::ssize_t axis = 0;
        for (const py::ssize_t length : shape) {
            fits = fits && (length < 0 || array.shape(axis) == length);
            ++axis;
        }
    }
    if (!fits) {
        throw py::type_error(std::string(name) +
                             " has not the dtype or shape that collect() writes");
    }
    return static_cast<T*>(array.mutable_data());
}

std::size_t collect(Bank& bank, py::array frames, py::array handles, py::array taken,
                    py::array over, py::array peaks) {
    Bank::Out out{};
    out.frames = buffer<std::int16_t>(frames, "frames", {-1, bank.samples()});
    const py::ssize_t room = frames.shape(0);
    out.handles = buffer<std::int64_t>(handles, "handles", {room});
    out.taken = buffer<std::int64_t>(taken, "taken", {room});
    out.over = buffer<std::int8_t>(over, "over", {room});
    out.peaks = buffer<std::int32_t>(peaks, "peaks", {room});
    out.room = static_cast<std::size_t>(room);
    return bank.collect(out);
}

bool recent(Bank& bank, std::int64_t handle, std::int64_t taken, py::array heard, py::array said) {
    auto* theirs = buffer<std::int16_t>(heard, "heard", {-1, bank.samples()});
    const py::ssize_t count = heard.shape(0);
    auto* ours = buffer<std::int16_t>(said, "said", {count, bank.samples()});
    return bank.find(handle)->recent().take(taken, theirs, ours, count);
}

std::size_t take(Tap& tap, py::array frames, py::array periods) {
    auto* to = buffer<std::int16_t>(frames, "frames", {-1, 2, tap.samples()});
    const py::ssize_t room = frames.shape(0);
    auto* numbers = buffer<std::int64_t>(periods, "periods", {room});
    return tap.take(to, numbers, static_cast<std::size_t>(room));
}

py::list as_tuples(const std::vector<PlaybackEvent>& events) {
    py::list list;
    for (const PlaybackEvent& event : events) {
        list.append(py::make_tuple(static_cast<int>(event.kind), event.handle, event.at,
                                   event.play_id, event.sample, event.completed));
    }
    return list;
}

// One call's playback without a conference, as fast as one asks for frames.
struct Offline : std::enable_shared_from_this<Offline> {
    explicit Offline(int rate) : samples(rate / 50), player_(rate, 1, events) {
        if (rate != 8000 && rate != 16000) throw py::value_error("rate is 8000 or 16000");
    }
    py::array_t<std::int16_t> render(int frames) {
        py::array_t<std::int16_t> out({frames, samples});
        for (int i = 0; i < frames; ++i) player_.render(out.mutable_data(i, 0), samples, 0);
        return out;
    }
    Player& player() { return player_; }
    EventQueue& event_queue() { return events; }

    const int samples;
    EventQueue events;

private:
    Player player_;
};

// The commands on one playback: of the bridge, where Key is the handle, and of a lone player.
// `find` gives a shared pointer to whatever has a player().
template <typename... Key>
struct Playback {
    template <typename Class, typename Find, typename... Names>
    static void bind(Class& owner, Find find, const Names&... key) {
        using Owner = typename Class::type;
        owner
            .def(
                "play",
                [find](Owner& self, Key... key, std::int64_t play_id, const Items& items,
                       bool armed) {
                    // Before find(), which makes room for the events of this list too.
                    auto list = make_playlist(play_id, items, self.event_queue());
                    find(self, key...)->player().play(std::move(list), armed);
                },
                key..., py::arg("play_id"), py::arg("items"), py::arg("armed") = false)
            .def(
                "release",
                [find](Owner& self, Key... key) { return find(self, key...)->player().release(); },
                key...)
            .def(
                "stop",
                [find](Owner& self, Key... key) {
                    return place(find(self, key...)->player().stop());
                },
                key...)
            .def(
                "interrupt",
                [find](Owner& self, Key... key) {
                    return place(find(self, key...)->player().interrupt());
                },
                key...)
            .def(
                "duck",
                [find](Owner& self, Key... key) {
                    return place(find(self, key...)->player().duck());
                },
                key...)
            .def(
                "unduck", [find](Owner& self, Key... key) { find(self, key...)->player().unduck(); },
                key...)
            .def(
                "resume",
                [find](Owner& self, Key... key, std::int64_t play_id, std::int64_t sample,
                       bool from_pause) {
                    return find(self, key...)->player().resume(play_id, sample, from_pause);
                },
                key..., py::arg("play_id"), py::arg("sample"), py::arg("from_pause") = false)
            .def(
                "place",
                [find](Owner& self, Key... key) {
                    return place(find(self, key...)->player().place());
                },
                key...);
    }
};

py::dict counts(Bank& bank) {
    Port::reap();
    const Clock::Counts clock = bank.clock_counts();
    const Shared& shared = bank.shared();
    py::dict counts;
    counts["ticks"] = clock.ticks;
    counts["late_ticks"] = clock.late;
    counts["caught_up_ticks"] = clock.caught_up;
    counts["skipped_ticks"] = clock.skipped;
    counts["received_frames"] = shared.received.load();
    counts["sent_frames"] = shared.sent.load();
    counts["dropped_frames"] = shared.dropped.load();
    counts["underruns"] = shared.underruns.load();
    counts["live_ports"] = Port::live();
    counts["live_prompts"] = Prompt::live();
    return counts;
}

py::tuple lateness(Bank& bank) {
    const Clock::Counts clock = bank.clock_counts();
    std::vector<double> bounds;
    for (const std::int64_t bound : Clock::kBounds) bounds.push_back(static_cast<double>(bound) / 1e9);
    const std::vector<std::uint64_t> buckets(clock.lateness.begin(), clock.lateness.end());
    return py::make_tuple(bounds, buckets, static_cast<double>(clock.lateness_ns) / 1e9);
}

py::dict stats(Bank& bank, std::int64_t handle) {
    const Port::Stats stats = bank.find(handle)->stats();
    py::dict dict;
    dict["received"] = stats.received;
    dict["sent"] = stats.sent;
    dict["dropped"] = stats.dropped;
    dict["underruns"] = stats.underruns;
    return dict;
}

}  // namespace

PYBIND11_MODULE(_bridge, module) {
    module.doc() = "The native bridge between PJSIP's conference and numpy.";

    py::register_exception_translator([](std::exception_ptr error) {
        try {
            if (error) std::rethrow_exception(error);
        } catch (const UnknownHandle& unknown) {
            py::set_error(PyExc_KeyError, unknown.what());
        }
    });

    module.attr("STARTED") = static_cast<int>(PlaybackEvent::Kind::Started);
    module.attr("DONE") = static_cast<int>(PlaybackEvent::Kind::Done);
    module.attr("PLAYED") = static_cast<int>(PlaybackEvent::Kind::Played);
    module.attr("NOTHING") = static_cast<int>(Policy::None);
    module.attr("PROTECTED") = static_cast<int>(Policy::Protected);
    module.attr("DUCK") = static_cast<int>(Policy::Duck);
    module.attr("STOP") = static_cast<int>(Policy::Stop);

    py::class_<Prompt, std::shared_ptr<Prompt>>(module, "Prompt")
        .def(py::init(&make_prompt), py::arg("samples"), py::arg("rate") = 8000)
        .def("__len__", &Prompt::size);

    py::class_<Tap, std::shared_ptr<Tap>>(module, "Tap")
        .def_property_readonly("frame_samples", &Tap::samples)
        .def_property_readonly("lost", &Tap::lost)
        .def_property_readonly("ended", &Tap::ended)
        .def("stop", &Tap::stop)
        .def("take", &take, py::arg("frames"), py::arg("periods"));

    py::class_<Bank> bridge(module, "Bridge");
    bridge
        .def(py::init<int>(), py::arg("rate") = 8000)
        .def_property_readonly("rate", &Bank::rate)
        .def_property_readonly("frame_samples", &Bank::samples)
        .def_property_readonly("realtime", &Bank::realtime)
        .def("start", &Bank::start, GilRelease())
        .def("shutdown", &Bank::shutdown, GilRelease())
        .def("open", &Bank::open, GilRelease())
        .def("close", &Bank::close, py::arg("handle"), GilRelease())
        .def(
            "attach",
            [](Bank& bank, std::int64_t handle, int slot) { bank.find(handle)->attach(slot); },
            py::arg("handle"), py::arg("slot"), GilRelease())
        .def(
            "detach", [](Bank& bank, std::int64_t handle) { bank.find(handle)->detach(); },
            py::arg("handle"), GilRelease())
        .def(
            "slot", [](Bank& bank, std::int64_t handle) { return bank.find(handle)->slot(); },
            py::arg("handle"))
        .def(
            "record", [](Bank& bank, std::int64_t handle) { return bank.find(handle)->record(); },
            py::arg("handle"))
        .def("wait", &Bank::wait, py::arg("seen"), py::arg("timeout"), GilRelease())
        .def("collect", &collect, py::arg("frames"), py::arg("handles"), py::arg("taken"),
             py::arg("over"), py::arg("peaks"))
        .def("recent", &recent, py::arg("handle"), py::arg("taken"), py::arg("heard"),
             py::arg("said"))
        .def(
            "said_peak",
            [](Bank& bank, std::int64_t handle, std::int64_t taken, std::int64_t first,
               std::int64_t last) {
                return bank.find(handle)->recent().said_peak(taken, first, last);
            },
            py::arg("handle"), py::arg("taken"), py::arg("first"), py::arg("last"))
        .def("events", [](Bank& bank) { return as_tuples(bank.events()); })
        .def("counts", &counts)
        .def("lateness", &lateness)
        .def("stats", &stats, py::arg("handle"));
    Playback<std::int64_t>::bind(
        bridge,
        [](Bank& bank, std::int64_t handle) {
            bank.make_room_for_events();
            return bank.find(handle);
        },
        py::arg("handle"));

    py::class_<Offline, std::shared_ptr<Offline>> offline(module, "Player");
    offline.def(py::init<int>(), py::arg("rate") = 8000)
        .def("render", &Offline::render, py::arg("frames"))
        .def("events", [](Offline& offline) { return as_tuples(offline.events.drain()); });
    Playback<>::bind(offline, [](Offline& offline) {
        offline.events.make_room(1);
        return offline.shared_from_this();
    });
}
