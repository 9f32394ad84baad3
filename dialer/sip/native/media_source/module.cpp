// The Python face; dialer/sip/_media_source.pyi is its documentation.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "filter.hpp"
#include "transport.hpp"

namespace py = pybind11;
using namespace veridial;
using namespace veridial::media_source;

namespace {

using Texts = std::vector<std::string>;
using Written = std::pair<std::string, std::uint16_t>;

Rule rule_of(const Texts& media_from, const Texts& held_to) {
    Rule rule;
    for (const std::string& each : media_from) rule.media_from.emplace_back(each);
    for (const std::string& each : held_to) rule.held_to.emplace_back(each);
    return rule;
}

Place place_of(const Written& written) {
    const Place place{IpAddress::of(written.first), written.second};
    if (place.address.family == 0) throw std::invalid_argument("a place is (IP address, port)");
    return place;
}

py::object written(const Place& place) {
    if (place.address.family == 0) return py::none();
    char text[INET6_ADDRSTRLEN];
    inet_ntop(place.address.family, place.address.bytes.data(), text, sizeof text);
    return py::make_tuple(std::string(text), place.port);
}

}  // namespace

PYBIND11_MODULE(_media_source, module) {
    module.attr("ROW") = Filter::kRow;
    module.attr("LASTS") = static_cast<int>(Filter::kLasts.count());
    py::class_<Filter>(module, "Filter")
        .def(py::init([](const Texts& media_from, const Texts& held_to) {
                 return Filter(rule_of(media_from, held_to));
             }),
             py::arg("media_from") = Texts{}, py::arg("held_to") = Texts{})
        .def(
            "attach",
            [](Filter& self, const Written& rtp, const Written& rtcp) {
                return self.attach(place_of(rtp), place_of(rtcp));
            },
            py::arg("rtp"), py::arg("rtcp"))
        .def("detach", &Filter::detach)
        .def(
            "rtp",
            [](Filter& self, const Written& from, const py::bytes& packet, int now) {
                const std::string_view bytes(packet);
                const auto verdict =
                    self.rtp(place_of(from), reinterpret_cast<const unsigned char*>(bytes.data()),
                             bytes.size(), Instant(now));
                return py::make_tuple(verdict.passes, verdict.strays);
            },
            py::arg("source"), py::arg("packet"), py::arg("now"))
        .def(
            "rtcp", [](Filter& self, const Written& from) { return self.rtcp(place_of(from)); },
            py::arg("source"))
        .def("rtcp_to", [](const Filter& self) { return written(self.rtcp_to()); });
    module.def("install", &install);
    module.def(
        "allow",
        [](int account, const Texts& media_from, const Texts& held_to) {
            allow(account, rule_of(media_from, held_to));
        },
        py::arg("account"), py::arg("media_from"), py::arg("held_to"));
    module.def(
        "allow_call",
        [](int call, const Texts& media_from, const Texts& held_to) {
            allow_call(call, rule_of(media_from, held_to));
        },
        py::arg("call"), py::arg("media_from"), py::arg("held_to"));
    module.def("strays", &strays);
}
