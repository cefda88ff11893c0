import { sumValues } from '#bench/format-table.ts';
import type { Packet } from '#src/audio/jitter-buffer.ts';
import { loadOpus } from '#src/audio/opus/opus-codec.ts';
import { nobody, type PersonId, toGuildId, toPersonId } from '#src/base/ids.ts';
import type { SessionEvent } from '#src/ports/session-events.ts';
import type { ChannelMember } from '#src/ports/voice-link.ts';
import { PartialTrust } from '#src/turn/endpointing/end-of-turn.ts';
import {
  type FixtureOptions,
  lounge,
  openSessionFixture,
  type SessionFixture,
} from '#test/conversation/setup/session-fixture.ts';
import { FakeSynthesizer } from '#test/fakes/fake-speech.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';
import {
  type AnswerStyle,
  createHonestRecogniser,
  firstSoundMs,
  HonestMinds,
} from './honest-models.ts';
import {
  BenchMicrophones,
  type MicrophoneSound,
  readVoices,
  type SimulatedUtterance,
} from './simulated-microphones.ts';
import { SoundMarks } from './sound-marks.ts';

/** An event of the session, and its instant on virtual time. */
export type TimedEvent = { readonly atMs: number; readonly event: SessionEvent };

/** The real session in a room, on virtual time. */
export interface BenchChannel {
  readonly fixture: SessionFixture;
  readonly clock: VirtualClock;
  readonly microphones: BenchMicrophones;
  readonly minds: HonestMinds;
  readonly synthesizer: FakeSynthesizer;
  /** Events so far, oldest first. */
  readonly events: readonly TimedEvent[];
  /** Times of the last frame with sound, and of the last one with the bot's voice. -Infinity before the first. */
  readonly lastSound: { lastMs: number; lastVoiceMs: number };
  readonly traffic: {
    /** Packets that have not been sent yet, in order. */
    waiting: Packet[];
    /** Time of the last packet that arrived. */
    lastMs: number;
  };
  readonly people: readonly ChannelMember[];
  /** Resolves once nothing is awaited that takes no virtual time. */
  ready(): Promise<void>;
}

/** People and their voices of test/fixtures/scenes. */
const peopleAndVoices = [
  ['ana', 'Ana', 'slt'],
  ['ben', 'Ben', 'rms'],
  ['cleo', 'Cleo', 'espeak-us-f3'],
  ['dan', 'Dan', 'kal16'],
  ['emil', 'Emil', 'human'],
] as const;
const botId = toPersonId('bot');
const botVoice = 'espeak-gb';
const packetMs = 20;
/** A voice that is ducked has a fifth of its level, 800 and more. */
const minVoiceMean = 200;
/** Pause between two utterances of one person. */
const pauseOfOnePersonMs = 300;
/** Time without a packet after which every utterance is over and understood. */
const calmAfterMs = 4_000;
/** Rounds of the event loop in which everything happens that needs no time. */
const eventLoopRounds = 4;
/** Longest wait: only a fault takes longer. */
const maxWaitMs = 90_000;
/** Time by which the bot has said hello, in ms of virtual time. */
export const greetedMs: number = 12_000;

/** Voices of the microphones. */
const voices = await readVoices({
  ...Object.fromEntries(peopleAndVoices.map(([id, , voice]) => [id, voice])),
  [botId]: botVoice,
});
const codec = await loadOpus();

/** Lists the first `count` of all people. */
export function listPeople(count: number): ChannelMember[] {
  return peopleAndVoices
    .slice(0, count)
    .map(([id, name]) => ({ id: toPersonId(id), name, isBot: false, roleIds: [] }));
}

/** A bot that sits in the channel beside ours. */
export const otherBot: ChannelMember = {
  id: botId,
  name: 'Groovy',
  isBot: true,
  roleIds: [],
};

/** Options of a room. */
export type BenchChannelOptions = {
  /** Makes options that replace those of the scripted recogniser, model and voice. */
  readonly makeOptions?: (clock: VirtualClock) => FixtureOptions;
  /** Resolves once nothing is awaited that takes no virtual time, such as a server. */
  readonly waitUntilReady?: () => Promise<void>;
  /** Finds the language that the recogniser tells with an utterance. Undefined: it tells none. */
  readonly findLanguage?: (utterance: number) => string | undefined;
  /** Called with each mono frame of the bot, also a silent one, before it leaves. */
  readonly onFrame?: (samples: Int16Array, atMs: number) => void;
};

/** Opens the real session in a room with these people, all of whom it may hear. `findStyle` returns how the scripted model answers utterances with these ids. */
export async function openBenchChannel(
  people: readonly ChannelMember[],
  findStyle: (utterances: readonly number[]) => AnswerStyle = () => 'short',
  options: BenchChannelOptions = {},
): Promise<BenchChannel> {
  const { waitUntilReady = async () => undefined } = options;
  const clock = new VirtualClock(undefined, eventLoopRounds);
  const marks = new SoundMarks();
  const microphones = new BenchMicrophones(voices, marks);
  const minds = new HonestMinds(clock, findStyle);
  const synthesizer = new FakeSynthesizer({ clock, firstMs: firstSoundMs });
  const events: TimedEvent[] = [];
  const never = Number.NEGATIVE_INFINITY;
  const lastSound = { lastMs: never, lastVoiceMs: never };
  const fixture = openSessionFixture(
    {
      clock,
      synthesizer,
      addressing: 'auto',
      transcriber: createHonestRecogniser(
        clock,
        (piece) => microphones.listHeardWords(piece),
        options.findLanguage,
      ),
      partialTrust: new PartialTrust(false),
      tools: [],
      pipeline: minds.withSynthesizer(synthesizer),
      codec: marks.wrapCodec(codec, (samples) => {
        options.onFrame?.(samples, clock.nowMs());
        if (samples.every((sample) => sample === 0)) return;
        lastSound.lastMs = clock.nowMs();
        if (isVoice(samples)) lastSound.lastVoiceMs = clock.nowMs();
      }),
      consent: { policy: 'notice' },
      onEvent: (_guildId, event) => void events.push({ atMs: clock.nowMs(), event }),
      ...options.makeOptions?.(clock),
    },
    people,
  );
  await fixture.sessions.join(lounge, people[0]?.id ?? nobody);
  const traffic = { waiting: [] as Packet[], lastMs: 0 };
  return {
    fixture,
    clock,
    microphones,
    minds,
    synthesizer,
    events,
    lastSound,
    traffic,
    people,
    ready: waitUntilReady,
  };
}

/** Tests whether sound is the voice: its samples lie around the voice's number, and those of cues around 0. */
function isVoice(samples: Int16Array) {
  return (
    Math.abs(sumValues(samples, (sample) => sample)) > minVoiceMean * samples.length
  );
}

/** Lets a person say a text from `fromMs` on, which is now or later, and after the person's earlier utterances. */
export function sayText(
  channel: BenchChannel,
  personId: PersonId,
  text: string,
  fromMs: number,
  sound?: MicrophoneSound,
): SimulatedUtterance {
  const lastUtterance = channel.microphones.utterances.findLast(
    (utterance) => utterance.personId === personId,
  );
  const freeMs = Math.max(fromMs, (lastUtterance?.toMs ?? 0) + pauseOfOnePersonMs);
  const onGridMs = packetMs * Math.ceil(freeMs / packetMs);
  const { utterance, packets } = channel.microphones.addUtterance(
    personId,
    text,
    onGridMs,
    sound,
  );
  const { traffic } = channel;
  traffic.waiting = [...traffic.waiting, ...packets].sort((a, b) => a.atMs - b.atMs);
  return utterance;
}

/** Lets 20 ms pass. */
async function stepFrame({ fixture, clock, traffic, ready }: BenchChannel) {
  await clock.advance(packetMs);
  await ready();
  const nowMs = clock.nowMs();
  const { link } = fixture.linkOpener;
  while (traffic.waiting[0] && traffic.waiting[0].atMs <= nowMs) {
    const packet = traffic.waiting.shift();
    if (!packet || !link.present.some(({ id }) => id === packet.speakerId)) continue;
    link.arrive(packet);
    traffic.lastMs = nowMs;
  }
  link.tick(nowMs);
}

/** Lets time pass until that instant, in one leap where nothing can happen before. */
export async function passUntil(channel: BenchChannel, atMs: number): Promise<void> {
  const { clock, traffic } = channel;
  while (clock.nowMs() < atMs) {
    const nextMs = Math.min(atMs, traffic.waiting[0]?.atMs ?? atMs);
    const leapMs =
      packetMs * Math.floor((nextMs - clock.nowMs()) / packetMs) - packetMs;
    if (
      leapMs > packetMs &&
      isAtRest(channel) &&
      clock.nowMs() - traffic.lastMs > calmAfterMs
    ) {
      await clock.leap(leapMs);
    } else await stepFrame(channel);
  }
}

/** Waits until a condition is true. Returns false when it was not for a minute and a half. */
export async function waitUntil(
  channel: BenchChannel,
  isTrue: () => boolean,
): Promise<boolean> {
  const deadlineMs = channel.clock.nowMs() + maxWaitMs;
  while (!isTrue()) {
    if (channel.clock.nowMs() > deadlineMs) return false;
    await stepFrame(channel);
  }
  return true;
}

/** Opens a channel with two people, and a bot that has said hello and gives long answers. */
export async function openStoryChannel(
  options: BenchChannelOptions = {},
): Promise<BenchChannel> {
  const channel = await openBenchChannel(listPeople(2), () => 'long', options);
  await passUntil(channel, greetedMs);
  return channel;
}

/** Lets Ana ask for a long answer. Returns once its first sound has left. */
export async function tellStory(channel: BenchChannel): Promise<void> {
  const { clock, lastSound } = channel;
  const question = sayText(
    channel,
    toPersonId('ana'),
    'Nova, tell me a long story.',
    clock.nowMs() + 4_000,
  );
  await passUntil(channel, question.toMs);
  await waitUntil(channel, () => clock.nowMs() - lastSound.lastMs <= packetMs);
}

/** Returns whether the bot says nothing, and prepares nothing. */
export function isAtRest({ fixture, minds, synthesizer }: BenchChannel): boolean {
  const turnQueue = fixture.sessions.findSession(toGuildId('g'))?.loop.state.turnQueue;
  if (!turnQueue || turnQueue.current) return false;
  return turnQueue.waiting.length + minds.running + synthesizer.running === 0;
}

/** Lets a person leave the channel, or come back. */
export function movePerson(
  { fixture, people }: BenchChannel,
  personId: PersonId,
  isHere: boolean,
): void {
  const { linkOpener } = fixture;
  const present = people.filter(({ id }) =>
    id === personId
      ? isHere
      : linkOpener.link.present.some((member) => member.id === id),
  );
  for (const list of [linkOpener.people, linkOpener.link.present])
    list.splice(0, list.length, ...present);
}
