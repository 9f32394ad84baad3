"""`dialer leads`."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Final

import typer

from dialer.cli.asking import Clear, TokenFile, Why, asked, campaign_names, view
from dialer.cli.options import DEFAULT_CONFIG, ConfigFile, Csv, Json, Utc
from dialer.cli.shown import told
from dialer.cli.tables import show
from dialer.core.calls.grading import Grade
from dialer.office import leads as office

FIELDS: Final = (
    *("grade", "called", "campaign", "number", "talk_s", "intents", "summary", "call"),
)


def leads(  # noqa: PLR0913 - a command has as many options as it needs
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    campaign: Annotated[
        str | None, typer.Option(help="Only of this campaign.", autocompletion=campaign_names)
    ] = None,
    grade: Annotated[
        list[Grade] | None,
        typer.Option(help="Only calls of this grade; may be given again. Default: A and B."),
    ] = None,
    limit: Annotated[int, typer.Option(help="At most so many, best first; 0: all.", min=0)] = 50,
    clear: Clear = False,
    why: Why = None,
    json_output: Json = False,
    csv_output: Csv = False,
    utc: Utc = False,
    token_file: TokenFile = None,
) -> None:
    """Show whom to follow up: the best grade first, then the newest.

    Numbers are masked, and what callees said is left out. With --clear both are shown: that takes
    a token whose role may see them, and each look is put on record before anything is shown.
    """
    if grade is not None and Grade.F in grade:
        raise typer.BadParameter(
            "F are those who want no calls: they are no leads", param_hint="--grade"
        )
    request, seen = asked(config, token_file), view(why, clear=clear)
    wanted = tuple(grade or office.WORTH_A_CALL)
    found = asyncio.run(office.leads(request, campaign, wanted, limit or None, seen))
    show(
        FIELDS,
        [_shown(lead) for lead in found],
        nothing="no leads",
        as_json=json_output,
        as_csv=csv_output,
        utc=utc,
        too_wide={"call"},
    )


def _shown(lead: office.Lead) -> dict[str, Any]:
    return {
        "grade": lead.grade,
        "called": told(lead.called_at),
        "campaign": lead.campaign,
        "number": lead.number,
        "talk_s": lead.talk,
        "intents": " ".join(lead.intents),
        "summary": lead.summary,
        "call": lead.call,
    }
