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

namespace {

// CANCEL has no tag of ours: it is known by the branch of its INVITE (RFC 3261 9.2).
const pjsip_dialog* dialog_of_cancelled(const pjsip_rx_data& data) {
    pj_str_t key{};
    if (pjsip_tsx_create_key(data.tp_info.pool, &key, PJSIP_ROLE_UAS, pjsip_get_invite_method(),
                             &data) != PJ_SUCCESS) {
        return nullptr;
    }
    pjsip_transaction* invite = pjsip_tsx_layer_find_tsx2(&key, PJ_FALSE);
    return invite == nullptr ? nullptr : pjsip_tsx_get_dlg(invite);
}

const pjsip_dialog* dialog_of(const pjsip_rx_data& data) {
    const pjsip_msg& message = *data.msg_info.msg;
    const bool asked = message.type == PJSIP_REQUEST_MSG;
    if (asked && message.line.req.method.id == PJSIP_CANCEL_METHOD) {
        return dialog_of_cancelled(data);
    }
    const pj_str_t& ours = asked ? data.msg_info.to->tag : data.msg_info.from->tag;
    const pj_str_t& theirs = asked ? data.msg_info.from->tag : data.msg_info.to->tag;
    if (ours.slen == 0) return nullptr;
    return pjsip_ua_find_dialog(&data.msg_info.cid->id, &ours, &theirs, PJ_FALSE);
}

}  // namespace

bool is_of_its_dialog(const pjsip_rx_data& data, int module, const Trunks& trunks) {
    const pjsip_dialog* dialog = dialog_of(data);
    const auto* noted =
        dialog == nullptr ? nullptr : static_cast<const Trunks*>(dialog->mod_data[module]);
    return noted == nullptr || (*noted & trunks).any();
}

}  // namespace veridial::admission
