import { listenToPackets } from '#bench/turns/scenario-listening.ts';
import { openWorkshop, playScenarios } from '#bench/turns/scenario-runs.ts';
import { readScenarios } from '#bench/turns/voice-clips.ts';
import type { Packet } from '#src/audio/jitter-buffer.ts';
import { loadOpus } from '#src/audio/opus/opus-codec.ts';
import { toPersonId } from '#src/base/ids.ts';
import type { ChatModel } from '#src/chat/chat-model.ts';
import { createChainedPipeline } from '#src/pipeline/chained-pipeline.ts';
import { endpointRules } from '#src/turn/endpointing/endpointing.ts';
import { PauseHabits } from '#src/turn/endpointing/endpointing-delay.ts';
import { readSpeech } from '#test/audio/recorded-speech.ts';
import { openRoom } from '#test/conversation/setup/open-room.ts';
import {
  adam,
  eva,
  joinLounge,
  passTime,
  sayWords,
} from '#test/conversation/setup/session-fixture.ts';
import { FakeChat } from '#test/fakes/fake-chat.ts';
import { FakeTranscriber } from '#test/fakes/fake-speech.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';
import { drawChance } from '#test/simulate/luck.ts';

const codec = await loadOpus();
const story = ['First', 'Then', 'Later', 'Soon', 'Again', 'At last']
  .map((word) => `${word} there was a lamp lit by the wide sea.`)
  .join(' ');

/** Says everything in one recorded voice. */
function recordedVoice() {
  const pcm = readSpeech('synth-flite-rms-capital-of-france');
  return {
    async *synthesize() {
      yield pcm;
    },
  };
}

/** Adam has loudspeakers: what the bot says comes back into his microphone, late and quieter. */
function attachLoudspeakers(fixture: Awaited<ReturnType<typeof askStory>>) {
  const [decoder, encoder] = [codec.createDecoder(24_000), codec.createEncoder(24_000)];
  const [lateMs, gain] = [160, 0.1];
  let sequence = 40_000;
  fixture.linkOpener.link.onLeft = (frame, atMs) => {
    const quieter = decoder.decode(frame).map((sample) => sample * gain);
    const opus = Buffer.from(encoder.encode(quieter));
    fixture.coming.push({
      speakerId: toPersonId('adam'),
      sequence: sequence++ & 0xffff,
      timestamp: Math.round((atMs + lateMs) * 48) >>> 0,
      opus,
      atMs: atMs + lateMs,
    });
  };
}

async function askStory() {
  const clock = new VirtualClock();
  const chat = new FakeChat([[story]], clock);
  const synthesizer = recordedVoice();
  const transcriber = new FakeTranscriber({ texts: ['what is the capital of france'] });
  const deps = {
    codec,
    transcriber,
    synthesizer,
    pipeline: createChainedPipeline({ chat, synthesizer }),
  };
  const fixture = await joinLounge(deps, [adam], clock);
  const coming: Parameters<typeof fixture.linkOpener.link.arrive>[0][] = [];
  return { ...fixture, chat, coming };
}

test('the voice of the bot out of loudspeakers is not answered, and does not interrupt the bot', async () => {
  const fixture = await askStory();
  attachLoudspeakers(fixture);
  await passTime(fixture, 2_600, await sayWords('human-goforward', adam, 0));
  for (let passed = 0; passed < 24_000; passed += 20) {
    const due = fixture.coming.filter(({ atMs }) => atMs <= fixture.clock.nowMs() + 20);
    fixture.coming.splice(0, due.length);
    await passTime(fixture, 20, due);
  }
  expect(fixture.chat.asked).toHaveLength(1);
  expect(fixture.of('answered')).toMatchObject([
    { finish: 'completed', heardText: story },
  ]);
});

type FarMicrophone = {
  readonly words?: string;
  readonly speech?: string;
  /** Begin that it does not hear, in ms. */
  readonly lostMs?: number;
};

/** Adam asks beside Eva, whose microphone hears him too, or her own speech, `farDb` louder and `lateMs` later. */
async function askBesideEva(
  farDb: number,
  lateMs: number,
  {
    words: farWords = 'nova what time is that',
    speech: farSpeech = 'human-cards-004',
    lostMs = 0,
  }: FarMicrophone = {},
) {
  const clock = new VirtualClock();
  const transcriber = new FakeTranscriber({
    texts: ({ samples }) =>
      samples.some((sample) => Math.abs(sample) > 10_000)
        ? 'Nova, what time is it?'
        : farWords,
    tookMs: 150,
    clock,
  });
  const questions: string[] = [];
  const chat: ChatModel = {
    async *reply(messages, _tools, signal) {
      questions.push(messages.at(-1)?.content ?? '');
      await clock.sleep(300, signal);
      yield { kind: 'text', text: 'It is seven in the evening.' };
    },
  };
  const rooms = { transcriber, chat, addressing: 'auto', names: ['Nova'] } as const;
  const fixture = await openRoom(rooms, [adam, eva], clock);
  const fromMs = clock.nowMs();
  const near = await sayWords('human-cards-004', adam, fromMs);
  const far = await sayWords(farSpeech, eva, fromMs + lateMs, farDb);
  const heardFar = far.filter(({ atMs }) => atMs >= fromMs + lostMs);
  await passTime(fixture, 12_000, [...near, ...heardFar]);
  return {
    answered: fixture.of('answered').map(({ name }) => name),
    ignored: fixture.of('ignored').map(({ name, why }) => `${name}: ${why}`),
    questions,
  };
}

test('a question that the microphone of a neighbour hears too is answered once', async () => {
  const { answered, ignored } = await askBesideEva(-14, 20);
  expect(answered).toEqual(['Adam']);
  expect(new Set(ignored)).toEqual(new Set(['Eva: same-voice']));
});

test('a part of a question that the microphone of a neighbour hears is not answered', async () => {
  for (const lostMs of [600, 1_000]) {
    const far = { words: 'nova what time', lostMs };
    const { answered, ignored } = await askBesideEva(-10, 60, far);
    expect(answered).toEqual(['Adam']);
    expect(ignored).toContain('Eva: same-voice');
  }
});

test('friends who ask the same at once are both answered', async () => {
  const { answered } = await askBesideEva(0, 20);
  expect(answered.toSorted()).toEqual(['Adam', 'Eva']);
});

test('a soft voice that asks something else at the same time is answered', async () => {
  const { answered } = await askBesideEva(-14, 20, {
    words: 'nova play some music',
    speech: 'human-cards-005',
  });
  expect(answered.toSorted()).toEqual(['Adam', 'Eva']);
});

test('a soft voice that repeats a question later is answered', async () => {
  const { answered } = await askBesideEva(-14, 1_500);
  expect(answered.toSorted()).toEqual(['Adam', 'Eva']);
});

/** What a line makes of a packet: by the luck of its number, it comes later, twice, or not at all. */
type Line = (packet: Packet, luck: (kind: string) => number) => readonly Packet[];

const delayPacket = (packet: Packet, byMs: number) => ({
  ...packet,
  atMs: packet.atMs + byMs,
});

const lines: Readonly<Record<string, Line>> = {
  'loses 5 %': (packet, luck) => (luck('lost') < 0.05 ? [] : [packet]),
  'loses 30 %': (packet, luck) => (luck('lost') < 0.3 ? [] : [packet]),
  'loses 30 % and is uneven': (packet, luck) =>
    luck('lost') < 0.3 ? [] : [delayPacket(packet, 60 * luck('late'))],
  'swaps and doubles 30 %': (packet, luck) => {
    const first = delayPacket(packet, luck('swapped') < 0.3 ? 40 : 0);
    return luck('doubled') < 0.3 ? [first, delayPacket(first, 20)] : [first];
  },
  'is late by up to 200 ms': (packet, luck) => [
    delayPacket(packet, 200 * luck('late')),
  ],
};

async function openScenes() {
  const workshop = await openWorkshop();
  const everyTenth = (await readScenarios()).filter((_, n) => n % 10 === 0);
  const sounds = await playScenarios(everyTenth.slice(0, 32), workshop);
  /** Counts the pauses at which a recogniser is asked, and the ends of utterances. */
  return (line: Line) => {
    const kinds = sounds.flatMap(({ packets, words, lengthMs }, scene) => {
      const arrived = packets.flatMap((packet, n) =>
        line(packet, (kind) => drawChance(scene, `${kind} ${n}`)),
      );
      return listenToPackets(
        arrived.toSorted((packet, otherPacket) => packet.atMs - otherPacket.atMs),
        lengthMs + 400,
        {
          ...workshop,
          speakerId: toPersonId('1'),
          pauseHabits: new PauseHabits(),
          rules: endpointRules,
          words,
        },
      ).map(({ event }) => event.kind);
    });
    const countKind = (kind: string) => kinds.filter((each) => each === kind).length;
    return { pauses: countKind('paused'), ends: countKind('ended') };
  };
}

const scenes = openScenes();

test.each(Object.entries(lines))(
  'a line that %s makes no pauses, so nothing is recognised twice because of it',
  async (_, line) => {
    const listen = await scenes;
    const [clean, bad] = [listen((packet) => [packet]), listen(line)];
    expect(clean.pauses).toBeGreaterThan(15);
    expect(bad.pauses).toBeLessThanOrEqual(clean.pauses * 1.5);
    expect(bad.ends).toBeLessThanOrEqual(clean.ends * 1.15);
    expect(bad.ends).toBeGreaterThanOrEqual(clean.ends * 0.9);
  },
);

const questionClips = [
  'human-goforward',
  'human-digits-2934z',
  'human-something',
  'human-librivox-0930',
  'synth-flite-awb-repeat-that',
  'synth-flite-rms-capital-of-france',
] as const;

test.each(['loses 30 %', 'swaps and doubles 30 %'])(
  'over a line that %s each question is uploaded about once, and answered once',
  async (name) => {
    const line = lines[name] ?? expect.fail(`no line ${name}`);
    const clock = new VirtualClock();
    const texts = ['what time is it?'];
    const transcriber = new FakeTranscriber({ texts, tookMs: 120, clock });
    const fixture = await openRoom({ codec, transcriber }, [adam, eva], clock);
    for (const clip of questionClips) {
      const packets = await sayWords(clip, adam, clock.nowMs());
      const arriving = packets.flatMap((packet, n) =>
        line(packet, (kind) => drawChance(0, `${clip} ${kind} ${n}`)),
      );
      await passTime(fixture, 9_000, arriving);
    }
    expect(fixture.of('answered')).toHaveLength(questionClips.length);
    expect(transcriber.asked.length).toBeLessThanOrEqual(questionClips.length + 1);
  },
);
