"""What a callee said, as it is compared: one spelling for all that is heard the same.

The text becomes tokens with a space after each: words of an alphabet whole, Chinese sign by sign,
`,` and `?` where a sentence or a clause ends. Phrases are brought into the same form, so that a
phrase is found only as whole words. What a recogniser writes in one way or another (width, case,
contractions, traditional characters, figures) is one here; fillers, and words that only add
weight, are dropped.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

LONGEST: Final = 2000
"""Signs of one turn that are looked at; more is not said in the seconds that a turn may take."""

_PAIRS: Final = (
    "為为無无號号碼码電电話话說说語语請请讓让給给們们這这個个機机對对錯错誰谁嗎吗麼么甚什幾几沒没"
    "間间時时點点過过還还來来開开關关車车會会議议後后從从應应該该當当將将頭头見见現现觀观覺觉聽听"
    "聲声聯联繫系絡络絕绝續续約约紅红級级線线經经編编縮缩總总綠绿維维網网練练終终結结統统絲丝"
    "處处擾扰擊击擇择據据擔担揚扬換换搶抢撥拨攔拦損损搖摇報报場场塊块壓压壞坏執执堅坚備备傳传債债"
    "傷伤僅仅億亿優优償偿價价儘尽兒儿內内兩两冊册凍冻別别劃划動动務务勝胜勞劳區区醫医協协單单卻却"
    "廠厂廣广廳厅歷历厭厌參参雙双發发變变嗰个嚇吓嚴严國国圖图園园團团墳坟士士壽寿夢梦夥伙夾夹奪夺"
    "奮奋妳你媽妈婦妇嬸婶學学孫孙寧宁審审實实寫写寶宝專专導导層层屬属歲岁島岛帳账帶带幣币幫帮並并"
    "庫库張张強强彈弹彙汇徑径徹彻復复徵征德德恥耻悅悦惱恼惡恶愛爱態态慘惨慣惯憑凭憶忆戲戏戶户"
    "拋抛挾挟掃扫掛挂採采敗败敘叙數数斷断於于書书東东條条極极構构樂乐樓楼標标樣样橋桥檢检櫃柜權权"
    "歡欢歸归殺杀氣气決决況况淚泪淨净測测滅灭滿满漢汉潔洁潛潜濟济灣湾災灾煩烦熱热燈灯爭争爺爷"
    "牆墙狀状獨独獲获環环產产畢毕畫画異异瘋疯癥症監监盤盘眾众睏困瞭了礙碍禮礼禁禁種种稱称穩稳"
    "窮穷競竞筆笔節节簡简簽签簿簿糧粮糾纠純纯紙纸細细組组絞绞緊紧緩缓緣缘縣县罰罚罵骂聖圣職职"
    "肅肃腦脑腳脚臉脸臨临與与興兴舉举舊旧艱艰藝艺藥药蘇苏虛虚蟲虫補补裝装裡里裏里製制複复襲袭"
    "規规視视親亲訂订計计訊讯討讨訓训記记許许設设訪访訴诉診诊詐诈評评詞词詢询試试詩诗詳详認认誤误"
    "課课誰谁調调談谈論论諾诺謀谋謝谢證证譯译護护讀读讚赞豐丰貓猫財财貨货販贩責责貸贷費费貴贵買买"
    "賀贺賊贼資资賠赔賣卖質质賬账購购賺赚贈赠贏赢趕赶跡迹踐践躍跃軟软軍军較较載载輕轻輛辆輪轮輸输"
    "轉转辦办辭辞農农迴回連连進进運运違违遠远適适選选遲迟遺遗郵邮鄉乡醜丑釋释釐厘鈴铃銀银銷销錄录"
    "錢钱鎖锁鍵键鐘钟鐵铁長长門门閃闪閉闭問问閒闲陰阴陳陈陸陆陽阳隊队際际隨随險险隱隐離离難难雜杂"
    "雞鸡雲云靈灵靜静預预頂顶項项順顺須须願愿類类顧顾顯显風风飛飞飯饭飲饮餘余館馆騙骗騷骚驗验驚惊"
    "魚鱼鮮鲜麗丽黃黄黨党齊齐齡龄龍龙龜龟嘅的咗了冇没喺在佢他唔不睇看乜什嚟来攞拿啲点"
)
"""Traditional characters, each before its simplified one; at the end, what Cantonese writes."""
_SIMPLE: Final = str.maketrans(dict(zip(_PAIRS[::2], _PAIRS[1::2], strict=True)))

_SHORT: Final = {
    "cannot": "can not", "cant": "can not", "wont": "will not", "dont": "do not",
    "doesnt": "does not", "didnt": "did not", "isnt": "is not", "arent": "are not",
    "wasnt": "was not", "wouldnt": "would not", "couldnt": "could not", "shouldnt": "should not",
    "havent": "have not", "hasnt": "has not", "aint": "is not", "im": "i am", "ive": "i have",
    "youre": "you are", "youve": "you have", "theyre": "they are", "thats": "that is",
    "whats": "what is", "whos": "who is", "wheres": "where is", "hows": "how is", "lets": "let us",
    "theres": "there is", "gonna": "going to", "wanna": "want to", "gotta": "got to",
    "gimme": "give me", "lemme": "let me", "ya": "you", "u": "you", "ur": "your", "okay": "ok",
    "okey": "ok", "kay": "ok", "alright": "all right", "goodbye": "bye", "byebye": "bye",
    "thx": "thanks", "nought": "0", "zero": "0", "one": "1", "two": "2", "three": "3",
    "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9",
}  # fmt: skip
"""Words that are written in several ways, and figures."""
_FIGURES: Final = str.maketrans("零一二两三四五六七八九幺", "012234567891")

_APOSTROPHES: Final = re.compile("[\u2018\u2019\u02bc`´]")
_ENDINGS: Final = (
    (re.compile(r"\bcan't\b"), "can not"),
    (re.compile(r"\bwon't\b"), "will not"),
    (re.compile(r"\bain't\b"), "is not"),
    (re.compile(r"\blet's\b"), "let us"),
    (re.compile(r"n't\b"), " not"),
    (re.compile(r"'m\b"), " am"),
    (re.compile(r"'re\b"), " are"),
    (re.compile(r"'ve\b"), " have"),
    (re.compile(r"'ll\b"), " will"),
    (re.compile(r"'d\b"), " would"),
    (re.compile(r"'s\b"), " is"),
)
_SAME_NO: Final = (
    (re.compile("没有什么|没什么|没啥|没有|并没有|无(?=兴趣|需)"), "没"),
    (re.compile("不是(?:很|太|特别|非常|那么)|不(?:怎么|太|大|是很|很)"), "不"),
    (re.compile("不需(?!要)"), "不需要"),
    (re.compile("甭|勿|莫|别去"), "别"),
    (re.compile("您"), "你"),
    (re.compile("电话号码|手机号码|手机号|座机"), "号码"),
)
"""Chinese ways to say the same no, and the same thing."""
_WEIGHT: Final = re.compile("真的|真是|实在|根本|完全|绝对|千万|麻烦|拜托|求求|请|确实|暂时|目前")
_TOKEN: Final = re.compile(r"[\u3400-\u9fff]|[^\W\u3400-\u9fff_]+|[?]|[,.;:!\u3002\u3001…\n]")

_FILLERS: Final = frozenset(
    [
        "um",
        "uh",
        "er",
        "erm",
        "ah",
        "oh",
        "hm",
        "hmm",
        "hmmm",
        "mm",
        "mmm",
        "mhm",
        "mmhmm",
        "uhhuh",
        "huh",
        "eh",
        "aha",
        "well",
        "嗯",
        "呃",
        "额",
        "啊",
        "哦",
        "噢",
        "喔",
        "唉",
        "哎",
        "诶",
        "欸",
        "呀",
        "嘛",
        "呢",
        "吧",
        "啦",
        "哈",
        "哟",
        "嘞",
        "喽",
        "呗",
        "恩",
    ]
)
"""Sounds that say nothing but that somebody is there."""
_LISTENING: Final = frozenset(
    ["ok", "right", "i", "see", "sure", "all", "good", "fine", "对", "好", "是", "行", "的", "了"]
)
"""Words that say yes after a question, and before its end perhaps only: go on."""
_WEIGHTS: Final = frozenset(
    [
        "please",
        "really",
        "actually",
        "just",
        "honestly",
        "seriously",
        "quite",
        "very",
        "simply",
        "literally",
        "kindly",
        "totally",
        "damn",
        "goddamn",
        "bloody",
        "sir",
        "madam",
        "maam",
        "dude",
        "mate",
    ]
)


def heard(text: str) -> str:
    """`text` as it is compared; begins and ends with the end of a clause."""
    tokens: list[str] = []
    for token in _tokens(text):
        if token in _FILLERS or token in _WEIGHTS:
            continue
        if token in {",", "?"} and tokens[-1:] in ([","], ["?"]):
            tokens[-1] = "?" if "?" in {token, tokens[-1]} else ","
            continue
        tokens.append(token)
    words = " ".join(tokens)
    for several, one in (("at all ", ""), ("1 more time", "again")):
        words = words.replace(several, one)
    start = "" if words.startswith((",", "?")) else ", "
    end = "" if words.endswith((",", "?")) else " ,"
    return f"{start}{words}{end} " if words else ", "


def is_backchannel(text: str) -> bool:
    """Whether it may be no more than a sign that somebody listens, as over a prompt."""
    tokens = {token for token in _tokens(text) if token not in {",", "?"}}
    return bool(tokens) and tokens <= {*_FILLERS, *_LISTENING}


def is_filler(text: str) -> bool:
    """Whether something was said, and nothing but fillers."""
    tokens = [token for token in _tokens(text) if token not in {",", "?"}]
    return bool(tokens) and all(token in _FILLERS for token in tokens)


def _tokens(text: str) -> list[str]:
    folded = unicodedata.normalize("NFKC", text[:LONGEST]).casefold().translate(_SIMPLE)
    folded = _APOSTROPHES.sub("'", folded)
    folded = "".join(
        sign for sign in unicodedata.normalize("NFD", folded) if not unicodedata.combining(sign)
    )
    for pattern, plain in _ENDINGS:
        folded = pattern.sub(plain, folded)
    folded = _WEIGHT.sub("", folded)
    for pattern, plain in _SAME_NO:
        folded = pattern.sub(plain, folded)
    found = []
    for token in _TOKEN.findall(folded.replace("'", "")):
        if not token[0].isalnum():
            found.append("?" if token.startswith("?") else ",")
        else:
            found += _SHORT.get(token, token.translate(_FIGURES)).split()
    return found
