// The Python face of the guard; dialer/sip/_guard.pyi is its documentation.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "guard.hpp"

namespace py = pybind11;
using namespace veridial;

namespace {

void allow(const std::map<std::string, std::shared_ptr<Identities>>& table,
           const std::map<std::string, std::vector<std::string>>& labs) {
    guard::Table checked;
    for (const auto& [written, who] : table) {
        if (!who) throw py::type_error("a destination has Identities, not None");
        guard::Shown shown{who, {}};
        if (const auto lab = labs.find(written); lab != labs.end()) {
            if (lab->second.empty()) throw py::value_error("a lab has networks");
            for (const std::string& network : lab->second) shown.held_to.emplace_back(network);
        }
        if (!checked.emplace(guard::destination(written), std::move(shown)).second) {
            throw py::value_error("a destination is listed twice");
        }
    }
    for (const auto& lab : labs) {
        if (table.find(lab.first) == table.end()) throw py::value_error("a lab is not listed");
    }
    guard::allow(checked);
}

py::list vetoes() {
    py::list list;
    for (const guard::Veto& veto : guard::vetoes()) {
        list.append(py::make_tuple(veto.method, veto.destination, veto.call_id,
                                   std::string(name_of(veto.cause))));
    }
    return list;
}

py::dict veto_counts() {
    const guard::Counts counts = guard::counts();
    py::dict by_cause;
    for (std::size_t i = 1; i < kCauseNames.size(); ++i) {
        by_cause[py::str(std::string(kCauseNames[i]))] = counts.vetoes[i];
    }
    return by_cause;
}

bool was_vetoed(std::uintptr_t transaction) {
    return reinterpret_cast<const pjsip_transaction*>(transaction)->transport_err ==
           guard::kVetoed;
}

}  // namespace

PYBIND11_MODULE(_guard, module) {
    py::class_<Identities, std::shared_ptr<Identities>>(module, "Identities")
        .def(py::init<const std::vector<std::string>&, const std::vector<std::string>&,
                      const std::map<std::string, std::string>&,
                      const std::vector<std::string>&>(),
             py::arg("numbers"), py::arg("users") = std::vector<std::string>{},
             py::arg("signed_as") = std::map<std::string, std::string>{},
             py::arg("dialled") = std::vector<std::string>{})
        .def(
            "judge",
            [](const Identities& self, const py::bytes& message) {
                return std::string(name_of(self.judge(std::string_view(message))));
            },
            py::arg("message"));
    module.attr("VETOED") = static_cast<int>(guard::kVetoed);
    // The interpreter's lock is kept: none of these waits for longer than a moment.
    module.def("install", &guard::install);
    module.def("allow", &allow, py::arg("table"),
               py::arg("labs") = std::map<std::string, std::vector<std::string>>{});
    module.def("vetoes", &vetoes);
    module.def("was_vetoed", &was_vetoed, py::arg("transaction"));
    module.def("invites", [] { return guard::counts().invites; });
    module.def("vetoes_by_cause", &veto_counts);
}
