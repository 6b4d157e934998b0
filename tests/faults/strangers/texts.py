"""Sentences of our own in the languages that pages come in."""

SAMPLES: dict[str, tuple[str, ...]] = {
    "en": (
        "The envoy said the port fees would be halved in spring — “not a day later”, she added.",
        "Buyers from Dalian signed for twelve cargoes of soybeans; the price was not disclosed.",
        "A café near the consulate has become the place where visa agents wait for news.",
        "The ministry’s spokesman declined to name the firms, which employ some 4,000 people.",
        "Tariffs on steel rose to 25 % in March, and shipments fell by a third within weeks.",
    ),
    "zh-Hans": (
        "商务部发言人星期四表示，双方经贸团队将保持沟通，就彼此关切的问题继续磋商。",
        "两国代表周一在河边的一家酒店再次会晤，商讨港口收费协议的最后几点内容。",
        "航运企业对此表示谨慎欢迎，并要求在调整任何一条航线之前先看到书面的收费标准。",
        "分析人士认为，关税问题短期内难以全部解决，但对话本身已经是一个积极的信号。",
        "大连的买家签下十二船大豆，价格没有公布，预计明年三月以前陆续运抵各个港口。",
    ),
    "zh-Hant": (
        "經濟部週四公布上月外銷訂單統計，受惠於人工智慧需求，金額較去年同月增加。",
        "官員表示，後續仍要觀察國際經濟情勢與關稅政策的變化，審慎看待下半年的景氣。",
        "兩國代表星期一在河邊的一家酒店再次會晤，商討港口收費協議的最後幾點內容。",
        "航運業者對此表示審慎歡迎，並要求在調整航線之前先看到書面的收費標準。",
        "分析人士認為，關稅問題短期內難以全部解決，但對話本身已經是一個積極的訊號。",
    ),
    "ja": (
        "両国の首脳は電話で会談し、関税についての協議を続けることで一致しました。",
        "港湾使用料は来年三月から半分になる見通しだと、交渉に参加した関係者が明らかにした。",
        "海運会社は慎重に歓迎しながらも、書面で料金表を確認するまで航路を変えないという。",
    ),
    "ko": (
        "두 나라 대표단은 월요일에 다시 만나 항만 수수료 협정의 마지막 쟁점을 논의했다.",
        "해운 회사들은 조심스럽게 환영하면서도 요금표를 서면으로 확인하기를 원한다고 밝혔다.",
        "전문가들은 관세 문제가 단기간에 모두 해결되기는 어렵다고 보고 있다.",
    ),
    "ru": (
        "Москва и Пекин подписали соглашение о сотрудничестве в области энергетики.",
        "Портовые сборы будут снижены вдвое с первого марта, сообщил участник переговоров.",
        "Судоходные компании осторожно приветствовали решение и попросили показать тарифы.",
    ),
    "fr": (
        "Le président a été reçu à Pékin ; l’été y fut très chaud, dit-il, « voilà » le problème.",
        "Les droits de port seront réduits de moitié dès le premier mars, a précisé la déléguée.",
        "Les armateurs ont salué la décision avec prudence et demandé à voir les tarifs.",
    ),
}
