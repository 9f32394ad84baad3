// What the network says of our datagrams: "port unreachable" ends an INVITE at once (RFC 3261 18.4,
// 8.1.3.1) instead of after 32 s. PJSIP does not ask for it. dialer/sip/_unreachable.pyi is the
// documentation.
//
// With IP_RECVERR the kernel queues such an ICMP error with the beginning of the datagram that it
// is about, and, for a socket of many destinations, also lets the next send() fail, whomever it is
// for. So the queue is emptied before each send, which takes the failure back.
#include <pybind11/pybind11.h>

#include <linux/errqueue.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <pjsip.h>
#include <pjsua-lib/pjsua.h>

namespace py = pybind11;

namespace {

constexpr pj_status_t kUnreachable = PJ_STATUS_FROM_OS(ECONNREFUSED);
constexpr std::size_t kMostWaiting = 4096;

// All of it belongs to the SIP thread, which alone sends and polls.
std::vector<int> sockets;
std::vector<std::string> branches;  // of INVITEs that did not arrive
std::uint64_t refused = 0;

bool is_fatal(const sock_extended_err& error) {
    return error.ee_origin == SO_EE_ORIGIN_ICMP && error.ee_type == ICMP_DEST_UNREACH &&
           error.ee_code != ICMP_FRAG_NEEDED;
}

// The branch of the quoted INVITE's topmost Via; empty for anything else.
std::string_view branch_of(std::string_view quote) {
    if (quote.substr(0, 7) != "INVITE ") return {};
    const auto at = quote.find(";branch=");
    if (at == std::string_view::npos) return {};
    quote.remove_prefix(at + 8);
    const auto end = quote.find_first_of(";, \t\r\n");
    return end == std::string_view::npos ? std::string_view{} : quote.substr(0, end);
}

void drain(int socket) {
    char quote[1024];
    alignas(cmsghdr) char control[512];
    for (;;) {
        iovec into{quote, sizeof quote};
        msghdr message{};
        message.msg_iov = &into;
        message.msg_iovlen = 1;
        message.msg_control = control;
        message.msg_controllen = sizeof control;
        const ssize_t length = recvmsg(socket, &message, MSG_ERRQUEUE | MSG_DONTWAIT);
        if (length < 0) return;
        for (cmsghdr* each = CMSG_FIRSTHDR(&message); each; each = CMSG_NXTHDR(&message, each)) {
            if (each->cmsg_level != SOL_IP || each->cmsg_type != IP_RECVERR) continue;
            const auto* error = reinterpret_cast<const sock_extended_err*>(CMSG_DATA(each));
            const auto branch = branch_of({quote, static_cast<std::size_t>(length)});
            if (is_fatal(*error) && !branch.empty() && branches.size() < kMostWaiting) {
                branches.emplace_back(branch);
            }
        }
    }
}

void watch(pjsip_transport* transport) {
    if (transport == nullptr || transport->key.type != PJSIP_TRANSPORT_UDP) return;
    const auto socket = static_cast<int>(pjsip_udp_transport_get_socket(transport));
    if (std::find(sockets.begin(), sockets.end(), socket) != sockets.end()) return;
    const int on = 1;
    if (setsockopt(socket, SOL_IP, IP_RECVERR, &on, sizeof on) == 0) sockets.push_back(socket);
}

void drain_all() {
    for (const int socket : sockets) drain(socket);
}

pj_status_t on_send(pjsip_tx_data* data) {
    watch(data->tp_info.transport);
    drain_all();
    return PJ_SUCCESS;
}

pjsip_module module_of_ours() {
    pjsip_module module{};
    module.name = pj_str(const_cast<char*>("mod-veridial-unreachable"));
    module.id = -1;
    module.priority = PJSIP_MOD_PRIORITY_TRANSPORT_LAYER + 1;
    module.on_tx_request = &on_send;
    module.on_tx_response = &on_send;
    return module;
}

pjsip_module ours = module_of_ours();

void install() {
    sockets.clear();
    branches.clear();
    ours = module_of_ours();  // PJSIP was taken down with the last one
    if (pjsip_endpt_register_module(pjsua_get_pjsip_endpt(), &ours) != PJ_SUCCESS) {
        throw std::runtime_error("PJSIP does not take the module that hears of ICMP errors");
    }
}

void end_transaction(const std::string& branch) {
    std::string name = "c$" + branch;  // as pjsip_tsx_create_key writes an INVITE's of a client
    const pj_str_t key{name.data(), static_cast<pj_ssize_t>(name.size())};
    pjsip_transaction* transaction = pjsip_tsx_layer_find_tsx(&key, PJ_TRUE);
    if (transaction == nullptr) return;
    pj_grp_lock_t* lock = transaction->grp_lock;
    pj_grp_lock_add_ref(lock);
    // Whoever has replied is there, whatever became of a copy of the INVITE.
    if (transaction->state == PJSIP_TSX_STATE_CALLING) {
        ++refused;
        transaction->transport_err = kUnreachable;
        pjsip_tsx_terminate(transaction, PJSIP_SC_TSX_TRANSPORT_ERROR);
    }
    pj_grp_lock_release(lock);
    pj_grp_lock_dec_ref(lock);
}

void tend() {
    drain_all();
    while (!branches.empty()) {
        const std::string branch = std::move(branches.back());
        branches.pop_back();
        end_transaction(branch);
    }
}

bool was_refused(std::uintptr_t transaction) {
    return reinterpret_cast<const pjsip_transaction*>(transaction)->transport_err == kUnreachable;
}

}  // namespace

PYBIND11_MODULE(_unreachable, module) {
    module.def("install", &install);
    module.def("tend", &tend);
    module.def("was_refused", &was_refused, py::arg("transaction"));
    module.def("refused", [] { return refused; });
}
