import { loadOpus } from '#src/audio/opus/load-opus.ts';
import type { Packet } from '#src/audio/packet.ts';
import type { SessionEvent } from '#src/ports/session-events.ts';
import type { ChannelMember } from '#src/ports/voice-link.ts';
import type { AddressingMode } from '#src/turn/addressing/addressing-windows.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import {
  FlakyRecogniser,
  filesOnly,
  type Mood,
  MoodyModel,
  MoodyVoice,
  overheard,
} from './flaky-engines.ts';
import { type CrowdAct, carried, enact, type Network, type TimedAct } from './random-crowd.ts';
import {
  adam,
  eva,
  type FixtureOptions,
  lounge,
  openSessionFixture,
  type SessionFixture,
} from './session-fixture.ts';

const ben: ChannelMember = { id: 'ben', name: 'Ben', isBot: false, roleIds: [] };
const everybody = [adam, eva, ben];

/** An afternoon in a channel. */
export type Plot = {
  /** Acts of Adam, Eva and Ben, as many as there are. */
  readonly scripts: readonly (readonly CrowdAct[])[];
  readonly network: Network;
  readonly recogniser: readonly Mood[];
  readonly model: readonly Mood[];
  readonly voice: readonly Mood[];
  readonly listens: boolean;
  readonly addressing: AddressingMode;
  readonly lostAtMs?: number | undefined;
};

export type StampedEvent = { readonly atMs: number; readonly event: SessionEvent };
/** A text that sounded, from when to when. */
export type SentText = { readonly text: string; readonly firstMs: number; lastMs: number };

export type RandomConversation = ReturnType<typeof openRandomConversation>;

const codec = await loadOpus();
const stepMs = 20;
/** All that was said is answered by then: four answers after one another with everything at its slowest. */
const longestMs = 60_000;

/** A room where all this is going to happen; everybody is heard who does not say no. `over`: what else there is. */
export function openRandomConversation(plot: Plot, over: FixtureOptions = {}) {
  const clock = new VirtualClock();
  const recogniser = new FlakyRecogniser(plot.recogniser, clock);
  const model = new MoodyModel(plot.model, clock);
  const voice = new MoodyVoice(plot.voice, clock);
  const happened: StampedEvent[] = [];
  const levels: SentText[] = [];
  /** Acts done, in order. */
  const done: TimedAct[] = [];
  const onFrame = (level: number) => {
    const text = voice.textAt(level);
    const last = levels.at(-1);
    const atMs = clock.nowMs();
    if (last?.text === text) last.lastMs = atMs;
    else levels.push({ text, firstMs: atMs, lastMs: atMs });
  };
  const people = everybody.slice(0, plot.scripts.length);
  const fixture = openSessionFixture(
    {
      transcriber: plot.listens ? recogniser : filesOnly(recogniser),
      pipeline: model.with(voice),
      synthesizer: voice,
      codec: overheard(codec, onFrame),
      addressing: plot.addressing,
      consent: { policy: 'notice' },
      onEvent: (_guildId, event) => void happened.push({ atMs: clock.nowMs(), event }),
      ...over,
    },
    people,
    clock,
  );
  return {
    plot,
    fixture,
    people,
    recogniser,
    model,
    voice,
    happened,
    done,
    /** Texts that sounded, by level: a level of a single frame is one that a fade passed through. */
    get sounded(): readonly SentText[] {
      return levels.filter(({ firstMs, lastMs }) => lastMs > firstMs);
    },
  };
}

/** Plays it to the end of the last answer. */
export async function runConversation(conversation: RandomConversation): Promise<void> {
  const { plot, fixture, people } = conversation;
  await fixture.sessions.join(lounge, 'adam');
  const scripts = plot.scripts.map((acts, n) => enact(people[n]?.id ?? '', acts, 0, n));
  const packets = scripts.flatMap((script, n) =>
    carried(script.packets, { ...plot.network, seed: plot.network.seed + n }),
  );
  const acts = scripts.flatMap((script) => script.acts).toSorted((a, b) => a.atMs - b.atMs);
  const arriving = packets.toSorted((a, b) => a.atMs - b.atMs);
  const endMs = Math.max(...scripts.map((script) => script.endMs)) + 2_000;
  for (let atMs = 0; atMs < endMs; atMs += stepMs) {
    if (plot.lostAtMs !== undefined && atMs >= plot.lostAtMs && atMs < plot.lostAtMs + stepMs)
      fixture.linkOpener.link.lose();
    await step(conversation, arriving, acts);
  }
  for (let ms = 0; ms < longestMs && !isCalm(conversation); ms += stepMs)
    await step(conversation, [], []);
}

async function step(
  { fixture, done }: RandomConversation,
  packets: Packet[],
  acts: TimedAct[],
): Promise<void> {
  const { clock, linkOpener } = fixture;
  await clock.advance(stepMs);
  const due = <T extends { readonly atMs: number }>(all: T[]) => {
    const later = all.findIndex(({ atMs }) => atMs > clock.nowMs());
    return all.splice(0, later < 0 ? all.length : later);
  };
  for (const packet of due(packets)) linkOpener.link.arrive(packet);
  for (const act of due(acts)) {
    await perform(act, fixture);
    done.push({ ...act, atMs: clock.nowMs() });
  }
  linkOpener.link.tick(clock.nowMs());
}

async function perform(
  { kind, personId }: TimedAct,
  { linkOpener, privacy }: SessionFixture,
): Promise<void> {
  if (kind === 'no') await privacy.deny('g', personId);
  if (kind === 'yes') await privacy.allow('g', personId);
  if (kind !== 'go' && kind !== 'come') return;
  const there = [adam, eva, ben].filter(({ id }) =>
    id === personId ? kind === 'come' : linkOpener.link.present.some((one) => one.id === id),
  );
  for (const list of [linkOpener.people, linkOpener.link.present])
    list.splice(0, list.length, ...there);
}

/** Nothing is said, nothing waits, and nothing is asked of anybody. */
export function isCalm({ fixture, model, voice, recogniser }: RandomConversation): boolean {
  const queue = fixture.sessions.session('g')?.context.queue;
  return queue?.isFree !== false && model.running + voice.running + recogniser.open === 0;
}
