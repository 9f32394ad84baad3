"""What callees mean wherever the script stands, in English (notation: `phrases`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from dialer.core.dialog.meaning import Meaning
from dialer.core.dialog.phrases import lists
from dialer.core.dialog.refusals_en import REFUSALS

_PERSON = (
    "person|human|human_being|agent|operator|representative|rep|someone|somebody|manager"
    "|supervisor|advisor|adviser|people|staff|employee|boss|colleague|member_of_staff"
    "|customer_service"
)
_ROBOT = (
    "robot|robots|bot|bots|machine|machines|computer|computers|recording|ai|a_i|chatbot|robocall"
    "|android|automaton"
)

_OTHERS: Final[Mapping[Meaning, tuple[str, ...]]] = lists(
    {
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
    person=_PERSON,
    robot=_ROBOT,
)

ENGLISH: Final[Mapping[Meaning, tuple[str, ...]]] = {**REFUSALS, **_OTHERS}
