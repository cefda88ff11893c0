import { VoiceLevels, voiceLufs } from '#src/audio/loudness/loudness.ts';
import { getDurationMs, joinSamples, type Pcm, speakRateHz } from '#src/audio/pcm.ts';
import type { ChatPart } from '#src/chat/chat-model.ts';
import { openEngine } from '#src/engines/engines.ts';
import { createAudioModelPipeline } from '#src/pipeline/audio-model/audio-model-pipeline.ts';
import { SpokenReply, VoiceTrack } from '#src/playback/reply/spoken-reply.ts';
import type { Synthesizer } from '#src/speech/speech-engine.ts';
import { measureLoudness } from '#test/audio/measure-loudness.ts';
import { readGoodSettings } from '#test/config/read-settings.ts';
import { FakeHost, makeTurn, toUtterance } from '#test/contracts/pipeline-contract.ts';
import { collectSound } from '#test/contracts/synthesizer-contract.ts';
import { FakeSynthesizer } from '#test/fakes/fake-speech.ts';
import { openListeningServer } from '#test/fakes/servers/listening-server.ts';
import { VirtualListener } from '#test/playback/virtual-listener.ts';

const never = new AbortController().signal;
const stack = new AsyncDisposableStack();
afterAll(() => stack.disposeAsync());

const sentences = [
  'The train to the city leaves at half past seven.',
  'It stops twice on the way, and the second stop is the old bridge.',
  'Shall I wake you up?',
];
const builtIn = await openEngine('text to speech', { kind: 'local', model: '' }, stack);
const said: Readonly<Record<string, Pcm>> = Object.fromEntries(
  await Promise.all(
    sentences.map(async (text) => [text, await collectSound(builtIn, text)] as const),
  ),
);

/** Sound of another voice: so much louder than the built-in one, its peaks bent as those of a loud recording are. */
function changeLevel({ samples, ...pcm }: Pcm, db: number): Pcm {
  const gain = 10 ** (db / 20);
  const bendSample = (sample: number) => 32_767 * Math.tanh((gain * sample) / 32_767);
  return { ...pcm, samples: samples.map((sample) => bendSample(sample)) };
}

/** Opens a voice behind a server of `/audio/speech`, which sends raw samples in pieces of `pieceMs`. */
async function openServerVoice(db: number, pieceMs: number) {
  const server = await openListeningServer(async (request, response) => {
    const json = Buffer.concat(await Array.fromAsync<Buffer>(request)).toString();
    const { input } = JSON.parse(json || '{}') as { input?: string };
    const found = said[input ?? ''];
    if (!found) return void response.writeHead(404).end();
    const { rateHz, samples } = changeLevel(found, db);
    response.writeHead(200, { 'content-type': `audio/pcm;rate=${rateHz}` });
    const pieceBytes = 2 * Math.round((rateHz * pieceMs) / 1_000);
    const bytes = Buffer.from(samples.buffer);
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      const sent = Promise.withResolvers<void>();
      response.write(bytes.subarray(at, at + pieceBytes), () => sent.resolve());
      await sent.promise;
    }
    response.end();
  });
  stack.use(server);
  const environment = { SPEECH_BASE_URL: `${server.origin}/v1`, SPEECH_MODEL: 'any' };
  const { speech } = readGoodSettings(environment).engines;
  return await openEngine('text to speech', speech, stack);
}

/** Sound that the channel gets of each sentence, one reply after the other. */
async function hearVoice(voice: Synthesizer): Promise<readonly Pcm[]> {
  const sounds: Pcm[] = [];
  for (const text of sentences)
    sounds.push(await hearReply(voice.synthesize(text, {}, never)));
  return sounds;
}

async function hearReply(sound: AsyncIterable<Pcm> | Iterable<Pcm>): Promise<Pcm> {
  const track = new VoiceTrack();
  const listener = new VirtualListener(track);
  const reply = new SpokenReply();
  track.add(reply);
  for await (const pcm of sound) {
    void reply.write(pcm, 'Any text.', never);
    listener.step();
  }
  reply.end();
  listener.steps(500);
  const frames = listener.frames.filter((frame) => frame !== undefined);
  return { samples: joinSamples(frames), rateHz: speakRateHz, channels: 1 };
}

const getLufs = (pcm: Pcm) => measureLoudness(pcm) ?? Number.NaN;

function joinAll(sounds: readonly Pcm[]): Pcm {
  const rateHz = sounds[0]?.rateHz ?? speakRateHz;
  return {
    samples: joinSamples(sounds.map(({ samples }) => samples)),
    rateHz,
    channels: 1,
  };
}

test.each([
  ['quiet', -10],
  ['loud', 9],
])(
  'the %s voice of a server is heard within 2 dB of the built-in one, from its first sentence on',
  async (_, db) => {
    const usual = await hearVoice(builtIn);
    const heard = await hearVoice(await openServerVoice(db, 100));
    const usualLufs = getLufs(joinAll(usual));
    expect(Math.abs(getLufs(joinAll(heard)) - usualLufs)).toBeLessThan(2);
    const [first] = heard;
    expect(Math.abs(getLufs(first ?? joinAll([])) - voiceLufs)).toBeLessThan(2);
    // What the server sent was further away, and all of it is heard.
    const sent = joinAll(Object.values(said).map((pcm) => changeLevel(pcm, db)));
    expect(Math.abs(getLufs(sent) - usualLufs)).toBeGreaterThan(5);
    const lackingMs = getDurationMs(sent) - getDurationMs(joinAll(heard));
    expect(Math.abs(lackingMs)).toBeLessThan(100);
  },
);

test('the first piece of a voice passes at once, and no sentence has a jump', () => {
  const levels = new VoiceLevels();
  const changesDb = Object.values(said).map((whole) =>
    measureMostChangeDb(levels, changeLevel(whole, -10)),
  );
  const [first, ...others] = changesDb;
  expect(first).toBeGreaterThan(0);
  expect(first).toBeLessThan(1);
  // The gain of a known voice is the same from the first sample to the last.
  expect(Math.max(...others)).toBeLessThan(0.3);
});

/** Largest change of the gain from 20 ms to the next, in dB, over a text that arrives in pieces of 20 ms. */
function measureMostChangeDb(levels: VoiceLevels, { rateHz, samples }: Pcm) {
  const text = levels.getLoudness('alloy').openText();
  const pieceSamples = rateHz / 50;
  const gainsDb: (number | undefined)[] = [];
  for (let at = 0; at < samples.length; at += pieceSamples) {
    const piece = samples.subarray(at, at + pieceSamples);
    const levelled = text.levelSound({ samples: piece, rateHz, channels: 1 });
    expect(levelled.samples.length).toBe(piece.length);
    gainsDb.push(measureGainDb(piece, levelled.samples));
  }
  const changesDb = gainsDb.map((gainDb, n) =>
    Math.abs((gainDb ?? 0) - (gainsDb[n - 1] ?? gainDb ?? 0)),
  );
  return Math.max(...changesDb.filter((_, n) => gainsDb[n] !== undefined));
}

/** Gain between two loud pieces in dB. Undefined for a quiet one, whose samples are too small to tell. */
function measureGainDb(from: Int16Array, to: Int16Array) {
  const sumSquares = (samples: Int16Array) =>
    samples.reduce((total, sample) => total + Math.abs(sample), 0);
  return sumSquares(from) < 200 * from.length
    ? undefined
    : 20 * Math.log10(sumSquares(to) / sumSquares(from));
}

test('a whisper stays quieter than the voice that whispers', () => {
  const levels = new VoiceLevels();
  const [spoken, whispered] = [0, -12].map((db) => {
    const [whole] = Object.values(said);
    if (!whole) throw new Error('Nobody said anything.');
    const text = levels.getLoudness('alloy').openText();
    return getLufs(text.levelSound(changeLevel(whole, db)));
  });
  expect((spoken ?? 0) - (whispered ?? 0)).toBeGreaterThan(8);
});

test('a voice that was heard long enough keeps its gain, however loud a later text is', () => {
  const loudness = new VoiceLevels().getLoudness('alloy');
  const [whole] = Object.values(said);
  if (!whole) throw new Error('Nobody said anything.');
  const sayLoud = (db: number) => {
    const sent = changeLevel(whole, db);
    return getLufs(loudness.openText().levelSound(sent)) - getLufs(sent);
  };
  const texts = Math.ceil(20_000 / getDurationMs(whole));
  const gainsDb = Array.from({ length: texts }, () => sayLoud(-10));
  expect(gainsDb.at(-1)).toBeGreaterThan(5);
  for (let n = 0; n < 10; n++) sayLoud(0);
  expect(sayLoud(-10)).toBeCloseTo(gainsDb.at(-1) ?? 0, 1);
});

test('the own voice of a model that hears and speaks is levelled, too', async () => {
  const [whole] = Object.values(said);
  if (!whole) throw new Error('Nobody said anything.');
  const quiet = changeLevel({ ...whole, rateHz: speakRateHz }, -10);
  const model = {
    async *reply(): AsyncGenerator<ChatPart> {
      yield { kind: 'transcript', text: 'The train leaves.' };
      yield { kind: 'sound', bytes: Buffer.from(quiet.samples.buffer) };
    },
  };
  const pipeline = createAudioModelPipeline({
    open: () => model,
    synthesizer: new FakeSynthesizer(),
    input: 'audio',
  });
  const host = new FakeHost();
  host.release();
  const turn = makeTurn(toUtterance('hello'));
  const parts = await Array.fromAsync(pipeline.answer(turn, host, never));
  const pieces = parts.flatMap((part) => (part.kind === 'audio' ? [part.pcm] : []));
  const usualLufs = getLufs({ ...whole, rateHz: speakRateHz });
  expect(Math.abs(getLufs(await hearReply(pieces)) - usualLufs)).toBeLessThan(2);
  // A program gets it as the model made it.
  expect(joinSamples(pieces.map(({ samples }) => samples))).toEqual(quiet.samples);
});
