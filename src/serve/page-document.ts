/** The page: one document, filled by `page-script.ts`. */
export const pageDocument: string = String.raw`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>shear dev</title>
<link rel="icon" href="data:,">
<style>
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 18%, transparent); --soft: color-mix(in srgb, currentColor 62%, transparent);
  --good: light-dark(#0a7d33, #5fd38a); --bad: light-dark(#b3261e, #ff8a80); --busy: light-dark(#8a5a00, #ffcf66); --back: light-dark(#fff, #16181b); --raised: light-dark(#f5f6f8, #1f2226); }
* { box-sizing: border-box; }
body { margin: 0; font: 14px/1.45 system-ui, sans-serif; background: var(--back); }
header { display: flex; gap: 1rem; align-items: baseline; padding: .7rem 1rem; border-bottom: 1px solid var(--line); }
h1 { font-size: 1rem; margin: 0; } h2 { font-size: .8rem; margin: 0 0 .4rem; color: var(--soft); font-weight: 600; }
main { display: grid; grid-template-columns: minmax(16rem, 22rem) minmax(20rem, 1fr) minmax(20rem, 1.2fr); gap: 1rem; padding: 1rem; align-items: start; }
@media (max-width: 70rem) { main { grid-template-columns: 1fr; } }
section { min-width: 0; }
ul { list-style: none; margin: 0; padding: 0; }
.card { border: 1px solid var(--line); border-radius: 6px; padding: .6rem .7rem; margin-bottom: .6rem; background: var(--raised); }
.row { display: flex; gap: .6rem; align-items: baseline; justify-content: space-between; }
.name { font-weight: 600; overflow-wrap: anywhere; } .soft { color: var(--soft); } .small { font-size: .85em; }
.warm, .response { color: var(--good); } .busy, .starting, .running { color: var(--busy); } .failed, .bad { color: var(--bad); }
button { font: inherit; padding: .2rem .7rem; border: 1px solid var(--line); border-radius: 5px; background: var(--back); color: inherit; cursor: pointer; }
button:focus-visible, textarea:focus-visible, select:focus-visible, tr:focus-visible { outline: 2px solid var(--busy); outline-offset: 1px; }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
th { text-align: left; font-weight: 600; color: var(--soft); font-size: .85em; } td, th { padding: .25rem .4rem; border-bottom: 1px solid var(--line); vertical-align: top; } td:not(:nth-child(2)) { white-space: nowrap; } td:nth-child(2) { overflow-wrap: anywhere; }
td.number, th.number { text-align: right; } tbody tr { cursor: pointer; } tbody tr[aria-selected=true] { background: var(--raised); box-shadow: inset 3px 0 var(--busy); }
pre { margin: 0; padding: .6rem; max-height: 20rem; overflow: auto; background: var(--raised); border: 1px solid var(--line); border-radius: 6px; white-space: pre-wrap; overflow-wrap: anywhere; font: 12px/1.45 ui-monospace, monospace; }
textarea, select { width: 100%; font: 12px/1.45 ui-monospace, monospace; padding: .4rem; border: 1px solid var(--line); border-radius: 5px; background: var(--back); color: inherit; }
.gap { margin-top: .8rem; } #offline { display: none; } body.offline #offline { display: inline; }
</style>
</head>
<body>
<header><h1>shear dev</h1><span class="soft" id="address"></span><span id="offline" class="bad" role="status">not connected: shear has ended, or is starting again</span></header>
<main>
<section aria-labelledby="h-functions"><h2 id="h-functions">Functions</h2><ul id="functions"></ul>
<h2 class="gap">Addresses</h2><ul id="apis"></ul>
<h2 class="gap" id="h-invoke">Invoke</h2>
<form id="invoke" class="card" aria-labelledby="h-invoke"><label>Function <select id="target"></select></label>
<label>Event <textarea id="event" rows="6" spellcheck="false">{}</textarea></label>
<div class="row"><button>Invoke</button><span id="problem" class="bad small" role="status"></span></div></form>
<h2 class="gap">Notices</h2><ul id="notices" class="small" aria-live="polite"></ul></section>
<section aria-labelledby="h-invocations"><h2 id="h-invocations">Invocations</h2>
<table><thead><tr><th>Time</th><th>Function</th><th>Result</th><th class="number">Duration</th><th class="number">Init</th><th class="number">Memory</th></tr></thead><tbody id="invocations"></tbody></table>
<p id="none" class="soft">None so far. Use the form, the AWS CLI with <code>--endpoint-url</code>, or one of the addresses.</p></section>
<section aria-labelledby="h-detail"><h2 id="h-detail">Invocation</h2><div id="detail" class="soft">Select one to see its event, answer and log.</div></section>
</main>
<script type="module" src="/_shear/page.js"></script>
</body>
</html>
`;
