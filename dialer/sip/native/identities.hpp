// Who may be shown at a destination, and whether a request shows anybody else.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "cause.hpp"

namespace veridial {

// Whether requests of this method say to somebody new who is calling. The others belong to a
// request that was examined before (ACK, CANCEL, BYE, ...), or start no call (REGISTER, OPTIONS).
bool is_examined(std::string_view method);
std::string_view method_of(std::string_view message);

// A closed list. Texts are compared as they are, never brought to a common form first: a spelling
// that nobody thought of is on no list, so it cannot pass.
class Identities {
public:
    // `numbers` and `users` as they stand in the user part of a URI.
    // `signed_as` are those of `numbers` that a PASSporT may attest, each with its E.164 digits.
    // `dialled` are what stands before the digits of a callee's number there; with none, anything
    // may be called, as at an exchange of our own.
    // Raises std::invalid_argument for what is no number, or no plain word, or means "anonymous".
    Identities(const std::vector<std::string>& numbers, const std::vector<std::string>& users,
               const std::map<std::string, std::string>& signed_as = {},
               const std::vector<std::string>& dialled = {});

    // `message` is the whole request as it would go on the wire. None lets it pass.
    Cause judge(std::string_view message) const;

    bool operator==(const Identities& other) const {
        return numbers_ == other.numbers_ && users_ == other.users_ &&
               signed_as_ == other.signed_as_ && dialled_ == other.dialled_;
    }

private:
    enum class Shown { Nobody, User, Number };
    struct Found;

    Cause header(std::string_view line, Found& found) const;
    bool addresses(std::string_view value, Found& found, Cause where) const;
    bool vouches(std::string_view method, const Found& found) const;
    bool dials(std::string_view request_line) const;
    Shown uri(std::string_view uri, std::string_view& shown) const;
    Shown user(std::string_view user) const;

    std::set<std::string, std::less<>> numbers_;
    std::set<std::string, std::less<>> users_;
    std::map<std::string, std::string, std::less<>> signed_as_;
    std::set<std::string> dialled_;
};

}  // namespace veridial
