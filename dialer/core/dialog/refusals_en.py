"""How callees refuse, complain and say no, in English (notation: `phrases`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from dialer.core.dialog.meaning import Meaning
from dialer.core.dialog.phrases import lists

_CALL = (
    "call|phone|ring|contact|bother|disturb|dial|harass|pester|spam|annoy|hassle|bug|text|message"
    "|keep_calling|keep_ringing|keep_phoning|try_again|try_to_call"
)
_CALLING = (
    "calling|phoning|ringing|bothering|harassing|contacting|disturbing|spamming|pestering"
    "|annoying|dialing|dialling|hassling|bugging|messaging|texting|selling|talking|wasting"
)

REFUSALS: Final[Mapping[Meaning, tuple[str, ...]]] = lists(
    {
        Meaning.COMPLAINT: """
            report|reporting ?all ?of you|this|your|it|them|him
            reported ?to
            i ?will|would|am|have ?going_to complain|complaining
            file|filing|make|making|lodge|lodging|submit|raise ~ complaint|complaints
            sue|suing ?you ?all $
            sue|suing you|your|them
            see you in court
            take|taking ~ to court
            legal action|proceedings
            my|our|a lawyer|lawyers|attorney|solicitor
            call|calling|phone|ring|tell|contact|contacting the police|cops|authorities|regulator|\
ombudsman
            ftc|fcc|ofcom|ombudsman|trading_standards|data_protection|privacy_commissioner
            the information commissioner
        """,
        Meaning.REFUSAL: """
            do|would|could|can|will|should|must ?you not ?you ?ever|dare <call>
            not ~ to be called|contacted|phoned|rung|bothered|disturbed
            not want ~ call|calls|called|contacted|hear|bothered|talk|speak|listen|sales|anything
            never ?ever ?want ?you ?to <call> ?me|us|here|this|again|back|my
            asking|asked|telling|told|tell|ask ~ not|never ?ever ?to <call>
            never ?ever again
            stop|quit|cease ?with ?all ?the|this|these|your ?constant <call>|calls|call|\
phone_calls|<calling>|this|it|now|that|already
            give it|me|us a rest|break
            had it ?up ?to ?here with
            hard|big no|pass
            not ?on|in your|my|a_million|this life|years|lifetime|nelly
            not get|getting|see|seeing|have|having ~ money|penny|cent|dime|business
            number|data|details|name|information|account ~ deleted|removed|erased|taken_off|wiped
            want|need|like|request|demand|insist|ask ~ deleted|removed|erased|taken_off|\
left_alone|off
            not|never ~ take|taking|accept|accepting|answer|answering|like|appreciate|appreciated|\
respond|responding|welcome|entertain|entertaining|tolerate ~ call|calls|calling|robots|robot|\
called
            not|never entertain|entertaining|tolerate|tolerating|appreciate|appreciated|consent|\
solicit|soliciting
            just|please lose it
            mind ~ lose it|that|this
            not you ?lot|people|guys|bunch again
            you ?have|keep|lot|people|guys|are ?been ?always rung|called|phoned|ringing|calling|\
phoning ?me ?us ~ times|again|already|every|constantly|day|days
            you|they keep ?on calling|ringing|phoning|bothering|doing_this
            every day|week|time|morning|evening ~ call|calls|calling|ring|phone
            leave|leaving people|him|her|them|everyone|everybody|folks|others|my_mother alone|be|\
in_peace
            cease|desist
            mind ~ not <calling>
            refrain|desist|abstain|keep ?yourself from <calling>
            not|never|no|without <calling> ?here|me|us|this again|any_more|anymore|longer|please
            object ?strongly to
            illegal|unlawful|against_the_law|an_outrage|outrageous|disgraceful|disgusting|\
pathetic|shameful|invasion_of_privacy|intrusive
            go|get|jump|take ~ hike|lake|walk|stuffed|knotted|bent|real
            shame on you
            have you no shame
            what part of
            which part of
            not a good_enough|chance ?in hell
            not touch it|that|this ?with
            rather eat|die|not_be
            mind your own
            none of your
            do not ?you waste
            save it ?for
            spare me|us
            enough now|calls|thanks|of_you|with
            that is|will_be enough|it|all_from
            clear off
            beat it
            hop it
            scram
            out of my|our
            nobody|no_1|none_of_us ?here ~ want|wants|interested|needs|need|care|cares
            would|could you|u please stop
            not|no ~ wish|desire|want|wanting|need|intend|intention|interest ~ receive|receiving|\
get|getting|hear|take|continue|proceed
            stop $
            prefer|rather|appreciate|like|love|happy|happier|grateful|nice ~ you ~ not|stop|\
stopped|quit|left
            stopped|quit <calling>
            no call|calls|contact|phone|marketing list|register
            cut it out
            knock it off
            ^ ?no|yes|ok|yeah|oh ?you stop ?it $
            want|like|need ?you ?this|these|the|it|all|your|it_all ?calls ?to stop
            have|has|got to stop
            you|this|it must stop
            no more ?of ?these|your|this|unwanted|sales|any calls|call|phone_calls|calling|this|\
that|messages|thank_you|thanks
            take|remove|delete|strike|cross|drop|erase|scratch|scrub me|us|my|this|our|it ~ off|\
from|out
            get me|us|my|this ~ off|out
            remove|delete|erase|destroy|wipe ?all|everything ?of ?me|us|my|this|our ?phone number|\
numbers|name|details|data|me|us|information
            off ?of your|the|that|any ?call|calling|contact|marketing list|lists|database|system|\
books|records
            unsubscribe|opt_out|opt_me_out|opting_out|opted_out
            opt me|us out
            do not call list|register|registry
            put me|us|this|my ~ do not call
            leave me|us ?the|the_hell be|alone|in_peace
            go ?and bother|annoy|call|ring|pester|harass somebody|someone|other else|people
            leave ?my family|wife|mother|mum|mom|number alone
            let me be $
            lose|forget my|this|our number
            block|blocking|blocked you|your|this|these
            revoke|withdraw|withdrawing|cancel|rescind ~ consent|permission
            not consent
            no consent
            not|never ?ever gave|give|given|giving|have ~ consent|permission
            no right|permission|business to|calling|phoning
            not welcome
            unwanted call|calls
            not ~ interested
            no ~ interest
            0 interest
            not have|got ~ interest
            not interest|interests me
            uninterested|disinterested
            not for me
            not my thing
            not ?in ?the ?market|mood for
            not buying ?anything|it|any
            not|nor care
            not ~ give a
            not talk|speak|talking|speaking|deal|dealing|listen|listening ?to|with ?a|any ?stupid \
robots|robot|machines|machine|bots|computers|computer|recordings|you|telemarketers|salesmen|\
strangers|cold_callers
            go away
            get lost
            buzz off
            bugger off
            sod off
            back off
            get off ?of ?my|the phone|line|back
            get out ?of my
            enough ?is ?of enough|this|these|already|calls
            ^ enough $
            had enough
            fed up
            sick ?and ?tired of ~ call|calls|calling|this|these|you|it
            tired of ~ call|calls|calling|this|these|you|it
            how many times
            for the last time
            told|said ~ not ?to <call>
            told|said ~ no
            told|asked ~ to stop|quit
            already|i|we said|told ~ no|not|stop
            wasting|waste of|my ?our time
            is|are|am|be ~ harassment|harassing|spam|spammers|spammer|scammer|scammers|annoying
            harassing me|us
            harassment|spam|spammer|scammer|scammers|con_artist|con_artists|telemarketer|\
telemarketers
            ^ scam $
            hate these|this|your|you|robocalls|telemarketers
            forget it
            forget about it
            ^ ?no ?thanks no no no
            do not ?you ring|phone|call
            not again ?thank_you|thanks $
            call|ring|phone someone|somebody else instead
            no means no
            fuck|fucking|fucker|fucked|motherfucker|motherfucking|fuckoff|eff_off|wtf
            piss|pissed|pissing off
            screw you|off|this|your
            go to hell
            drop dead
            burn in hell
            asshole|arsehole|bastard|bastards|bitch|dickhead|wanker|wankers|cunt|prick|scumbag|\
scum|moron|idiot|idiots|twat|jerk|crook|crooks|thieves|parasite|parasites|vultures
            bullshit|bollocks|crap|shit_off
            piece of shit|crap|garbage
            shut up
            shut ?the your mouth|face|trap
            shut the hell up
            shove it|this|that|your
            stick it|this|that up|where
            get a life
            get a real job
            kiss my
            up yours
            bite me
            naff off
            jog on
            do 1 $
        """,
        Meaning.WRONG_NUMBER: """
            wrong|incorrect number|person|guy|house|party|man|woman|lady|family|place|address|\
people
            number ~ is wrong
            you|have|got ~ wrong ?number $
            misdialed|misdialled
            no|not|nobody|none ?1|such ?by|of|with ?with that|this name
            no 1|such ?person ~ here
            nobody|no_1 ~ here|called|by|named
            there is|are no ~ here
            not|no_longer|never live|lives|lived|work|works|at|with ?at ?here|there|this ~ here|\
anymore|any_more|address|number
            not ?the person|1 ?who|that|you ~ looking|want|need|after|calling
            not me you|that|he|she
            that is not me
            is not my|the_right name
            not him|her|them|he|she
            not his|her|their|that_persons ?phone number|phone
            never heard of
            not know any|him|her|them|that_person|this_person|who_that
            passed away
            he|she|they|who is|are|has|have|died|now|recently|s ?died|dead|deceased
            deceased
            new owner of
            not ~ number any_more|anymore|longer
            someone|somebody else is ?phone|number
            he|she|they|it ~ changed|has_a_new ~ number
            moved away|out
        """,
        Meaning.NO: """
            a ?big|definite|firm|resounding|clear no
            is|still|definitely|say|said|saying|says no $
            answer|reply ~ no
            no from
            stay|stays|remain|remains no
            for god|gods|heavens|christ|christs|goodness|petes|crying|pitys ?is ?out sake|loud
            not ~ think|believe|reckon|suppose ?that i|we ?would ~ want|need|like|interested|bother
            not ?in ?any need|want of
            whatever it is % not|no
            will not be|need
            no good|use|point to|in|for ?me|us
            i am|will_be afraid ~ not|no|decline
            get|got|find someone|somebody|another ~ else
            but no $
            ^ ?oh|um|er|but|and|sorry|thanks|well|yeah|yes|i_said|i_say|said|ok|god|hell no
            no $
            no ?no ?sorry ?but thanks|thank_you|thank|thankyou|need|way|chance|ta|cheers|deal
            nope|nah|nay|naw|negative|never
            do|did|does|would|will|am|are not ?even want|wanting|need|needing|like ?to|it|that|\
any|this|one|the
            do|did|would not ?even think so
            can|could not ?even afford
            not ?right ?now need|necessary|needed|required|today|thank_you|thanks|today_thank_you|\
at_the_moment|at_this_time|happening|likely|going_to|ever|a_chance|1_bit|this_time
            ^ ?absolutely|definitely|certainly|of_course|probably|i_think|maybe|preferably|rather \
not $
            absolutely|definitely|certainly|obviously|of_course not
            would|will|could rather|sooner ?prefer not
            prefer not
            i ?will|would ?have|have_to ?to pass|decline|refuse|skip|skip_it|pass_on_that|disagree
            pass $
            pass on it|that|this
            will not be ~ ing|needing|renewing|buying|taking|coming|attending
            not bother
            thanks but
            i|we am|are ?all good|fine|all_set|all_right|ok|sorted|covered|set ?thanks|thank_you|\
as $
            i am good
            we are good
            all set
            no no
            out of the question
            save your breath
            already have|got 1|it|that|another
            over my dead body
            when hell freezes over
            i|we have to|must|need_to decline|refuse
            count me out
            do not do ~ over the phone
            against it
            too expensive
            ^ not particularly|especially|exactly $
            ^ not $
            cancel ?it|that|this|the|everything|my
            press|pressing|pressed ?number|key|the 1
            ^ 1 $
            ^ ?number 1 $
        """,
        Meaning.BYE: """
            ^ ?ok|thanks|thank_you|right|no ?and ?good bye
            bye|cheerio|so_long|farewell $
            hanging|hang up
            i|we have|got|need|must ?got ?to go|run|leave $
            i|we have|got|need|must ?got ?to go|run|leave now
            putting|put the phone down
            end|ending|finish|terminate ?this|the call|conversation
            good night
            good day
            got to go
        """,
    },
    call=_CALL,
    calling=_CALLING,
)
