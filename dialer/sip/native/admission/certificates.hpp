// Certificates that connections have shown us (RFC 5922 7.4), and whose they are.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <openssl/x509.h>
#include <pjsip.h>

#include "sources.hpp"

namespace veridial::admission {

// PJSIP has one list of authorities for all who connect to a port, so it lets anybody connect, and
// each trunk's own list is asked here, once for each connection.
class Certificates {
public:
    // Takes connections of `trunk` only by a certificate that leads to one of `authorities` (PEM)
    // and holds one of `names`; and by connections of our own to `host`. Raises
    // std::invalid_argument.
    void add(std::size_t trunk, std::string_view authorities, std::vector<std::string> names,
             std::string host);
    void connected(const pjsip_transport& transport, const pj_ssl_sock_info& shown);
    void forget(const pjsip_transport& transport) { shown_.erase(&transport); }
    // The trunks that ask for none, or have been shown theirs.
    Trunks shown_on(const pjsip_transport& transport) const;

private:
    struct Freed {
        void operator()(X509_STORE* store) const { X509_STORE_free(store); }
    };
    struct Demand {
        std::size_t trunk;
        std::unique_ptr<X509_STORE, Freed> authorities;
        std::vector<std::string> names;
        std::string host;
    };

    Trunks asking_;
    std::vector<Demand> demands_;
    std::unordered_map<const pjsip_transport*, Trunks> shown_;
};

}  // namespace veridial::admission
