import { expect, test } from 'vitest';
import {
  frameKinds,
  loudness,
  pcmBytes,
  pcmSamples,
  writeFrame,
} from '#page/room/sound/sound-frames.js';
import { openBrowser, openTab } from './open-browser.ts';
import { openSetup } from './open-page.ts';

const recording = 'sandbox/recordings/synth-flite-awb-what-time-is-it.wav';

/** 20 ms of a tone of 1 kHz. */
const tone = Float32Array.from({ length: 960 }, (_, n) => Math.sin((n * Math.PI) / 24) / 2);

test('the microphone is sent in frames of 20 ms, in order, all the time or while Space is held', async () => {
  await using setup = await openSetup();
  await using browser = await openBrowser(recording);
  await using opened = await openTab(browser, setup.link);
  const { tab, complaints } = opened;
  await tab.getByRole('button', { name: 'Microphone' }).click();
  await tab.getByRole('button', { name: 'Microphone', pressed: true }).waitFor();
  await expect.poll(() => setup.sounds.length).toBe(1);
  expect(setup.asked.at(0)).toMatchObject({ kind: 'microphone', on: true });
  await expect.poll(() => setup.frames.length).toBeGreaterThan(5);
  await tab.getByLabel('Hold Space to talk').check();
  await tab.locator('#talk:focus').waitFor();
  await expect.poll(() => setup.ends).toBe(1);
  const sent = setup.frames.length;
  await tab.keyboard.down('Space');
  await tab.getByRole('button', { name: 'Talk', pressed: true }).waitFor();
  await expect.poll(() => setup.frames.length).toBeGreaterThan(sent + 30);
  await tab.keyboard.up('Space');
  await tab.getByRole('button', { name: 'Talk', pressed: false }).waitFor();
  await expect.poll(() => setup.ends).toBe(2);
  const { frames } = setup;
  expect(new Set(frames.map(({ kind }) => kind))).toEqual(new Set([frameKinds.sentPcm]));
  const sequences = frames.map(({ sequence }) => sequence);
  expect(sequences.slice(sent)).toEqual(frames.slice(sent).map((_, n) => sent + 1 + n));
  const times = frames.map(({ atMs }) => atMs);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect(new Set(frames.map(({ payload }) => payload.length))).toEqual(new Set([1_920]));
  const levels = frames.map(({ payload }) => loudness(pcmSamples(payload)));
  expect(Math.max(...levels)).toBeGreaterThan(0.01);
  expect(complaints).toEqual([]);
});

test('frames of the sandbox play', async () => {
  await using setup = await openSetup();
  await using browser = await openBrowser(recording);
  await using opened = await openTab(browser, setup.link);
  const { tab, complaints } = opened;
  await tab.getByRole('button', { name: 'Microphone' }).click();
  await expect.poll(() => setup.frames.length).toBeGreaterThan(10);
  const send = (kind: number, payload: Uint8Array<ArrayBuffer>, sequence: number) =>
    setup.sounds[0]?.send(writeFrame({ kind, sequence, atMs: 0, payload }));
  for (let n = 0; n < 10; n++) send(frameKinds.heardPcm, pcmBytes(tone), n);
  await tab.locator('[data-heard-frames="10"]').waitFor();
  expect(complaints).toEqual([]);
});

test('without a microphone a sentence says so, and the page goes on', async () => {
  await using setup = await openSetup();
  await using browser = await openBrowser();
  await using opened = await openTab(browser, setup.link, { permissions: ['microphone'] });
  await opened.tab.getByRole('button', { name: 'Microphone' }).click();
  await opened.tab.getByText('No microphone was found: plug one in').waitFor();
  await opened.tab.getByRole('button', { name: 'Microphone', pressed: false }).waitFor();
});

test('a microphone that is refused is told in a sentence', async () => {
  await using setup = await openSetup();
  await using browser = await openBrowser(recording, true);
  await using opened = await openTab(browser, setup.link, { permissions: [] });
  await opened.tab.getByRole('button', { name: 'Microphone' }).click();
  await opened.tab.getByText('The browser may not use the microphone here').waitFor();
});

test('a microphone that is unplugged is told in a sentence, and its button is out', async () => {
  await using setup = await openSetup();
  await using browser = await openBrowser(recording);
  await using opened = await openTab(browser, setup.link);
  const { tab } = opened;
  await tab.evaluate(`{
    const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = async (asked) => (globalThis.opened = await open(asked));
  }`);
  await tab.getByRole('button', { name: 'Microphone' }).click();
  await tab.getByRole('button', { name: 'Microphone', pressed: true }).waitFor();
  await tab.evaluate("opened.getTracks()[0].dispatchEvent(new Event('ended')), undefined");
  await tab.getByText('The microphone was unplugged').waitFor();
  await tab.getByRole('button', { name: 'Microphone', pressed: false }).waitFor();
});

test('a page from which a later tab takes the microphone says so, and sends nothing more', async () => {
  await using setup = await openSetup();
  await using browser = await openBrowser(recording);
  await using opened = await openTab(browser, setup.link);
  const { tab } = opened;
  await tab.getByRole('button', { name: 'Microphone' }).click();
  await tab.getByRole('button', { name: 'Microphone', pressed: true }).waitFor();
  setup.report({ kind: 'microphone', state: 'taken' });
  await tab.getByText('Another tab has the microphone now').waitFor();
  await tab.getByRole('button', { name: 'Microphone', pressed: false }).waitFor();
});
