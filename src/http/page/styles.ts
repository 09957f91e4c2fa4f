// The style sheet of the stats page: HAProxy's colours for states, light and dark.

/** Row classes with their background, light and dark (HAProxy's own legend). */
export const STATE_COLOURS: Readonly<Record<string, readonly [light: string, dark: string]>> = {
  active_up: ["#c0ffc0", "#165900"],
  active_going_down: ["#ffffa0", "#6c6c00"],
  active_going_up: ["#ffd020", "#7d6300"],
  active_down: ["#ff9090", "#760000"],
  active_draining: ["#8fcbff", "#00508c"],
  active_no_check: ["#e0e0e0", "#2a2d2f"],
  maintain: ["#e0a860", "#6b430f"],
  backup_up: ["#b0d0ff", "#2e3f5c"],
  backup_going_down: ["#d8b8ff", "#4b2f6c"],
  backup_going_up: ["#ffb8ff", "#6c2f6c"],
  backup_down: ["#ff9090", "#760000"],
  backup_draining: ["#8fcbff", "#00508c"],
  backup_no_check: ["#e0e0e0", "#2a2d2f"],
  vrrp_master: ["#c0ffc0", "#165900"],
  vrrp_backup: ["#b0d0ff", "#2e3f5c"],
  vrrp_fault: ["#ff9090", "#760000"],
  vrrp_init: ["#e0e0e0", "#2a2d2f"],
  summary: ["#e8e8d0", "#2f3437"],
};

function stateRules(index: 0 | 1): string {
  return Object.entries(STATE_COLOURS).map(([name, colours]) => `.${name}>*{background:${colours[index]}}`).join("\n");
}

/** Served as /stats.css. */
export const STATS_CSS = `
:root{color-scheme:light dark;--page:#fff;--text:#111;--muted:#4a4a4a;--line:#b8b8a8;--head:#20d0d0;--head-text:#052a2a;
--link:#004a8f;--title:#165900;--title-degraded:#7a5200;--title-down:#a00000;--title-neutral:#4a4a4a;--title-text:#fff;--alarm:#fff0d0;--alarm-line:#c07820}
@media (prefers-color-scheme:dark){:root{--page:#14171a;--text:#e8e8e8;--muted:#b4b4b4;--line:#444b50;--head:#0d5f5f;
--head-text:#e6ffff;--link:#8cc4ff;--title:#1f6d00;--title-degraded:#8a6100;--title-down:#a31515;--title-neutral:#4d565c;--alarm:#3a2a10;--alarm-line:#c07820}}
*{box-sizing:border-box}
body{margin:0;padding:0 .75rem 2rem;background:var(--page);color:var(--text);font:13px/1.35 system-ui,"DejaVu Sans",Arial,sans-serif}
a{color:var(--link)}
a.skip{position:absolute;left:-999px}
a.skip:focus{left:.5rem;top:.5rem;background:var(--page);padding:.5rem;z-index:3}
header{display:flex;flex-wrap:wrap;gap:.25rem 2rem;align-items:baseline;border-bottom:1px solid var(--line);padding:.6rem 0}
h1{font-size:1.25rem;margin:0}
h2{font-size:1.05rem;margin:1.4rem 0 .4rem}
dl.facts{display:flex;flex-wrap:wrap;gap:.15rem 1.25rem;margin:0}
dl.facts div{display:flex;gap:.35rem}
dl.facts dt{color:var(--muted)}
dl.facts dd{margin:0;font-weight:600}
nav{margin-left:auto;display:flex;flex-wrap:wrap;gap:.25rem 1rem}
.box{border-left:5px solid var(--alarm-line);background:var(--alarm);padding:.5rem .75rem;margin:.75rem 0}
.box p,.box ul{margin:0}
.box ul{padding-left:1.1rem}
.scroll{overflow-x:auto;max-width:100%}
.scroll:focus-visible{outline:2px solid var(--link)}
table{border-collapse:collapse;min-width:100%;font-variant-numeric:tabular-nums}
caption{text-align:left;padding:0}
caption span.tab{display:inline-block;padding:.25rem .7rem;font-weight:700;color:var(--title-text);background:var(--title);border-radius:4px 4px 0 0}
caption span.degraded{background:var(--title-degraded)}
caption span.down{background:var(--title-down)}
caption span.detail{padding-left:.75rem;color:var(--muted)}
th,td{border:1px solid var(--line);padding:.18rem .45rem;text-align:right;vertical-align:top;white-space:nowrap}
thead th{background:var(--head);color:var(--head-text);text-align:center;font-weight:600}
tbody th,td.text,td.wrap{text-align:left}
td.wrap{white-space:normal;min-width:13rem}
tbody th{position:sticky;left:0;font-weight:600;background:var(--page)}
td.wrap{white-space:pre-line}
tr.missing td:nth-child(4){font-weight:700;text-decoration:underline wavy #c00}
tr.alarm td:nth-child(2){font-weight:700}
caption span.neutral{background:var(--title-neutral)}
section{margin-bottom:1.2rem;content-visibility:auto;contain-intrinsic-size:auto 20rem}
.tip{text-decoration:underline dotted;text-underline-offset:2px}
.tip:focus{outline:2px solid var(--link);white-space:normal}
.tip:focus::after{content:" (" attr(title) ")";display:block;max-width:24rem;white-space:normal}
summary{cursor:pointer}
summary:focus-visible{outline:2px solid var(--link)}
ol.steps{margin:.3rem 0;padding:0 0 0 1rem;list-style:none;font-variant-numeric:tabular-nums}
td.spark{padding:0 .3rem;min-width:8rem}
td.spark svg{display:block;width:7.5rem;height:1.1rem}
td.spark polyline{fill:none;stroke:currentColor;stroke-width:1;vector-effect:non-scaling-stroke}
form.options{display:flex;flex-wrap:wrap;gap:.4rem 1rem;align-items:center;margin:.3rem 0 .8rem}
form.options input,form.options button{font:inherit;padding:.15rem .4rem}
form.admin .actions{display:flex;flex-wrap:wrap;gap:.3rem 1rem;align-items:center;padding:.35rem .1rem}
form.admin input,form.admin select,form.admin button{font:inherit}
form.admin th input{margin:0 .4rem 0 0;vertical-align:middle}
.result{margin:.75rem 0;border:1px solid var(--line)}
.result>p{margin:0;padding:.4rem .75rem;font-weight:600}
#live{color:var(--muted)}
.legend{display:flex;flex-wrap:wrap;gap:.35rem;margin:.75rem 0;padding:0;list-style:none}
.legend li{border:1px solid var(--line)}
.legend li span{display:block;padding:.15rem .5rem}
footer{margin-top:2rem;color:var(--muted)}
${stateRules(0)}
@media (prefers-color-scheme:dark){
${stateRules(1)}
}
@media (max-width:600px){body{padding:0 .4rem 2rem}nav{margin-left:0}#timeline tbody th{white-space:normal;width:6rem}}
`;
