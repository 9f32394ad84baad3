"""Sentences of scripts, good and bad, and what the shipped lists say of each."""

# ruff: noqa: RUF001 - letters and marks that look like others are what this is about

from __future__ import annotations

import pytest

from dialer.core.dialog.wording import WordingBook, inspect_words
from dialer.files.wording import read_wording

OPERATOR = ("Example Bank", "某某银行")

# Industry, sentence, the rules that it breaks; none where it is good.
CORPUS: list[tuple[str, str, set[str]]] = [
    # Finance, said plainly.
    ("finance", "This fund has a guaranteed return of six percent.", {"finance.guaranteed-return"}),
    ("finance", "We guarantee you a profit.", {"finance.guaranteed-return"}),
    ("finance", "There is no risk at all.", {"finance.no-risk"}),
    ("finance", "It is a risk-free product.", {"finance.no-risk"}),
    ("finance", "You simply can't lose.", {"finance.no-risk"}),
    ("finance", "Your principal is protected.", {"finance.principal-protected"}),
    ("finance", "Guaranteed approval, no credit check!", {"finance.certain-approval"}),
    ("finance", "This stock will definitely go up.", {"finance.insider"}),
    ("finance", "这款产品保本。", {"finance.principal-protected-zh"}),
    (
        "finance",
        "保本保息，稳赚不赔。",
        {"finance.principal-protected-zh", "finance.guaranteed-return-zh"},
    ),
    ("finance", "这是零风险的理财。", {"finance.no-risk-zh"}),
    ("finance", "這是零風險的理財。", {"finance.no-risk-zh"}),
    ("finance", "我们承诺收益不低于六个点。", {"finance.guaranteed-return-zh"}),
    ("finance", "不看征信，百分百下款。", {"finance.certain-approval-zh"}),
    ("finance", "我们有内幕消息。", {"finance.insider-zh"}),
    (
        "finance",
        "國家擔保，保證本金。",
        {"general.endorsed-by-state-zh", "finance.principal-protected-zh"},
    ),
    ("finance", "确保本金安全。", {"finance.principal-protected-zh"}),
    # Finance, disguised.
    ("finance", "ＮＯ　ＲＩＳＫ", {"finance.no-risk"}),
    ("finance", "n.o r.i.s.k", {"finance.no-risk"}),
    ("finance", "no-risk", {"finance.no-risk"}),
    ("finance", "no.risk", {"finance.no-risk"}),
    ("finance", "No *** RISK", {"finance.no-risk"}),
    ("finance", "no r\u0456sk", {"finance.no-risk"}),
    ("finance", "gu\u200baran\u00adteed retu\u2060rns", {"finance.guaranteed-return"}),
    ("finance", "guarànteed rétürns", {"finance.guaranteed-return"}),
    ("finance", "guaranteed {word} return", {"finance.guaranteed-return"}),
    ("finance", "𝐠𝐮𝐚𝐫𝐚𝐧𝐭𝐞𝐞𝐝 𝐫𝐞𝐭𝐮𝐫𝐧", {"finance.guaranteed-return"}),
    ("finance", "保 本", {"finance.principal-protected-zh"}),
    ("finance", "保.本", {"finance.principal-protected-zh"}),
    ("finance", "保。本。", {"finance.principal-protected-zh"}),
    ("finance", "保-本", {"finance.principal-protected-zh"}),
    ("finance", "“保”“本”", {"finance.principal-protected-zh"}),
    ("finance", "保\u200b本", {"finance.principal-protected-zh"}),
    ("finance", "保\u3164本", {"finance.principal-protected-zh"}),
    ("finance", "保{空}本", {"finance.principal-protected-zh"}),
    ("finance", "稳、赚、不、赔", {"finance.guaranteed-return-zh"}),
    ("finance", "⓪风险", {"finance.no-risk-zh"}),
    ("finance", "０ 风险", {"finance.no-risk-zh"}),
    ("finance", "零\n风\n险", {"finance.no-risk-zh"}),
    # Finance, innocent.
    ("finance", "There is no risk-free investment.", set()),
    ("finance", "Returns are not guaranteed, and you may lose money.", set()),
    ("finance", "This product is not principal protected.", set()),
    ("finance", "Is it guaranteed? Return to the menu with 9.", set()),
    ("finance", "An asterisk-free form is on its way.", set()),
    ("finance", "All investments carry risk.", set()),
    ("finance", "为了确保本次通话质量，通话可能会被录音。", set()),
    ("finance", "本产品不保本，收益会波动。", set()),
    ("finance", "这是非保本浮动收益产品。", set()),
    ("finance", "您投保本公司的产品将于下月到期。", set()),
    ("finance", "该笔贷款由第三方担保。本月到期。", set()),
    ("finance", "投资有风险，入市需谨慎。", set()),
    ("finance", "请问您了解有没有风险吗？", set()),
    ("finance", "第10风险等级的产品不适合您。", set()),
    ("finance", "您的信用卡下个月到期，是否续卡？", set()),
    # Education.
    ("education", "With us you are certain to pass.", {"education.certain-to-pass"}),
    ("education", "A 100% pass rate!", {"education.certain-to-pass"}),
    ("education", "A guaranteed place at your school.", {"education.certain-admission"}),
    ("education", "There is a job guarantee.", {"education.certain-job"}),
    ("education", "我们的课程包过。", {"education.certain-to-pass-zh"}),
    ("education", "保 过 班，考不过全额退。", {"education.certain-to-pass-zh"}),
    ("education", "保證錄取，內部名額。", {"education.certain-admission-zh"}),
    ("education", "毕业包就业。", {"education.certain-job-zh"}),
    ("education", "命题专家为您押题。", {"education.exam-insider-zh"}),
    ("education", "包，过!", {"education.certain-to-pass-zh"}),
    ("education", "Passing is up to you; nobody is guaranteed to pass.", set()),
    ("education", "她的面包过期了。", set()),
    ("education", "您不必过于担心，我们会提供全部课程。", set()),
    ("education", "课程包括四十节课，由持证教师授课。", set()),
    # A ban of one industry is none in another; general ones are for all.
    ("education", "这款产品保本。", set()),
    ("finance", "我们的课程包过。", set()),
    ("education", "请不要挂断电话。", {"general.pressure-zh"}),
    ("finance", "Before you hang up, hear this.", {"general.pressure"}),
    ("finance", "请告诉我验证码。", {"general.asks-for-secret-zh"}),
    ("finance", "我们不会要求您提供验证码。", set()),
    ("education", "This course is approved by the government.", {"general.endorsed-by-state"}),
    # To pose as a person.
    ("finance", "Hello, I am your agent.", {"disguise.role"}),
    ("finance", "Hello, I'm the Example Bank specialist.", {"disguise.role"}),
    ("finance", "This is your dedicated account manager.", {"disguise.role"}),
    ("finance", "You are speaking with a customer service representative.", {"disguise.role"}),
    ("finance", "My name is Lucy.", {"disguise.name"}),
    ("finance", "I am Lucy, your personal agent.", {"disguise.role"}),
    ("finance", "I am an automated specialist.", {"disguise.role"}),
    ("finance", "I am a real person.", {"disguise.role"}),
    ("finance", "I am not a robot.", {"disguise.denial"}),
    ("finance", "I a m y o u r a g e n t", {"disguise.role"}),
    ("finance", "I\u2019m your age\u200bnt.", {"disguise.role"}),
    ("finance", "我是您的专员。", {"disguise.role-zh"}),
    ("finance", "我是某某银行的客服代表。", {"disguise.role-zh"}),
    ("finance", "我是某某银行的客服。", {"disguise.role-zh"}),
    ("finance", "我 是 您 的 专 员", {"disguise.role-zh"}),
    ("finance", "我是小王，您的专属顾问。", {"disguise.name-zh", "disguise.role-zh"}),
    ("finance", "这里是人工客服。", {"disguise.role-zh"}),
    ("finance", "我叫小美。", {"disguise.name-zh"}),
    ("finance", "8号客服为您服务。", {"disguise.name-zh"}),
    ("finance", "您好，我是真人，不是机器人。", {"disguise.role-zh", "disguise.denial-zh"}),
    ("finance", "我是機器人專員。", {"disguise.role-zh"}),
    # To offer a person, or to say what one is.
    ("finance", "Press 0 for an agent.", set()),
    ("finance", "To speak to a specialist, say agent.", set()),
    ("finance", "I am calling to ask whether an agent may call you back.", set()),
    ("finance", "I will connect you to a representative.", set()),
    ("finance", "I am a robot, not an agent.", set()),
    ("finance", "I am the automated agent of Example Bank.", set()),
    ("finance", "This is the automated assistant of Example Bank.", set()),
    ("finance", "This is the robot of Example Bank. An agent can call you tomorrow.", set()),
    ("finance", "This is an AI voice; press 0 for our staff.", set()),
    ("finance", "如需人工客服，请按0。", set()),
    ("finance", "按0转接专员。", set()),
    ("finance", "我是某某银行的智能语音机器人。", set()),
    ("finance", "我是某某银行的智能客服，来电提醒您信用卡到期。", set()),
    ("finance", "我是机器人，转人工客服请按0。", set()),
    ("finance", "接下来由专员为您服务。", set()),
    ("finance", "这里是某某银行客服中心的自动语音。", set()),
    ("finance", "您可以稍后联系您的客户经理。", set()),
]


@pytest.fixture(scope="module")
def book() -> WordingBook:
    return read_wording()


def test_there_is_enough_of_it() -> None:
    assert len(CORPUS) >= 60
    assert len({sentence for _, sentence, _ in CORPUS}) >= len(CORPUS) - 2


@pytest.mark.parametrize("industry,sentence,broken", CORPUS)
def test_a_sentence_of_a_script(
    book: WordingBook, industry: str, sentence: str, broken: set[str]
) -> None:
    found = inspect_words(book, industry, sentence, operator=OPERATOR, node="nodes.offer")
    assert {finding.rule for finding in found} == broken
    for finding in found:
        assert finding.node == "nodes.offer"
        assert 0 <= finding.start < finding.end <= len(sentence)
        assert finding.excerpt
        assert finding.why
        assert finding.instead


@pytest.mark.parametrize("industry,sentence,broken", [each for each in CORPUS if each[2]])
def test_where_no_industry_is_named_all_lists_hold(
    book: WordingBook, industry: str, sentence: str, broken: set[str]
) -> None:
    assert broken <= {finding.rule for finding in inspect_words(book, None, sentence)}
