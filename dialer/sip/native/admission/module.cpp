// The Python face; dialer/sip/_admission.pyi is its documentation.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "admission.hpp"

namespace py = pybind11;
using namespace veridial;

namespace {

admission::Way way_of(const std::string& name) {
    if (name == "udp") return admission::Way::Udp;
    if (name == "tcp") return admission::Way::Tcp;
    if (name == "tls") return admission::Way::Tls;
    throw py::value_error("a transport is udp, tcp or tls");
}

void allow(const std::vector<std::tuple<std::string, std::string, std::size_t>>& listed) {
    admission::Sources sources;
    for (const auto& [where, least, trunk] : listed) sources.add(where, way_of(least), trunk);
    admission::allow(std::move(sources));
}

using Digest = std::tuple<std::string, std::string, std::vector<std::string>>;
using Shown = std::tuple<py::bytes, std::vector<std::string>, std::string>;

void ask(const std::string& realm, const std::map<std::size_t, Digest>& digests,
         const std::map<std::size_t, Shown>& shown) {
    admission::Demands demands;
    demands.begin(realm);
    for (const auto& [trunk, digest] : digests) {
        const auto& [username, password, algorithms] = digest;
        demands.add(trunk, username, password, algorithms);
    }
    admission::Certificates certificates;
    for (const auto& [trunk, each] : shown) {
        const auto& [authorities, names, host] = each;
        certificates.add(trunk, std::string_view(authorities), names, host);
    }
    admission::ask(std::move(demands), std::move(certificates));
}

py::dict counts() {
    const auto counted = admission::counts();
    py::dict out;
    for (std::size_t i = 0; i < counted.size(); ++i) {
        out[py::str(std::string(admission::kCauseNames[i]))] = counted[i];
    }
    return out;
}

void install(double openings, double first_message, double idle) {
    admission::Limits limits;
    limits.openings = {openings, 2 * openings};
    limits.first_message = first_message;
    limits.idle = idle;
    admission::install(limits);
}

}  // namespace

PYBIND11_MODULE(_admission, module) {
    const admission::Limits usual;
    module.def("install", &install, py::arg("openings") = usual.openings.of_one,
               py::arg("first_message") = usual.first_message, py::arg("idle") = usual.idle);
    module.def("ask", &ask, py::arg("realm"), py::arg("digests"), py::arg("certificates"));
    module.def("allow", &allow);
    module.def("may_be_of", &admission::may_be_of, py::arg("trunk"));
    module.def("is_of", &admission::is_of, py::arg("trunk"));
    module.def("tend", &admission::tend);
    module.def("counts", &counts);
    module.def("last_stranger", &admission::last_stranger);
}
