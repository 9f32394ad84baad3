#include "demands.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>

#include "../text.hpp"
#include "messages.hpp"

namespace veridial::admission {

namespace {

// Longer than anybody's: what is longer is not even hashed.
constexpr std::size_t kLongest = 512;

std::size_t at(Algorithm algorithm) { return static_cast<std::size_t>(algorithm); }

// The first credentials for `realm` (RFC 3261 22.3); null for none.
const pjsip_digest_credential* credentials_for(const pjsip_msg& message, std::string_view realm) {
    for (const pjsip_hdr* each = message.hdr.next; each != &message.hdr; each = each->next) {
        if (each->type != PJSIP_H_AUTHORIZATION) continue;
        const auto* header = reinterpret_cast<const pjsip_authorization_hdr*>(each);
        if (lower(view(header->scheme)) != "digest") continue;
        if (view(header->credential.digest.realm) == realm) return &header->credential.digest;
    }
    return nullptr;
}

// 0 for what is no count: eight hexadecimal digits (RFC 7616 3.4).
std::uint32_t count_of(std::string_view text) {
    std::uint32_t count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count, 16);
    const bool is_one = text.size() == 8 && error == std::errc() && end == text.data() + text.size();
    return is_one ? count : 0;
}

}  // namespace

void Demands::begin(std::string realm) {
    realm_ = std::move(realm);
    asking_.reset();
    demands_.clear();
    nonces_.begin();
}

void Demands::add(std::size_t trunk, std::string username, const std::string& password,
                  const std::vector<std::string>& algorithms) {
    if (trunk >= asking_.size()) throw std::invalid_argument("there are at most 256 trunks");
    Demand demand{trunk, std::move(username), {}, {}};
    for (const std::string& name : algorithms) {
        const auto algorithm = algorithm_of(name);
        if (!algorithm) throw std::invalid_argument("an algorithm is SHA-256 or MD5");
        std::string& hashed = demand.password_hash[at(*algorithm)];
        hashed = hash(*algorithm, {demand.username, realm_, password});
        if (hashed.empty()) throw std::invalid_argument("this machine's OpenSSL has no " + name);
        demand.algorithms.push_back(*algorithm);
    }
    if (demand.algorithms.empty()) throw std::invalid_argument("no algorithm");
    asking_.set(trunk);
    demands_.push_back(std::move(demand));
}

Authenticated Demands::judge(const pjsip_rx_data& data, Trunks& near, Clock::time_point now) {
    if ((near & asking_).none()) return Authenticated::Yes;
    const pjsip_digest_credential* found = credentials_for(*data.msg_info.msg, realm_);
    if (found == nullptr) return Authenticated::NotYet;
    const Credentials said{view(found->username), view(found->nonce),     view(found->uri),
                           view(found->response), view(found->algorithm), view(found->cnonce),
                           view(found->qop),      view(found->nc)};
    const Trunks proven = matching(said, view(data.msg_info.msg->line.req.method.name), near);
    if (proven.none()) return Authenticated::No;
    switch (nonces_.use(said.nonce, count_of(said.count), now)) {
        case Nonce::Stale:
            return Authenticated::Stale;
        case Nonce::Used:
            return Authenticated::Replayed;
        case Nonce::Good:
            break;
    }
    near = (near & ~asking_) | proven;
    return Authenticated::Yes;
}

Trunks Demands::matching(const Credentials& said, std::string_view method,
                         const Trunks& near) const {
    Trunks found;
    // Without qop there is no count, and nothing against a replay (RFC 7616 3.4, 5.5).
    if (said.qop != "auth" || said.cnonce.empty() || count_of(said.count) == 0) return found;
    for (const std::string_view each : {said.username, said.uri, said.cnonce, said.nonce}) {
        if (each.size() > kLongest) return found;
    }
    // None named is MD5 (RFC 7616 3.4).
    const auto algorithm = algorithm_of(said.algorithm.empty() ? "MD5" : said.algorithm);
    if (!algorithm) return found;
    for (const Demand& each : demands_) {
        const std::string& password = each.password_hash[at(*algorithm)];
        if (!near.test(each.trunk) || password.empty()) continue;
        // Whoever it is, the same is done for them.
        const bool is_right =
            is_same(said.response, response_to(*algorithm, password, method, said));
        if (is_same(said.username, each.username) && is_right) found.set(each.trunk);
    }
    return found;
}

std::vector<std::string> Demands::challenges(const Trunks& near, Authenticated said,
                                             Clock::time_point now) {
    std::vector<Algorithm> wanted;
    for (const Demand& each : demands_) {
        if (!near.test(each.trunk)) continue;
        for (const Algorithm algorithm : each.algorithms) {
            if (std::find(wanted.begin(), wanted.end(), algorithm) == wanted.end()) {
                wanted.push_back(algorithm);
            }
        }
    }
    const std::string nonce = nonces_.next(now);
    std::vector<std::string> out;
    for (const Algorithm algorithm : wanted) {
        std::string text = "Digest realm=\"" + realm_ + "\", nonce=\"" + nonce +
                           "\", algorithm=" + std::string(kAlgorithms[at(algorithm)]) +
                           ", qop=\"auth\"";
        if (said == Authenticated::Stale || said == Authenticated::Replayed) {
            text += ", stale=true";
        }
        out.push_back(std::move(text));
    }
    return out;
}

}  // namespace veridial::admission
