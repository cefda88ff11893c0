import { SentEnvelope } from '#src/audio/echo/band-levels.ts';
import { EchoMeter, type EchoView } from '#src/audio/echo/echo-meter.ts';
import { loadOpus, type OpusCodec } from '#src/audio/opus/opus-codec.ts';
import { loadSilero, type SileroNetwork } from '#src/audio/voice/voice-activity.ts';
import { type EchoRoom, joinClips, listEchoEvents, readClips } from './echo-room.ts';

/** One voiced window and what the meter thought after it. */
type EchoJudgement = EchoView & { readonly atMs: number };

/** After so much without a voiced window an utterance is over. */
const pauseMs = 500;
const voiced = 0.5;
const windowMs = 32;

/** Utterances in order, each with its voiced windows. */
function utterancesIn(acoustics: EchoRoom, codec: OpusCodec, weights: SileroNetwork) {
  const sent = new SentEnvelope();
  const meter = new EchoMeter(sent);
  const utterances: EchoJudgement[][] = [];
  let lastMs = -Infinity;
  for (const event of listEchoEvents(acoustics, codec, weights)) {
    if (event.kind === 'left') {
      sent.addSentFrame(event.samples, event.atMs);
      continue;
    }
    const { atMs, probability } = event.window;
    if (atMs - lastMs > pauseMs && utterances.at(-1)?.length !== 0) {
      meter.endUtterance();
      utterances.push([]);
    }
    const view = meter.hear(event.window);
    if (probability < voiced) continue;
    lastMs = atMs;
    utterances.at(-1)?.push({ ...view, atMs });
  }
  return utterances.filter(({ length }) => length > 0);
}

/** From the start of the first voiced window to the end of the last one. */
function lengthMs(utterance: readonly EchoJudgement[]) {
  return (utterance.at(-1)?.atMs ?? 0) - (utterance[0]?.atMs ?? 0) + windowMs;
}

/** From the same instant to the verdict. */
function msTo(verdict: EchoView['verdict'], utterance: readonly EchoJudgement[]) {
  const foundJudgement = utterance.find((judged) => judged.verdict === verdict);
  return foundJudgement && foundJudgement.atMs - (utterance[0]?.atMs ?? 0) + windowMs;
}

let codec: OpusCodec;
let weights: SileroNetwork;
let bot: Int16Array[];
let human: Int16Array[];

/** Real sound through two codecs and voice activity, on a busy machine. */
const patienceMs = 60_000;

beforeAll(async () => {
  codec = await loadOpus();
  weights = await loadSilero();
  bot = readClips(['slt', 'rms'], codec);
  human = readClips(['human'], codec);
});

function cutUtterances(acoustics: EchoRoom) {
  return utterancesIn(acoustics, codec, weights);
}

/** Speech of the bot, at most this long; other clips for another `n`. */
function makeBotSpeech(n: number, count: number, pauseMs: number, mostMs = 60_000) {
  const clips = Array.from(
    { length: count },
    (_, k) => bot[(n * 17 + k * 5) % bot.length],
  );
  return joinClips(clips as Int16Array[], pauseMs).subarray(0, mostMs * 48);
}

const ways = [-10, -20].flatMap((gainDb) =>
  [80, 150, 250, 400].map((lateMs, n) => ({ gainDb, lateMs, seed: n + 1 })),
);

test.each(ways)(
  'the bot knows its own voice at $gainDb dB and $lateMs ms, and sooner the second time',
  ({ gainDb, lateMs, seed }) => {
    const all = cutUtterances({
      bot: makeBotSpeech(seed, 3, 900),
      echoes: [{ lateMs, gainDb }],
      seed,
    });
    const [first = [], ...later] = all.filter(
      (utterance) => lengthMs(utterance) >= 600,
    );
    expect(msTo('echo', first)).toBeLessThan(600);
    expect(later.length).toBeGreaterThan(0);
    for (const utterance of later) {
      expect(msTo('echo', utterance)).toBeLessThan(260);
      expect(utterance.at(-1)?.share).toBeGreaterThan(0.9);
      expect(
        Math.abs((utterance.at(-1)?.lagMs ?? 0) - lateMs - 25),
      ).toBeLessThanOrEqual(25);
    }
    expect(all.flat().every(({ ownFromMs }) => ownFromMs === undefined)).toBe(true);
  },
  patienceMs,
);

test('somebody with headphones is not taken for an echo while the bot speaks', {
  timeout: patienceMs,
}, () => {
  const all = human.slice(0, 20).flatMap((sound, n) => {
    const own = { sound, atMs: 100 + 30 * n, gainDb: -10 * (n % 3) };
    return cutUtterances({
      bot: makeBotSpeech(n, 3, 150, own.atMs + sound.length / 48),
      own,
      seed: n + 1,
    });
  });
  expect(all.length).toBeGreaterThanOrEqual(20);
  expect(all.filter((utterance) => msTo('echo', utterance) !== undefined)).toEqual([]);
});

test('a short word over the echo is speech, from the word on', {
  timeout: patienceMs,
}, () => {
  const noticed = human.slice(0, 10).map((clip, n) => {
    const sound = clip.slice(0, (300 + 25 * n) * 48);
    const [atMs, gainDb] = [2500, n % 2 ? -10 : -20];
    const own = { sound, atMs, gainDb: gainDb + 10 };
    const all = cutUtterances({
      bot: makeBotSpeech(n, 5, 150, atMs + sound.length / 48 + 500),
      echoes: [{ lateMs: 150, gainDb }],
      own,
      seed: n + 1,
    });
    const foundJudgement = all.flat().find(({ ownFromMs }) => ownFromMs !== undefined);
    return (
      foundJudgement &&
      foundJudgement.atMs > atMs &&
      foundJudgement.atMs < atMs + sound.length / 48 + 150
    );
  });
  expect(noticed.filter(Boolean).length).toBeGreaterThanOrEqual(9);
});

test('while the bot is silent the first voiced window is speech', () => {
  const own = { sound: human[0] ?? new Int16Array(), atMs: 3000, gainDb: 0 };
  const [utterance = []] = cutUtterances({ bot: makeBotSpeech(1, 1, 0), own, seed: 1 });
  expect(msTo('speech', utterance)).toBe(32);
});

test('an echo that comes back another way is found again', () => {
  const later = { lateMs: 300, gainDb: -15, fromMs: 4000 };
  const all = cutUtterances({
    bot: makeBotSpeech(2, 5, 900),
    echoes: [{ lateMs: 150, gainDb: -15 }, later],
    seed: 2,
  });
  const last = all.at(-1)?.at(-1);
  expect(last?.verdict).toBe('echo');
  expect(Math.abs((last?.lagMs ?? 0) - 325)).toBeLessThanOrEqual(25);
});

test('somebody who puts on headphones is heard over what would have been the echo', {
  timeout: patienceMs,
}, () => {
  const spoken = human.slice(10, 16).flatMap((sound, n) => {
    const gone = { lateMs: 150, gainDb: -100, fromMs: 3500 };
    const own = { sound, atMs: 4700, gainDb: -10 };
    const all = cutUtterances({
      bot: makeBotSpeech(n, 6, 150, own.atMs + sound.length / 48),
      echoes: [{ lateMs: 150, gainDb: -20 }, gone],
      own,
      seed: n + 1,
    });
    return all.filter((utterance) => (utterance[0]?.atMs ?? 0) > 4100);
  });
  expect(spoken.length).toBeGreaterThanOrEqual(6);
  expect(spoken.filter((utterance) => msTo('speech', utterance) === undefined)).toEqual(
    [],
  );
});
