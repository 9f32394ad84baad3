#include "dialogs.hpp"

#include <new>

#include <pjsua-lib/pjsua.h>

namespace veridial::admission {

Trunks* note_dialog(const pjsip_tx_data& data, int module, const Trunks& trunks) {
    pjsip_dialog* dialog = pjsip_tdata_get_dlg(const_cast<pjsip_tx_data*>(&data));
    if (dialog == nullptr) return nullptr;
    auto* noted = static_cast<Trunks*>(dialog->mod_data[module]);
    if (data.msg->type == PJSIP_REQUEST_MSG) {
        // Only the INVITE goes where the trunk is; what follows goes where the far side says.
        const pjsip_to_hdr* to = PJSIP_MSG_TO_HDR(data.msg);
        if (to == nullptr || to->tag.slen > 0) return noted;
    } else if (noted != nullptr) {
        return noted;
    }
    if (noted == nullptr) {
        noted = new (pj_pool_alloc(dialog->pool, sizeof(Trunks))) Trunks;
        dialog->mod_data[module] = noted;
    }
    *noted = trunks;
    return noted;
}

bool is_of_its_dialog(const pjsip_rx_data& data, int module, const Trunks& trunks) {
    const bool asked = data.msg_info.msg->type == PJSIP_REQUEST_MSG;
    const pj_str_t& ours = asked ? data.msg_info.to->tag : data.msg_info.from->tag;
    const pj_str_t& theirs = asked ? data.msg_info.from->tag : data.msg_info.to->tag;
    if (ours.slen == 0) return true;
    const pjsip_dialog* dialog =
        pjsip_ua_find_dialog(&data.msg_info.cid->id, &ours, &theirs, PJ_FALSE);
    const auto* noted =
        dialog == nullptr ? nullptr : static_cast<const Trunks*>(dialog->mod_data[module]);
    return noted == nullptr || (*noted & trunks).any();
}

}  // namespace veridial::admission
