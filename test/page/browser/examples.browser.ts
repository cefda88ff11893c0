import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { soundFormats } from '#src/audio/encode/sound-encoder.ts';
import type { Synthesizer } from '#src/speech/ports.ts';
import { openDoors } from '#src/web/http/doors.ts';
import { openHeldEngine } from '#test/examples/held-engine.ts';
import { FakeChat } from '#test/fakes/chat.ts';
import { openLoopback } from '#test/web/api/api-setup.ts';
import { openCompletions } from '#test/web/api/completions-setup.ts';
import { complaintsOf, openBrowser } from './open-browser.ts';

let browser: Awaited<ReturnType<typeof openBrowser>>;
beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(() => browser.close());

/** The page at an address of its own, in a tab that counts the seconds of sound it schedules, and the bot at another. */
async function openExample(synthesizer: Synthesizer) {
  await using stack = new AsyncDisposableStack();
  const html = await readFile('examples/play.html', 'utf8');
  const fetch = () => new Response(html, { headers: { 'content-type': 'text/html' } });
  const page = stack.use(await openLoopback({ fetch }));
  const chat = new FakeChat([['It is ready.']]);
  const served = stack.use(await openCompletions({ synthesizer, chat }));
  const outcome = await openDoors({
    host: '127.0.0.1',
    port: 0,
    apiOrigins: [page.url],
    onBug: (error) => expect.unreachable(`${error}`),
    routes: (app) => void app.route('/', served.api.app),
  });
  if (outcome.kind === 'refused') throw new Error(outcome.why);
  const door = stack.use(outcome.server);
  const context = await browser.newContext();
  stack.defer(() => context.close());
  await context.addInitScript({ content: countScheduled });
  const tab = await context.newPage();
  const complaints = complaintsOf(tab);
  await tab.goto(page.url);
  await tab.getByLabel('Address').fill(new URL('/v1', door.url).href);
  await tab.getByLabel('Token').fill('parley_dog');
  await tab.getByLabel('Words').fill('Is it ready?');
  const closing = stack.move();
  return { tab, complaints, page, door, [Symbol.asyncDispose]: () => closing.disposeAsync() };
}

/** Runs in the page. */
const countScheduled = `
  globalThis.scheduledS = 0;
  const { start } = AudioBufferSourceNode.prototype;
  AudioBufferSourceNode.prototype.start = function (...when) {
    globalThis.scheduledS += this.buffer.duration;
    start.apply(this, when);
  };
`;

const scheduledS = (tab: Page) => tab.evaluate('scheduledS');

test.each([
  ['Say', ''],
  ['Ask', 'It is ready.'],
])(
  '"%s" has sound scheduled while the engine still holds back the rest',
  async (name, reported) => {
    const engine = openHeldEngine();
    await using example = await openExample(engine.synthesizer);
    const { tab, complaints } = example;
    await tab.getByRole('button', { name }).click();
    await expect.poll(() => scheduledS(tab)).toBeGreaterThan(0);
    expect(await scheduledS(tab)).toBeLessThanOrEqual(0.2);
    expect(engine.reading()).toBe(1);
    engine.letGo();
    await expect.poll(() => scheduledS(tab)).toBeCloseTo(0.4, 6);
    await expect.poll(() => tab.locator('output').textContent()).toBe(reported);
    expect(complaints).toEqual([]);
  },
);

test('what is refused is shown in words', async () => {
  await using example = await openExample(openHeldEngine().synthesizer);
  const { tab } = example;
  await tab.getByLabel('Token').fill('parley_cat');
  await tab.getByRole('button', { name: 'Say' }).click();
  await tab.getByText('This token is not known').waitFor();
});

test('Chromium decodes every format that speech comes in', async () => {
  const engine = openHeldEngine();
  engine.letGo();
  await using example = await openExample(engine.synthesizer);
  const { tab, door } = example;
  for (const format of soundFormats.filter((one) => one !== 'pcm')) {
    const seconds = Number(
      await tab.evaluate(decodedS(new URL('/v1/audio/speech', door.url), format)),
    );
    expect(seconds, format).toBeGreaterThan(0.399);
    expect(seconds, format).toBeLessThan(format === 'mp3' ? 0.52 : 0.42);
  }
});

/** Runs in the page: how long a text in this format is, in s. */
function decodedS(url: URL, format: string): string {
  const body = { model: 'parley', input: 'Hello.', response_format: format };
  const headers = { authorization: 'Bearer parley_dog', 'content-type': 'application/json' };
  const init = JSON.stringify({ method: 'POST', headers, body: JSON.stringify(body) });
  return `fetch('${url}', ${init})
    .then((response) => response.arrayBuffer())
    .then((bytes) => new OfflineAudioContext(1, 1, 24_000).decodeAudioData(bytes))
    .then(({ duration }) => duration)`;
}
