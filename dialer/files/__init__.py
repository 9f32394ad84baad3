"""Campaign, script and contacts: files in, checked values out, every fault at once."""

from dialer.files.check import Checked, check_files
from dialer.files.columns import ListForm
from dialer.files.contacts import ContactsSummary, read_contacts, survey_contacts
from dialer.files.load import LoadedCampaign, load_campaign, load_run

__all__ = [
    "Checked",
    "ContactsSummary",
    "ListForm",
    "LoadedCampaign",
    "check_files",
    "load_campaign",
    "load_run",
    "read_contacts",
    "survey_contacts",
]
