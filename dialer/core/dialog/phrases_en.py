"""What callees mean wherever the script stands, in English (notation: `phrases`)."""

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
_PERSON = (
    "person|human|human_being|agent|operator|representative|rep|someone|somebody|manager"
    "|supervisor|advisor|adviser|people|staff|employee|boss|colleague|member_of_staff"
    "|customer_service"
)
_ROBOT = (
    "robot|robots|bot|bots|machine|machines|computer|computers|recording|ai|a_i|chatbot|robocall"
    "|android|automaton"
)

ENGLISH: Final[Mapping[Meaning, tuple[str, ...]]] = lists(
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
        Meaning.LATER: """
            call|ring|phone|try|contact ?me|us|again ?back|again ~ later|tomorrow|tonight|\
afternoon|evening|morning|week|monday|tuesday|wednesday|thursday|friday|saturday|sunday|month|\
hour|hours|minutes|oclock|lunch
            call|ring|phone|try ?me|us back
            call|ring|phone|try|contact ?me|us|again ~ another|better|different|later time|day|\
moment
            call|ring|phone|try|contact me|us ?back|again in|at|after|on|when|around ~
            do not call|ring|phone ?me ?right ?now % call|ring|phone|try % later|tomorrow|tonight|\
back
            ^ ?maybe|perhaps|ok later $
            some other time
            another|different|better time|day
            not ?a ?the ?very ?good|right|best|great|convenient ?good time|moment
            bad time|moment
            not ?right now
            no not now
            ^ ?i ?am driving|cooking|eating|working|busy|abroad|asleep
            i am|we are ~ busy|driving|working
            ^ ?too ?a|kind|bit|bit_of ?of busy
            busy right|now|at
            in|having|at|on a|my|the meeting|dinner|lunch|work|hospital|bus|train|call|middle|\
class|doctor|doctors|movie|theatre
            i|we am|are ?still ?just at work|dinner|lunch|school
            ^ at work|dinner|lunch
            can not ?right ?now talk|speak|chat|hear ?to ?you ?right|at ?now|the_moment
            not have|got ?the|any|much time ?right|for ?now
            no time ?right ?now
            you have caught me at
            after work|lunch|dinner|5|6
            talk|speak later|tomorrow
        """,
        Meaning.PERSON: """
            talk|speak|connect|transfer|put|pass|forward|chat ~ <person>|another_person
            ^ ?no|yes|ok ?i ?want|need|prefer ?to ?talk|speak ?to ?just ?a|an|the|your ?real|live|\
actual|living|human <person> $
            get|give|want|need|have|prefer|find ?me ?us ?to ?with ?a|an|the|your|some ?real|live|\
actual|living|human <person>
            put me through
            human|agent|operator|representative|person $
            transfer me
            is there a|any|some|an ?real|live|actual person|human|1|agent|somebody|someone ~ talk|\
speak|there
            can|could|may i|we ?please talk|speak ?to|with ?a|an|the|your ?real|live ?human \
person|human|agent|operator|manager|someone|somebody|being
        """,
        Meaning.SOURCE: """
            who|where|how|when|why ~ get|got|gave|give|given|find|found|obtain|obtained|acquire|\
have|has|know|sold|buy|bought|pass|passed|leaked ~ my|our|this|the|these ?private|phone|cell|\
mobile|personal|home number|numbers|details|contact|contacts|information|data|name|info
            where|how ~ my|this|our ?phone|mobile number|details|data|name|information ~ from
            how|where ~ know my|me|who_i
            when|where|how did i agree|consent|sign|say|give|opt|ask|allow|subscribe
            who told you my|about_me|to_call
            who|what allowed|authorized|authorised|permitted you
            not|never ?ever gave|give|given you|anybody|anyone|out ?my|this number|details|it
            source of ?my|this|the ?phone number|data|details
            which|what list
            why do|have you ?got have|got my ?phone|mobile number|details|data|name
        """,
        Meaning.ROBOT: """
            am|are|is|r ?not i|you|this|it|that|we|s ~ <robot>|automated|recorded|prerecorded|\
artificial|synthetic|computerised|computerized
            are|is ?not you|this|that|it|there ?actually ?a|an|even|some ?real|actual|live|living \
?human person|human|being|real|alive|someone
            speaking|talking|talk|speak|chatting to|with ?a|an|the ?real|actual|live ?human \
<robot>|person|human|being
            ^ ?a|an|you|another|oh_a|is_this ?a|an <robot> $
            you sound like|fake|robotic ?a|an ?<robot>
            this|that|it|you is|are|must|sounds|sound ?be ?like ?a|an|just ?some <robot>
            who|whom is|s ?it|am ?i this|that|calling|speaking|there|it|with|talking
            who|what are you|we|they
            what|which company|bank|organisation|organization|firm|business|shop
            who ?do ?you work|calling|call for
            whose voice|call
            what is|s ?the|all this|your|it ?all ?call|calling|name|about
            where ~ calling from
            why ~ calling|call|called|ringing|phoning
            what do you want
            is|are this|you|it a|some|another|part ?kind ?of scam|fraud|joke|prank|trick
            say that you are a robot
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
        Meaning.WAIT: """
            ^ ?ok|yes|oh|no ?please|can ?you wait
            wait ?up ?a|1|for ?little ?a second|minute|moment|sec|bit|while|there|up
            can|could|will|would you wait|hold
            hold|hang on|the_line|up
            ^ ?ok hold $
            1|a|half_a ?single ?more moment|second|sec|minute|min|tick|mo ?please
            bear with me
            let me ~ get|check|see|find|grab|look|think|write|fetch|ask|put|turn|sit|finish
            give me ~ moment|second|sec|minute|min|seconds|minutes
            be right back
            slow down
            not so fast
            i am|will looking|look for|getting|get|finding|find ~
        """,
        Meaning.DOUBT: """
            not ?so|too|entirely|completely|quite|100_percent sure|certain|convinced|decided
            do|would|did not know|remember|understand|follow|recall|get_it|get_that|hear
            not know|no idea|clue
            ^ ?no idea $
            no idea
            no clue
            maybe|perhaps|possibly|probably
            might|could ?or ?might ?not be
            it depends
            depends
            think|thinking|thought about|over|it ?it|that|this
            i guess|suppose|reckon|imagine|doubt
            i ?would ?need|have ?to ask|consult|discuss|talk_to|speak_to my|with
            could|can|would you repeat|say|explain|speak|clarify
            need|have|want|like|love|got to check|ask|think|know|talk|speak|see|look|understand|\
consult|discuss|find|hear|be
            say|repeat|tell ?me ?that|it|this again
            come again
            pardon ?me
            excuse me
            what did you say
            what was that
            ^ ?sorry|what|huh what $
            ^ sorry $
            did|could|can|do not ?quite catch|hear|understand|make
            yes and no
            yes or no
            neither
            not ~ not ~ interested|want|need
            not that i|we|it|this % not
            not because % not
            not|never say|said ~ no
            did not say ?that ?i
            never said ?that ?i
            not like ~ not
            is not that ~ not
            hello|hi|hey
            repeat
            not opposed|against
            whether or not
            both
            used to
            if i|we|you ~ yes|no|say
            yeah|yes right $
            another language
            spanish|chinese|mandarin|cantonese
        """,
        Meaning.QUESTION: """
            what|how about
            is|are there
            which 1
            how much|long|many|do|does|would|will
            what is|does|if|happens|would|will|for|kind|sort
        """,
        Meaning.INNOCENT: """
            no problem|worries|doubt|complaints|wonder|sweat|biggie|matter|trouble|hurry|rush|\
kidding|wait|objection|objections|question|questions|harm|fear|better|less|more_than
            no harm
            not ?a ?at ?at_all ?be ?have ?any problem|problems|trouble|complaints|complaint|\
objection|objections|issue|issues
            not bad|too_bad|only|half_bad|yet
            why not
            not see why not
            not hang|hanging ?up|on ?the ?phone
            do|will|would not go|worry|mind|leave|get_me_wrong|forget|cut|be|stop|panic|lose|end|\
get_off|shut|block|remove|delete|cancel|be_sorry
            not hang up the
            not want you|it|this|the ~ to stop|go|hang|end|cancel|lose|delete|remove
            not want to lose|miss|cancel|stop|hang|end|be_cut|refuse
            not cancel ?it|that|this|my
            can not ?you stop|wait|complain|agree_more|say_no|hear_you|hear|fault
            could not agree more|be_happier|be_better
            is|are this|you|it a|some|another|part ?kind ?of scam|fraud|scammer|spam|telemarketer
            never better|mind|stop|been_better
            not|never miss|mind ?it|if
            stop by|at|over|light|sign|in ?your|the
            bus stop
            stop worrying|apologising|apologizing
            report ?a|the|my|this ~ lost|stolen|problem|fault|missing
            no 1 ~ told|has|called ?me
            called no 1|it
            you did not call|ring|phone
            why|how did|do|would you not call|ring|phone
            not ?be annoying|spam|a_robot|harassment
            not ?a ?is ?this robot|machine|scam
            interested ?in ?the|this bus|no
            no need to apologise|apologize|worry|rush|repeat|be_sorry|thank
            all right
            you are all right
            i am fine with|and
            good morning|afternoon|evening
            good day to you
            right now
            cold call
            of course i do not mind
            no no problem
            agent orange
            already said yes
            told you yes
            number 1 priority
            no longer ?a ?problem
            crap shoot
            a waste of|not
        """,
        Meaning.YES: """
            go on then
            yes|yeah|yep|yup|yea|yah|aye|yessir|affirmative
            of course
            certainly|absolutely|definitely|indeed|exactly
            sure ?thing
            go ahead
            go for it
            sounds good|great|fine|perfect|lovely
            by all means
            ^ do $
            why not
            no problem
            no objection|objections
            not mind
            not see why not
            i|we ?would|do ?do|would|really like|love|want|agree|accept|confirm|need ?to|it|that|\
this|one
            i am ?very|really|definitely interested
            ^ interested $
            that is right|correct|fine|good|great|perfect|true
            that would be great|good|fine|nice|lovely|perfect
            do it
            let us do|go|proceed
            i am in
            count me in
            could not agree more
            you bet
            sign me up
            can not say no
            i will take it
        """,
        Meaning.MAYBE_YES: """
            ok|okey_dokey|fine|right|correct|good|great|perfect|lovely|sure|true
            all right
        """,
    },
    call=_CALL,
    calling=_CALLING,
    person=_PERSON,
    robot=_ROBOT,
)
