import { existsSync } from 'node:fs';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createPool } from '../../src/runtime/pool.ts';
import { serve, type Served } from '../../src/serve/serve.ts';
import { backends, pythonFunction, testHost } from '../runtime/rig.ts';

const executable = [process.env['CHROMIUM'], '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => path !== undefined && existsSync(path));
if (executable === undefined) console.warn('SKIPPED: the page in a real browser, because no Chromium is installed');

const source = `import os
count = 0
def handler(event, context):
    global count
    count += 1
    print("<b>call</b>", count, event.get("name"))
    if event.get("fail"):
        raise ValueError("on purpose")
    return {"count": count, "hello": event.get("name")}
`;

describe.skipIf(executable === undefined)('the page', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: executable ?? '', args: ['--no-sandbox', '--disable-gpu'] });
  });
  afterAll(async () => {
    await browser.close();
  });

  const open = async (): Promise<{ served: Served; page: Page; problems: string[] }> => {
    const pool = createPool(testHost(), { request: await pythonFunction(source, { backend: backends[0] ?? 'process' }) });
    onTestFinished(() => pool.close());
    const route = { method: 'GET', path: '/hello', functionName: 'Example', payload: '1.0' as const, authorizer: { name: 'Users', kind: 'cognito' as const } };
    const served = await serve(testHost(), {
      port: 0, functions: new Map([['Example', { pool }]]),
      apis: [{ name: 'Rest', kind: 'rest', stage: 'Prod', stageVariables: {}, routes: [route], binaryTypes: [], cors: undefined, streams: false, remarks: [] }],
    });
    onTestFinished(() => served.close());
    const page = await browser.newPage();
    onTestFinished(() => page.close());
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(String(error)));
    page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
    await page.goto(served.url);
    return { served, page, problems };
  };

  it('shows functions and addresses, invokes by its form, and shows log, answer and measurements', async () => {
    const { page, problems, served } = await open();
    const card = page.locator('[data-function=Example]');
    await card.getByText('cold').waitFor();
    expect(await page.locator('#apis').innerText()).toMatch(/Rest\s+http:\/\/127\.0\.0\.1:\d+\s+GET \/hello → Example, authorizer Users not asked/u);
    await page.getByLabel('Event').fill('{"name": "<i>Ada</i>"}');
    await page.getByRole('button', { name: 'Invoke', exact: true }).click();
    await page.locator('#answer').getByText('"hello"').waitFor();
    expect(JSON.parse(await page.locator('#answer').innerText())).toEqual({ count: 1, hello: '<i>Ada</i>' });
    expect(await page.locator('#log').innerText()).toMatch(/^START RequestId[\s\S]*<b>call<\/b> 1 <i>Ada<\/i>[\s\S]*Max Memory Used: \d+ MB\tInit Duration/u);
    await card.getByText('warm').waitFor();
    expect(await card.innerText()).toMatch(/last [\d.]+ ms, init \d+ ms, memory \d+ of 256 MB\s+1 invocations, 0 errors; 1 idle/u);
    await page.getByRole('button', { name: 'Invoke again' }).click();
    await page.locator('#answer').getByText('"count": 2').waitFor();
    expect(await page.locator('#invocations tr').count()).toBe(2);
    expect(problems).toEqual([]);
    expect(served.apis()).toHaveLength(1);
  });

  it('follows what comes through other doors, marks failures, and refuses an event that is no JSON', async () => {
    const { page, served, problems } = await open();
    await page.locator('[data-function=Example]').waitFor();
    await fetch(`${served.url}/2015-03-31/functions/Example/invocations`, { method: 'POST', body: '{"fail": true}' });
    await page.locator('#invocations td.bad', { hasText: 'ValueError' }).click();
    await page.locator('#log').getByText('[ERROR] ValueError: on purpose').waitFor();
    await fetch(served.apis()[0]?.url ? `${served.apis()[0]?.url}/hello` : '');
    await page.locator('#notices').getByText('the authorizer Users is not asked').waitFor();
    await page.getByLabel('Event').fill('{');
    await page.getByRole('button', { name: 'Invoke', exact: true }).click();
    await page.locator('#problem').getByText('the event is no JSON').waitFor();
    // The browser itself notes the refused request.
    expect(problems.filter((text) => !text.includes('400'))).toEqual([]);
    await served.close();
    await page.locator('#offline').waitFor({ state: 'visible' });
  });
});
