import { expect, test } from 'vitest';
import { openSilentPage } from './browser-client.ts';

const long = 'x'.repeat(20_000);
const waiting = { timeout: 10_000 };
const often = { ...waiting, interval: 1 };

test('a page that does not read is ended with a sentence, and the others read everything', async () => {
  await using setup = await openSilentPage();
  const [still, other] = [await setup.open('a'), await setup.open('b')];
  still.pause();
  const reported = 1_000;
  for (let n = 1; n <= reported; n++) {
    setup.page.report({ kind: 'said', who: 'Adam', text: long });
    if (n % 100 === 0) await expect.poll(() => other.ofKind('said'), waiting).toHaveLength(n);
  }
  still.resume();
  const [code, reason] = await still.ended;
  // 1006 where its connection was cut, as it did not read the goodbye in time either.
  expect([
    [1006, ''],
    [1013, 'This page does not read what is sent to it.'],
  ]).toContainEqual([code, reason]);
  expect(still.ofKind('said').length).toBeLessThan(reported);
});

test('sound that a page does not read is left out, and the others hear all of it', async () => {
  await using setup = await openSilentPage();
  const tab = await setup.open('a');
  await tab.ask({ kind: 'join', channel: 'Lounge' });
  const [still, other] = [await setup.openSound('a'), await setup.openSound('b')];
  still.pause();
  const samples = new Int16Array(960).fill(500);
  const frame = { fromUserId: setup.sandbox.botId, samples, audible: true, sealed: true };
  const played = 4_000;
  for (let n = 1; n <= played; n++) {
    setup.voice.play({ ...frame, atMs: n * 20 });
    if (n % 50 === 0) await expect.poll(() => other.heard.length, often).toBe(n);
  }
  still.resume();
  const last = { ...frame, atMs: (played + 1) * 20 };
  await expect
    .poll(() => {
      setup.voice.play(last);
      return still.heard.at(-1)?.readDoubleLE(5);
    }, waiting)
    .toBe(last.atMs);
  expect(still.heard.length).toBeLessThan(played);
});

test('one page too many is told so, and those that are open stay', async () => {
  await using setup = await openSilentPage();
  const tabs = await Promise.all(Array.from({ length: 20 }, (_, n) => setup.open(`${n}`)));
  const late = await setup.open('late');
  expect(await late.ended).toEqual([1013, 'Too many pages show the room already: at most 20.']);
  expect(await tabs[0]?.ask({ kind: 'write', text: 'Still here.' })).toMatchObject({ ok: true });
});
