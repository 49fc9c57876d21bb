/** What the page does: no library, no build; texts of functions only ever become text nodes. */
export const pageScript: string = String.raw`const byId = (id) => document.getElementById(id);
const state = { functions: [], apis: [], entries: new Map(), selected: undefined, follow: true, detail: undefined, live: new Map() };

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === 'onclick') element.addEventListener('click', value);
    else if (value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== undefined));
  return element;
}

const ms = (value) => (value === undefined || value === null ? '' : value < 10 ? value.toFixed(1) + ' ms' : Math.round(value) + ' ms');
const mb = (value) => (value === undefined || value === null ? '' : value + ' MB');
const clock = (at) => new Date(at).toLocaleTimeString();
const word = (entry) => (entry.kind === 'response' ? 'ok' : entry.kind === 'running' ? 'running' : entry.errorType ?? entry.kind);
const tone = (entry) => (entry.kind === 'response' ? 'response' : entry.kind === 'running' ? 'running' : 'bad');

function showFunctions() {
  byId('functions').replaceChildren(...state.functions.map((fn) => {
    const counts = [fn.busy && fn.busy + ' busy', fn.idle && fn.idle + ' idle', fn.starting && fn.starting + ' starting', fn.waiting && fn.waiting + ' waiting'].filter(Boolean).join(', ');
    const last = fn.last === undefined ? 'not invoked yet' : 'last ' + ms(fn.last.durationMs) + (fn.last.initMs === undefined ? '' : ', init ' + ms(fn.last.initMs));
    const memory = fn.peakMemoryMb === undefined ? '' : ', memory ' + fn.peakMemoryMb + ' of ' + fn.memory + ' MB';
    return make('li', { 'class': 'card', 'data-function': fn.name },
      make('div', { 'class': 'row' }, make('span', { 'class': 'name' }, fn.name), make('span', { 'class': fn.condition, 'data-condition': fn.condition }, fn.condition)),
      make('div', { 'class': 'soft small' }, last + memory),
      make('div', { 'class': 'soft small' }, fn.invocations + ' invocations, ' + fn.errors + ' errors' + (fn.throttles ? ', ' + fn.throttles + ' throttled' : '') + (counts ? '; ' + counts : '')),
      fn.failure === undefined ? undefined : make('div', { 'class': 'bad small' }, fn.failure),
      fn.remarks.length === 0 ? undefined : make('details', { 'class': 'soft small' }, make('summary', {}, 'differs from Lambda'), ...fn.remarks.map((text) => make('div', {}, text))));
  }));
  const target = byId('target');
  const names = state.functions.map((fn) => fn.name);
  if ([...target.options].map((option) => option.value).join() === names.join()) return;
  const chosen = target.value;
  target.replaceChildren(...names.map((name) => make('option', { value: name }, name)));
  if (names.includes(chosen)) target.value = chosen;
}

function showApis() {
  byId('apis').replaceChildren(...state.apis.map((api) => make('li', { 'class': 'card' },
    make('div', { 'class': 'row' }, make('span', { 'class': 'name' }, api.name + (api.kind === 'url' ? ' URL' : '')), make('a', { href: api.url, 'class': 'small' }, api.url)),
    ...api.routes.map((route) => make('div', { 'class': 'small' }, route.method + ' ' + route.path, make('span', { 'class': 'soft' }, ' → ' + (route.functionName ?? 'no function of this project') + (route.authorizer ? ', authorizer ' + route.authorizer + ' not asked' : '')))),
    ...api.remarks.map((text) => make('div', { 'class': 'soft small' }, text)))));
}

function rowOf(entry) {
  const row = make('tr', { tabindex: '0', 'data-request': entry.requestId, 'aria-selected': String(entry.requestId === state.selected), onclick: () => select(entry.requestId) },
    make('td', {}, clock(entry.at)), make('td', {}, entry.functionName), make('td', { 'class': tone(entry) }, word(entry)),
    make('td', { 'class': 'number' }, ms(entry.durationMs)), make('td', { 'class': 'number' }, ms(entry.initMs)), make('td', { 'class': 'number' }, mb(entry.maxMemoryMb)));
  row.addEventListener('keydown', (event) => { if (event.key === 'Enter' || event.key === ' ') { event.preventDefault(); select(entry.requestId); } });
  return row;
}

function showInvocations() {
  const newest = [...state.entries.values()].sort((a, b) => b.at - a.at).slice(0, 200);
  state.entries = new Map(newest.map((entry) => [entry.requestId, entry]));
  byId('none').hidden = newest.length > 0;
  const focused = document.activeElement?.dataset?.request;
  byId('invocations').replaceChildren(...newest.map(rowOf));
  if (focused) document.querySelector('tr[data-request="' + focused + '"]')?.focus();
}

function pretty(text) {
  if (text === undefined || text === null) return '(too long to be kept)';
  try { return JSON.stringify(JSON.parse(text), null, 2); } catch { return text; }
}

async function select(requestId) {
  state.selected = requestId;
  for (const row of byId('invocations').children) row.setAttribute('aria-selected', String(row.dataset.request === requestId));
  const response = await fetch('/_shear/invocations/' + requestId);
  if (state.selected !== requestId) return;
  if (!response.ok) { byId('detail').textContent = 'This invocation is not kept any more.'; return; }
  const detail = await response.json();
  if (detail.kind === 'running') detail.log = state.live.get(requestId) ?? '';
  const problem = make('span', { 'class': 'bad small', role: 'status' });
  byId('detail').className = '';
  byId('detail').replaceChildren(
    make('div', { 'class': 'card' },
      make('div', { 'class': 'row' }, make('span', { 'class': 'name' }, detail.functionName), make('span', { 'class': tone(detail) }, word(detail))),
      make('div', { 'class': 'soft small' }, requestId),
      make('div', { 'class': 'soft small' }, [ms(detail.durationMs), detail.billedMs && 'billed ' + detail.billedMs + ' ms', detail.initMs && 'init ' + ms(detail.initMs), mb(detail.maxMemoryMb)].filter(Boolean).join(', ')),
      make('div', { 'class': 'row' }, make('span', {}, make('button', { id: 'again', onclick: () => post('/_shear/invocations/' + requestId + '/again', undefined, problem) }, 'Invoke again'), ' ',
        make('button', { onclick: () => { byId('target').value = detail.functionName; byId('event').value = pretty(detail.event); byId('event').focus(); } }, 'Edit event')), problem)),
    make('h2', { 'class': 'gap' }, 'Log'), make('pre', { id: 'log' }, detail.log),
    make('h2', { 'class': 'gap' }, 'Answer'), make('pre', { id: 'answer' }, detail.kind === 'running' ? '' : pretty(detail.payload)),
    make('h2', { 'class': 'gap' }, 'Event'), make('pre', { id: 'given' }, pretty(detail.event)));
}

async function post(path, body, problem) {
  problem.textContent = '';
  try {
    const response = await fetch(path, { method: 'POST', body });
    const answer = await response.json();
    if (!response.ok) { problem.textContent = answer.message; return; }
    state.awaited = answer.requestId;
    if (state.entries.has(answer.requestId)) select(answer.requestId);
  } catch { problem.textContent = 'shear does not answer'; }
}

byId('invoke').addEventListener('submit', (event) => {
  event.preventDefault();
  post('/_shear/functions/' + encodeURIComponent(byId('target').value) + '/invoke', byId('event').value, byId('problem'));
});
byId('address').textContent = location.origin;

function takeOverview(overview) {
  state.functions = overview.functions;
  state.apis = overview.apis;
  for (const entry of overview.invocations) state.entries.set(entry.requestId, entry);
  showFunctions();
  showApis();
}

const feed = new EventSource('/_shear/live');
feed.addEventListener('open', () => document.body.classList.remove('offline'));
feed.addEventListener('error', () => document.body.classList.add('offline'));
feed.addEventListener('news', ({ data }) => {
  const { overview, entries, notices } = JSON.parse(data);
  if (overview) takeOverview(overview);
  for (const entry of entries) {
    state.entries.set(entry.requestId, entry);
    if (entry.kind !== 'running') state.live.delete(entry.requestId);
  }
  showInvocations();
  for (const { functionName, text } of notices) byId('notices').prepend(make('li', { 'class': 'card' }, (functionName ? functionName + ': ' : '') + text));
  while (byId('notices').children.length > 50) byId('notices').lastChild.remove();
  const touched = entries.find((entry) => entry.requestId === state.awaited);
  if (touched) { select(touched.requestId); if (touched.kind !== 'running') state.awaited = undefined; }
  else if (entries.some((entry) => entry.requestId === state.selected)) select(state.selected);
});
feed.addEventListener('log', ({ data }) => {
  for (const { requestId, text, dropped } of JSON.parse(data)) {
    if (requestId === undefined) continue;
    const whole = ((state.live.get(requestId) ?? '') + (dropped ? '\n(' + dropped + ' characters left out)\n' : '') + text).slice(-65536);
    if (state.entries.get(requestId)?.kind === 'running' || !state.entries.has(requestId)) state.live.set(requestId, whole);
    const log = byId('log');
    if (requestId === state.selected && log && state.entries.get(requestId)?.kind === 'running') { log.textContent = whole; log.scrollTop = log.scrollHeight; }
  }
});
`;
