import {
  frameKinds,
  measureRms,
  toPcmBytes,
  toPcmSamples,
  writeFrame,
} from '#page/room/sound/sound-frames.js';
import { type FirefoxTab, openFirefox } from './open-firefox.ts';
import { openSetup } from './open-page.ts';
import { openProgram } from './open-program.ts';

/** Runs in the page: keeps the loudest of all that is connected to the loudspeaker. */
const meterSpeaker = `
  const { connect } = AudioNode.prototype;
  globalThis.loudest = 0;
  AudioNode.prototype.connect = function (to, ...others) {
    if (to instanceof AudioDestinationNode) {
      const meter = this.context.createAnalyser();
      const samples = new Float32Array(meter.fftSize);
      connect.call(this, meter);
      setInterval(() => {
        meter.getFloatTimeDomainData(samples);
        globalThis.loudest = Math.max(globalThis.loudest, ...samples);
      }, 20);
    }
    return connect.call(this, to, ...others);
  };`;

const hear = { role: 'button', name: 'Press to hear' };
const microphone = { role: 'button', name: 'Microphone' };

const opened = new AsyncDisposableStack();
let tab: FirefoxTab;
beforeAll(async () => {
  const firefox = opened.use(await openFirefox());
  tab = firefox.tab;
  await tab.addScript(meterSpeaker);
});
afterAll(() => opened.disposeAsync());

/** 20 ms of a tone of 1 kHz. */
const tone = Float32Array.from(
  { length: 960 },
  (_, n) => Math.sin((n * Math.PI) / 24) / 2,
);

test('Firefox is asked to press once, then plays frames of the sandbox and sends the microphone', async () => {
  await using setup = await openSetup();
  await tab.open(setup.link);
  await tab.waitFor(hear);
  expect(setup.sounds.length).toBe(0);
  await tab.press(hear);
  await tab.waitForNone(hear);
  await expect.poll(() => setup.sounds.length).toBe(1);
  const payload = toPcmBytes(tone);
  let sequence = 0;
  const playTone = async () => {
    for (let n = 0; n < 10; n++) {
      const frame = {
        kind: frameKinds.heardPcm,
        sequence: sequence++,
        atMs: 0,
        payload,
      };
      setup.sounds[0]?.send(writeFrame(frame));
    }
    return await tab.evaluate<number>('globalThis.loudest');
  };
  await expect.poll(playTone).toBeCloseTo(0.5, 1);
  await tab.press(microphone);
  await expect.poll(() => setup.frames.length).toBeGreaterThan(25);
  const levels = setup.frames.map(({ payload }) => measureRms(toPcmSamples(payload)));
  expect(Math.max(...levels)).toBeGreaterThan(0.01);
});

test('Firefox hears the answer of the bot that npm start runs', {
  timeout: 120_000,
}, async () => {
  await using program = await openProgram();
  await tab.open(program.link);
  await tab.waitFor(hear);
  await tab.press(hear);
  await tab.waitForNone(hear);
  await tab.evaluate(`document.getElementById('line').focus()`);
  await tab.type('What time is it?\uE007');
  await expect
    .poll(() => tab.evaluate<number>('globalThis.loudest'), { timeout: 60_000 })
    .toBeGreaterThan(0.05);
});
