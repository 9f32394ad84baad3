// The Python face; dialer/sip/_unread.pyi is its documentation.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <stdexcept>

#include <pjsua-lib/pjsua.h>

#include "unread.hpp"

namespace py = pybind11;
using namespace veridial;

PYBIND11_MODULE(_unread, module) {
    py::class_<unread::Note>(module, "Note")
        .def_readonly("source", &unread::Note::source)
        .def_property_readonly(
            "call_id", [](const unread::Note& self) { return py::bytes(self.call_id); })
        .def_property_readonly("method",
                               [](const unread::Note& self) { return py::bytes(self.method); })
        .def_readonly("code", &unread::Note::code)
        .def_readonly("header", &unread::Note::header)
        .def_readonly("dropped", &unread::Note::dropped);
    module.def("install", [] {
        pjsip_endpoint* endpoint = pjsua_get_pjsip_endpt();
        if (endpoint == nullptr || !unread::install(endpoint)) {
            throw std::runtime_error("PJSIP does not say what it cannot read");
        }
    });
    module.def("notes", &unread::notes);
    module.def("left_out", [] {
        py::list out;
        for (const std::string& name : unread::left_out()) out.append(py::bytes(name));
        return out;
    });
}
