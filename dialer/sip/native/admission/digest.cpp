#include "digest.hpp"

#include <algorithm>
#include <memory>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "../text.hpp"

namespace veridial::admission {

std::optional<Algorithm> algorithm_of(std::string_view name) {
    const auto found = std::find_if(kAlgorithms.begin(), kAlgorithms.end(), [&](auto each) {
        return lower(each) == lower(name);
    });
    if (found == kAlgorithms.end()) return std::nullopt;
    return static_cast<Algorithm>(found - kAlgorithms.begin());
}

std::string hash(Algorithm algorithm, std::initializer_list<std::string_view> parts) {
    constexpr std::string_view kHex = "0123456789abcdef";
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                          &EVP_MD_CTX_free);
    const EVP_MD* kind = algorithm == Algorithm::Md5 ? EVP_md5() : EVP_sha256();
    if (!context || EVP_DigestInit_ex(context.get(), kind, nullptr) != 1) return {};
    std::string_view colon;
    for (const std::string_view part : parts) {
        EVP_DigestUpdate(context.get(), colon.data(), colon.size());
        EVP_DigestUpdate(context.get(), part.data(), part.size());
        colon = ":";
    }
    std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
    unsigned length = 0;
    if (EVP_DigestFinal_ex(context.get(), bytes.data(), &length) != 1) return {};
    std::string out;
    for (unsigned i = 0; i < length; ++i) {
        out += {kHex[bytes[i] >> 4], kHex[bytes[i] & 15]};
    }
    return out;
}

bool is_same(std::string_view one, std::string_view other) {
    return one.size() == other.size() && CRYPTO_memcmp(one.data(), other.data(), one.size()) == 0;
}

std::string response_to(Algorithm algorithm, std::string_view password_hash,
                        std::string_view method, const Credentials& said) {
    return hash(algorithm, {password_hash, said.nonce, said.count, said.cnonce, said.qop,
                            hash(algorithm, {method, said.uri})});
}

}  // namespace veridial::admission
