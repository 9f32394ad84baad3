// The Python face; dialer/sip/_transport.pyi is its documentation.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include <pjsua-lib/pjsua.h>

#include "log.hpp"
#include "names.hpp"
#include "registers.hpp"
#include "replies.hpp"
#include "troubles.hpp"

namespace py = pybind11;
using namespace veridial;

namespace {

using Triple = std::tuple<std::string, int, std::string>;

void install() {
    pjsip_endpoint* endpoint = pjsua_get_pjsip_endpt();
    if (endpoint == nullptr) throw std::runtime_error("PJSIP is not up: install() after libInit()");
    log::install();
    names::install(endpoint);
    troubles::install(endpoint);
    registers::install(endpoint);
    replies::install(endpoint);
}

std::vector<names::Target> targets_of(const std::vector<Triple>& triples) {
    std::vector<names::Target> targets;
    for (const auto& [address, port, transport] : triples) {
        targets.push_back({address, port, transport});
    }
    return targets;
}

void point(const std::string& name, int port, const std::string& transport,
           const std::vector<Triple>& targets) {
    names::point({name, port, transport}, targets_of(targets));
}

void answer(const std::string& name, int port, const std::string& transport,
            const std::vector<Triple>& targets) {
    names::answer({name, port, transport}, targets_of(targets));
}

std::vector<Triple> unknown() {
    std::vector<Triple> out;
    for (const names::Asked& asked : names::unknown()) {
        out.emplace_back(asked.name, asked.port, asked.transport);
    }
    return out;
}

py::list changes() {
    py::list out;
    for (const troubles::Change& change : troubles::changes()) {
        out.append(py::make_tuple(change.name, change.port, change.up, change.certificate,
                                  change.status));
    }
    return out;
}

py::list complaints() {
    py::list out;
    for (const log::Complaint& each : log::complaints()) {
        out.append(py::make_tuple(each.words, each.times));
    }
    return out;
}

}  // namespace

PYBIND11_MODULE(_transport, module) {
    module.attr("EXPIRED") = static_cast<unsigned>(PJ_SSL_CERT_EVALIDITY_PERIOD);
    module.attr("WRONG_NAME") = static_cast<unsigned>(PJ_SSL_CERT_EIDENTITY_NOT_MATCH);
    module.def("install", &install);
    // Whoever waits is answered from within, and may call back into Python.
    module.def("point", &point, py::call_guard<py::gil_scoped_release>());
    module.def("answer", &answer, py::call_guard<py::gil_scoped_release>());
    module.def("give_up_register", &registers::give_up, py::arg("request_uri"), py::arg("user"),
               py::call_guard<py::gil_scoped_release>());
    module.def("route_back", &replies::route_back, py::arg("addresses"),
               py::call_guard<py::gil_scoped_release>());
    module.def("repeated", &replies::repeated);
    module.def("unknown", &unknown);
    module.def("changes", &changes);
    module.def(
        "complain", [](const py::bytes& message) { log::note(std::string_view(message)); },
        py::arg("message"));
    module.def("complaints", &complaints);
}
