/** The look of a report: one reading column, light and dark, good on paper. */
export const REPORT_STYLE = `
:root{color-scheme:light dark;--ground:light-dark(#fff,#1a1f24);--text:light-dark(#182026,#e4e9ed);--muted:light-dark(#525e68,#a3afb9);--line:light-dark(#dde2e6,#2d353c);--sunken:light-dark(#f3f5f6,#12161a);--bad:light-dark(#a8231b,#f5978f);--good:light-dark(#1a6b3c,#74c896);--warning:light-dark(#7f5200,#e6b95c);--accent:light-dark(#0b5a86,#74bdea)}
*{box-sizing:border-box}
html{background:var(--ground);color:var(--text);font:15px/1.55 system-ui,-apple-system,"Segoe UI","Liberation Sans",sans-serif}
body{margin:0 auto;max-width:1080px;padding:32px 28px 72px}
header{border-bottom:1px solid var(--line);padding-bottom:16px;margin-bottom:24px}
h1{font-size:27px;line-height:1.2;letter-spacing:-.01em;margin:0 0 10px;overflow-wrap:anywhere}
h2{font-size:19px;line-height:1.3;margin:1em 0 .3em}
h3{font-size:15.5px;margin:1em 0 .3em}
p{margin:.4em 0 .7em}
a{color:var(--accent)}
dl{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:2px 16px;margin:8px 0;font-size:13px}
dt{color:var(--muted)}
dd{margin:0;overflow-wrap:anywhere}
code,pre{font-family:ui-monospace,"SF Mono","Liberation Mono",monospace;font-size:12.5px}
pre{margin:0;padding:8px 12px;background:var(--sunken);border-radius:5px;white-space:pre-wrap;overflow-wrap:anywhere;line-height:1.5}
main{position:relative}
#frame-place{position:absolute;inset:0}
#frame-place iframe{width:100%;height:100%;border:0;display:block;background:transparent}
.cells{position:relative;pointer-events:none}
section{margin:0 0 22px}
section>*{pointer-events:auto}
section>[data-output]{pointer-events:none}
.prose{max-width:76ch}
.prose table{border-collapse:collapse}
.facts{display:flex;flex-wrap:wrap;gap:2px 14px;margin:6px 0;color:var(--muted);font-size:12.5px;font-variant-numeric:tabular-nums}
.complete{color:var(--good)}.not-complete,.unresolved{color:var(--warning);font-weight:600}.failed,.problem{color:var(--bad)}
.problem:empty{display:none}
.rows{overflow:auto;max-height:560px;border:1px solid var(--line);border-radius:5px}
.rows table{border-collapse:separate;border-spacing:0;font-size:12.5px;font-variant-numeric:tabular-nums}
.rows th{position:sticky;top:0;background:var(--sunken);text-align:left;font-weight:600;padding:4px 14px 4px 10px;border-bottom:1px solid var(--line);white-space:nowrap}
.rows td{padding:3px 14px 3px 10px;border-bottom:1px solid var(--line);white-space:nowrap;max-width:520px;overflow:hidden;text-overflow:ellipsis}
.rows .n{text-align:right}
.rows .null{color:var(--muted);font-style:italic;opacity:.8}
details>summary{cursor:pointer;color:var(--muted);font-size:12.5px}
.rows th button{all:unset;cursor:pointer;font:inherit}.rows th button:hover{text-decoration:underline}.rows th button:focus-visible{outline:2px solid var(--accent)}
.rows th[aria-sort=ascending] button::after{content:" \\2191";color:var(--accent)}.rows th[aria-sort=descending] button::after{content:" \\2193";color:var(--accent)}
.rows-filter{display:flex;gap:10px;align-items:center;margin:4px 0;font-size:12.5px;color:var(--muted)}
.rows-filter input{font:inherit;width:240px;padding:2px 8px;color:var(--text);background:var(--ground);border:1px solid var(--muted);border-radius:4px}
@page{margin:16mm 14mm}
@media print{:root{color-scheme:light}.rows{max-height:none;overflow:visible;border:0}body{max-width:none;padding:0}.rows table{width:100%}.rows td,.rows th{white-space:normal;overflow-wrap:anywhere;padding:2px 8px 2px 0}.rows th{position:static}.rows tr,section>[data-output],figure{break-inside:avoid}.rows thead{display:table-header-group}h1,h2,h3{break-after:avoid}.rows-filter{display:none}a[href^="http"]::after{content:" (" attr(href) ")";color:var(--muted);font-size:11px}details:not([open]){display:none}}
`;
