import {
  frameKinds,
  measureRms,
  toPcmBytes,
  toPcmSamples,
  writeFrame,
} from '#page/room/sound/sound-frames.js';
import type { Page } from '#tools/browsers.ts';
import { openBrowser, openTab } from './open-browser.ts';
import { test as pageTest } from './page-test.ts';

const recording = 'sandbox/recordings/what-time-is-it.wav';

/** A test in a browser whose microphone plays the recording once. */
const test = pageTest.extend({
  browser: async ({ task: _ }, use) => {
    await using browser = await openBrowser(recording);
    await use(browser);
  },
});

const findMicrophone = (tab: Page, pressed: boolean) =>
  tab.getByRole('button', { name: 'Microphone', pressed });

async function openMicrophone(tab: Page) {
  await findMicrophone(tab, false).click();
  await findMicrophone(tab, true).waitFor();
}

function measureLoudest(frames: readonly { readonly payload: Uint8Array }[]) {
  return Math.max(0, ...frames.map(({ payload }) => measureRms(toPcmSamples(payload))));
}

/** 20 ms of a tone of 1 kHz. */
const tone = Float32Array.from(
  { length: 960 },
  (_, n) => Math.sin((n * Math.PI) / 24) / 2,
);

test('the microphone is sent in frames of 20 ms, in order, all the time or while Space is held', async ({
  setup,
  tab,
  opened,
}) => {
  await openMicrophone(tab);
  await expect.poll(() => setup.sounds.length).toBe(1);
  expect(setup.asked.at(0)).toMatchObject({ kind: 'microphone', on: true });
  await expect.poll(() => measureLoudest(setup.frames)).toBeGreaterThan(0.01);
  await tab.getByLabel('Hold Space to talk').check();
  await tab.locator('#talk:focus').waitFor();
  await expect.poll(() => setup.ends).toBe(1);
  const sent = setup.frames.length;
  await tab.keyboard.down('Space');
  await tab.getByRole('button', { name: 'Talk', exact: true, pressed: true }).waitFor();
  await expect.poll(() => setup.frames.length).toBeGreaterThan(sent + 30);
  await tab.keyboard.up('Space');
  await tab
    .getByRole('button', { name: 'Talk', exact: true, pressed: false })
    .waitFor();
  await expect.poll(() => setup.ends).toBe(2);
  const { frames } = setup;
  expect(new Set(frames.map(({ kind }) => kind))).toEqual(
    new Set([frameKinds.sentPcm]),
  );
  const sequences = frames.map(({ sequence }) => sequence);
  expect(sequences.slice(sent)).toEqual(frames.slice(sent).map((_, n) => sent + 1 + n));
  const times = frames.map(({ atMs }) => atMs);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect(new Set(frames.map(({ payload }) => payload.length))).toEqual(
    new Set([1_920]),
  );
  expect(opened.complaints).toEqual([]);
});

/** Runs in the page before its own code: meters on all that is connected to the loudspeaker. */
const meterSpeaker = `{
  const { connect } = AudioNode.prototype;
  globalThis.meters = [];
  AudioNode.prototype.connect = function (to, ...others) {
    if (to instanceof AudioDestinationNode) {
      const meter = this.context.createAnalyser();
      connect.call(this, meter);
      globalThis.meters.push(meter);
    }
    return connect.call(this, to, ...others);
  };
}`;

/** Runs in the page: loudest sample of the last 40 ms; 0 before anything is connected. */
const loudest = `(() => {
  const samples = new Float32Array(2_048);
  return Math.max(0, ...globalThis.meters.flatMap((meter) => {
    meter.getFloatTimeDomainData(samples);
    return [...samples];
  }));
})()`;

test('frames of the sandbox play', async ({ setup, tab, opened }) => {
  // Chromium may let the page sound as it loads.
  await tab.addInitScript(meterSpeaker);
  await tab.reload();
  await tab.getByRole('heading', { name: 'Lounge' }).click();
  await expect.poll(() => setup.sounds.length).toBeGreaterThan(0);
  const payload = toPcmBytes(tone);
  const playTone = async (sequence: number) => {
    for (let n = 0; n < 10; n++)
      setup.sounds.at(-1)?.send(
        writeFrame({
          kind: frameKinds.heardPcm,
          sequence: sequence + n,
          atMs: 0,
          payload,
        }),
      );
    return await tab.evaluate(loudest);
  };
  let sent = 0;
  await expect.poll(() => playTone(10 * sent++)).toBeCloseTo(0.5, 1);
  expect(opened.complaints).toEqual([]);
});

test('without a microphone a sentence says so, and the page goes on', async ({
  setup,
}) => {
  await using browser = await openBrowser();
  await using opened = await openTab(browser, setup.link, {
    permissions: ['microphone'],
  });
  await opened.tab.getByRole('button', { name: 'Microphone' }).click();
  await opened.tab.getByText('No microphone was found: plug one in').waitFor();
  await findMicrophone(opened.tab, false).waitFor();
});

test('a microphone that is refused is told in a sentence', async ({ setup }) => {
  await using browser = await openBrowser(recording, true);
  await using opened = await openTab(browser, setup.link, { permissions: [] });
  await opened.tab.getByRole('button', { name: 'Microphone' }).click();
  await opened.tab.getByText('The browser may not use the microphone here').waitFor();
});

test('a microphone that is unplugged is told in a sentence, and its button is out', async ({
  tab,
}) => {
  await tab.evaluate(`{
    const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = async (asked) => (globalThis.opened = await open(asked));
  }`);
  await openMicrophone(tab);
  await tab.evaluate(
    "opened.getTracks()[0].dispatchEvent(new Event('ended')), undefined",
  );
  await tab.getByText('The microphone was unplugged').waitFor();
  await findMicrophone(tab, false).waitFor();
});

test('a page from which a later tab takes the microphone says so, and sends nothing more', async ({
  setup,
  tab,
}) => {
  await openMicrophone(tab);
  setup.report({ kind: 'microphone', state: 'taken' });
  await tab.getByText('Another tab has the microphone now').waitFor();
  await findMicrophone(tab, false).waitFor();
});
