#include "certificates.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "../text.hpp"
#include "messages.hpp"

namespace veridial::admission {

namespace {

// 112 bits, as OpenSSL asks of the connections that we open ourselves on Debian.
constexpr int kSecurityLevel = 2;

template <typename Type, void (*free)(Type*)>
struct Freed {
    void operator()(Type* each) const { free(each); }
};

using Certificate = std::unique_ptr<X509, Freed<X509, X509_free>>;
using Source = std::unique_ptr<BIO, Freed<BIO, BIO_free_all>>;
using Context = std::unique_ptr<X509_STORE_CTX, Freed<X509_STORE_CTX, X509_STORE_CTX_free>>;
using Names = std::unique_ptr<GENERAL_NAMES, Freed<GENERAL_NAMES, GENERAL_NAMES_free>>;

struct StackFreed {
    void operator()(STACK_OF(X509) * stack) const { sk_X509_pop_free(stack, X509_free); }
};
using Stack = std::unique_ptr<STACK_OF(X509), StackFreed>;

Source source_of(std::string_view pem) {
    return Source(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

Certificate next_of(const Source& source) {
    return Certificate(PEM_read_bio_X509(source.get(), nullptr, nullptr, nullptr));
}

Certificate certificate_of(const pj_str_t& pem) {
    return pem.slen > 0 ? next_of(source_of(view(pem))) : nullptr;
}

std::string_view text_of(const ASN1_STRING* text) {
    return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
            static_cast<std::size_t>(ASN1_STRING_length(text))};
}

// The domain of `sip:domain`; empty for anything else, such as a user's URI (RFC 5922 7.1).
std::string domain_of(std::string_view uri) {
    constexpr std::string_view kScheme = "sip:";
    if (lower(uri.substr(0, kScheme.size())) != kScheme) return {};
    const std::string_view domain = uri.substr(kScheme.size());
    return domain.find_first_of("@:;?") == std::string_view::npos ? lower(domain) : std::string();
}

// Whose it is, in small letters: the domains of its SIP URIs, or else its DNS names (RFC 5922 7.1).
// Its subject's name says nothing, and a wildcard is no name (7.2).
std::vector<std::string> names_of(const X509* certificate) {
    const Names all(static_cast<GENERAL_NAMES*>(
        X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
    std::vector<std::string> domains;
    std::vector<std::string> hosts;
    for (int i = 0; all != nullptr && i < sk_GENERAL_NAME_num(all.get()); ++i) {
        const GENERAL_NAME* name = sk_GENERAL_NAME_value(all.get(), i);
        if (name->type == GEN_URI) {
            std::string domain = domain_of(text_of(name->d.uniformResourceIdentifier));
            if (!domain.empty()) domains.push_back(std::move(domain));
        } else if (name->type == GEN_DNS) {
            hosts.push_back(lower(text_of(name->d.dNSName)));
        }
    }
    return domains.empty() ? hosts : domains;
}

// Whether it leads to one of the authorities, now, and is one for TLS. A server's will do: carriers
// have one certificate for both directions.
bool is_signed_by(X509_STORE* authorities, X509* certificate, STACK_OF(X509) * others) {
    const Context context(X509_STORE_CTX_new());
    if (!context || !X509_STORE_CTX_init(context.get(), authorities, certificate, others)) {
        return false;
    }
    X509_VERIFY_PARAM_set_auth_level(X509_STORE_CTX_get0_param(context.get()), kSecurityLevel);
    return X509_verify_cert(context.get()) == 1 &&
           (X509_check_purpose(certificate, X509_PURPOSE_SSL_CLIENT, 0) == 1 ||
            X509_check_purpose(certificate, X509_PURPOSE_SSL_SERVER, 0) == 1);
}

}  // namespace

void Certificates::add(std::size_t trunk, std::string_view authorities,
                       std::vector<std::string> names, std::string host) {
    if (trunk >= asking_.size()) throw std::invalid_argument("there are at most 256 trunks");
    if (names.empty()) throw std::invalid_argument("a certificate is somebody's");
    Demand demand{trunk, {}, {}, lower(host)};
    demand.authorities.reset(X509_STORE_new());
    const Source source = source_of(authorities);
    std::size_t found = 0;
    for (Certificate each = next_of(source); each; each = next_of(source)) {
        if (X509_STORE_add_cert(demand.authorities.get(), each.get()) == 1) ++found;
    }
    ERR_clear_error();  // the end of the text is one to OpenSSL
    if (found == 0) throw std::invalid_argument("there are no authorities in PEM");
    for (const std::string& name : names) demand.names.push_back(lower(name));
    asking_.set(trunk);
    demands_.push_back(std::move(demand));
}

void Certificates::connected(const pjsip_transport& transport, const pj_ssl_sock_info& shown) {
    Trunks proven;
    const pj_ssl_cert_info* info = shown.remote_cert_info;
    const Certificate certificate = info == nullptr ? nullptr : certificate_of(info->raw);
    if (certificate && transport.dir == PJSIP_TP_DIR_INCOMING && !demands_.empty()) {
        const Stack others(sk_X509_new_null());
        for (unsigned i = 0; i < info->raw_chain.cnt; ++i) {
            Certificate each = certificate_of(info->raw_chain.cert_raw[i]);
            if (each && sk_X509_push(others.get(), each.get()) > 0) each.release();
        }
        const std::vector<std::string> names = names_of(certificate.get());
        for (const Demand& each : demands_) {
            const bool is_named = std::any_of(names.begin(), names.end(), [&](const auto& name) {
                return std::find(each.names.begin(), each.names.end(), name) != each.names.end();
            });
            if (is_named && is_signed_by(each.authorities.get(), certificate.get(), others.get())) {
                proven.set(each.trunk);
            }
        }
        ERR_clear_error();  // PJSIP reads its own faults from the same list
    }
    forget(transport);
    if (proven.any()) shown_.emplace(&transport, proven);
}

Trunks Certificates::shown_on(const pjsip_transport& transport) const {
    // Who is at the end of a connection of ours has proved by its certificate that it is whom we
    // have called it.
    if (transport.dir == PJSIP_TP_DIR_OUTGOING &&
        (transport.key.type & ~PJSIP_TRANSPORT_IPV6) == PJSIP_TRANSPORT_TLS) {
        const std::string host = lower(view(transport.remote_name.host));
        Trunks own = ~asking_;
        for (const Demand& each : demands_) own[each.trunk] = own[each.trunk] || host == each.host;
        return own;
    }
    const auto found = shown_.find(&transport);
    return found == shown_.end() ? ~asking_ : ~asking_ | found->second;
}

}  // namespace veridial::admission
