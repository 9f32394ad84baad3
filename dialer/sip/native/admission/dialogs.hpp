// Whose each dialog is: the trunks at the address to which its first message from us went.
#pragma once

#include <pjsip_ua.h>

#include "sources.hpp"

namespace veridial::admission {

// Notes it in the dialog of an INVITE that leaves, or of the first reply to one that came.
// `module` is the id of the module that keeps it.
void note_dialog(const pjsip_tx_data& data, int module, const Trunks& trunks);

// Whether a message belongs to no dialog that is noted, or to one of these trunks.
bool is_of_its_dialog(const pjsip_rx_data& data, int module, const Trunks& trunks);

}  // namespace veridial::admission
