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

IpAddress address_of(const std::string& written) {
    const IpAddress address = IpAddress::of(written);
    if (address.family == 0) throw std::invalid_argument("a place is (IP address, port)");
    return address;
}

Rule rule_of(const Texts& media_from, const Texts& held_to, const Texts& peers) {
    Rule rule;
    for (const std::string& each : peers) rule.peers.push_back(address_of(each));
    for (const std::string& each : media_from) rule.media_from.emplace_back(each);
    for (const std::string& each : held_to) rule.held_to.emplace_back(each);
    return rule;
}

Place place_of(const Written& written) {
    return {address_of(written.first), written.second};
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
        .def(py::init([](const Texts& media_from, const Texts& held_to, const Texts& peers,
                         const Texts& ours, const Texts& broadcasts) {
                 Rule rule = rule_of(media_from, held_to, peers);
                 for (const std::string& each : ours) rule.ours.push_back(address_of(each));
                 for (const std::string& each : broadcasts) {
                     rule.broadcasts.push_back(address_of(each));
                 }
                 return Filter(std::move(rule));
             }),
             py::arg("media_from") = Texts{}, py::arg("held_to") = Texts{},
             py::arg("peers") = Texts{}, py::arg("ours") = Texts{},
             py::arg("broadcasts") = Texts{})
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
        [](int account, const Texts& media_from, const Texts& held_to, const Texts& peers) {
            allow(account, rule_of(media_from, held_to, peers));
        },
        py::arg("account"), py::arg("media_from"), py::arg("held_to"), py::arg("peers"));
    module.def(
        "allow_call",
        [](int call, const Texts& media_from, const Texts& held_to, const Texts& peers) {
            allow_call(call, rule_of(media_from, held_to, peers));
        },
        py::arg("call"), py::arg("media_from"), py::arg("held_to"), py::arg("peers"));
    module.def("strays", &strays);
}
