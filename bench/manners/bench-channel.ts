import { sumValues } from '#bench/format-table.ts';
import type { Packet } from '#src/audio/jitter-buffer.ts';
import { loadOpus } from '#src/audio/opus/load-opus.ts';
import type { SessionEvent } from '#src/ports/session-events.ts';
import type { ChannelMember } from '#src/ports/voice-link.ts';
import { PartialTrust } from '#src/turn/endpointing/end-of-turn.ts';
import {
  type FixtureOptions,
  lounge,
  openSessionFixture,
} from '#test/conversation/setup/session-fixture.ts';
import { FakeSynthesizer } from '#test/fakes/fake-speech.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';
import {
  type AnswerStyle,
  createHonestMinds,
  createHonestRecogniser,
  firstSoundMs,
} from './honest-models.ts';
import {
  createBenchMicrophones,
  type MicrophoneSound,
  readVoices,
  type SimulatedUtterance,
} from './simulated-microphones.ts';
import { SoundMarks } from './sound-marks.ts';

export type TimedEvent = { readonly atMs: number; readonly event: SessionEvent };
export type BenchChannel = Awaited<ReturnType<typeof openBenchChannel>>;

/** People and their voices of test/fixtures/scenes. */
const everybody = [
  ['ana', 'Ana', 'slt'],
  ['ben', 'Ben', 'rms'],
  ['cleo', 'Cleo', 'espeak-us-f3'],
  ['dan', 'Dan', 'kal16'],
  ['emil', 'Emil', 'human'],
] as const;
const botVoice = 'espeak-gb';
const packetMs = 20;
/** A voice that is ducked has a fifth of its level, 800 and more. */
const minVoiceMean = 200;
/** Between two things of one person. */
const pauseOfOnePersonMs = 300;
/** After so long without a packet every utterance is over and understood. */
const calmAfterMs = 4_000;
/** In these everything happens that needs no time. */
const eventLoopRounds = 4;
/** Nothing takes longer but a fault. */
const maxWaitMs = 90_000;
/** By then it has said hello. */
export const greetedMs = 12_000;

/** Voices of the microphones. */
const voices = await readVoices({
  ...Object.fromEntries(everybody.map(([id, , voice]) => [id, voice])),
  bot: botVoice,
});
const codec = await loadOpus();

/** The first so many of everybody. */
export function listPeople(count: number): ChannelMember[] {
  return everybody
    .slice(0, count)
    .map(([id, name]) => ({ id, name, isBot: false, roleIds: [] }));
}

export const otherBot: ChannelMember = {
  id: 'bot',
  name: 'Groovy',
  isBot: true,
  roleIds: [],
};

/** Options of a room. */
export type BenchChannelOptions = {
  /** Parts in place of the scripted ones. */
  readonly partsFor?: (clock: VirtualClock) => FixtureOptions;
  /** Resolves once nothing is awaited that takes no virtual time, such as a server. */
  readonly ready?: () => Promise<void>;
  /** Language that the recogniser tells with an utterance. */
  readonly languageOf?: (utterance: number) => string | undefined;
};

/** The real session in a room with these people, all of whom it may hear; `mannerOf` says how it is to answer. */
export async function openBenchChannel(
  people: readonly ChannelMember[],
  mannerOf: (utterances: readonly number[]) => AnswerStyle = () => 'short',
  options: BenchChannelOptions = {},
) {
  const { ready = async () => undefined } = options;
  const clock = new VirtualClock(undefined, eventLoopRounds);
  const marks = new SoundMarks();
  const microphones = createBenchMicrophones(voices, marks);
  const minds = createHonestMinds(clock, mannerOf);
  const synthesizer = new FakeSynthesizer({ clock, firstMs: firstSoundMs });
  const happened: TimedEvent[] = [];
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
        options.languageOf,
      ),
      partialTrust: new PartialTrust(false),
      tools: [],
      pipeline: minds.withSynthesizer(synthesizer),
      codec: marks.wrapCodec(codec, (samples) => {
        if (samples.every((sample) => sample === 0)) return;
        lastSound.lastMs = clock.nowMs();
        if (isVoice(samples)) lastSound.lastVoiceMs = clock.nowMs();
      }),
      consent: { policy: 'notice' },
      onEvent: (_guildId, event) => void happened.push({ atMs: clock.nowMs(), event }),
      ...options.partsFor?.(clock),
    },
    people,
  );
  await fixture.sessions.join(lounge, people[0]?.id ?? '');
  const traffic = { waiting: [] as Packet[], lastMs: 0 };
  return {
    fixture,
    clock,
    microphones,
    minds,
    synthesizer,
    happened,
    lastSound,
    traffic,
    people,
    ready,
  };
}

/** The samples of the voice lie around its number, and those of cues around 0. */
function isVoice(samples: Int16Array) {
  return (
    Math.abs(sumValues(samples, (sample) => sample)) > minVoiceMean * samples.length
  );
}

/** They will say it from `fromMs` on, which is now or later, and not before they have said what they are saying. */
export function sayText(
  channel: BenchChannel,
  personId: string,
  text: string,
  fromMs: number,
  sound?: MicrophoneSound,
): SimulatedUtterance {
  const former = channel.microphones.said.findLast((one) => one.personId === personId);
  const freeMs = Math.max(fromMs, (former?.toMs ?? 0) + pauseOfOnePersonMs);
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

/** To that instant, in one leap where nothing can happen before. */
export async function passUntil(channel: BenchChannel, atMs: number) {
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

/** Until that holds; false when it has not for a minute and a half. */
export async function waitUntil(channel: BenchChannel, holds: () => boolean) {
  const deadlineMs = channel.clock.nowMs() + maxWaitMs;
  while (!holds()) {
    if (channel.clock.nowMs() > deadlineMs) return false;
    await stepFrame(channel);
  }
  return true;
}

/** Two people, and a bot that has said hello and gives long answers. */
export async function openStoryChannel(): Promise<BenchChannel> {
  const channel = await openBenchChannel(listPeople(2), () => 'long');
  await passUntil(channel, greetedMs);
  return channel;
}

/** Ana asks for a long answer, of which the first sound has left at the end. */
export async function tellStory(channel: BenchChannel) {
  const { clock, lastSound } = channel;
  const asked = sayText(
    channel,
    'ana',
    'Nova, tell me a long story.',
    clock.nowMs() + 4_000,
  );
  await passUntil(channel, asked.toMs);
  await waitUntil(channel, () => clock.nowMs() - lastSound.lastMs <= packetMs);
}

/** It says nothing, and prepares nothing. */
export function isAtRest({ fixture, minds, synthesizer }: BenchChannel) {
  const floor = fixture.sessions.findSession('g')?.loop.state.turnQueue;
  if (!floor || floor.current) return false;
  const waiting = floor.waiting.length;
  return waiting + minds.running + synthesizer.running === 0;
}

/** They leave the channel, or come back. */
export function movePerson(
  { fixture, people }: BenchChannel,
  personId: string,
  isHere: boolean,
) {
  const { linkOpener } = fixture;
  const there = people.filter(({ id }) =>
    id === personId ? isHere : linkOpener.link.present.some((one) => one.id === id),
  );
  for (const list of [linkOpener.people, linkOpener.link.present])
    list.splice(0, list.length, ...there);
}
