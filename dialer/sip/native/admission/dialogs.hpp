// Whose each dialog is: the trunks that our INVITE was for, or that the far side's has proved to be of.
#pragma once

#include <pjsip_ua.h>

#include "sources.hpp"

namespace veridial::admission {

// Notes it in the dialog of an INVITE that leaves, or of the first reply to one that came.
// `module` is the id of the module that keeps it. What is noted lives as long as the dialog; null
// where there is none.
Trunks* note_dialog(const pjsip_tx_data& data, int module, const Trunks& trunks);

// Whether a message belongs to no dialog that is noted, or to one of these trunks.
bool is_of_its_dialog(const pjsip_rx_data& data, int module, const Trunks& trunks);

}  // namespace veridial::admission
