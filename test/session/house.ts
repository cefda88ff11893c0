import { loadOpus } from '#src/audio/load-opus.ts';
import type { Packet } from '#src/audio/packet.ts';
import { loadSilero } from '#src/audio/silero.ts';
import { chained } from '#src/pipeline/chained.ts';
import type { Pipeline } from '#src/pipeline/pipeline.ts';
import { loadCues } from '#src/playback/load-cues.ts';
import type { Places } from '#src/session/command-ports.ts';
import type { SessionEvent } from '#src/session/events.ts';
import { RoomHearing } from '#src/session/hearing.ts';
import type { Person } from '#src/session/link.ts';
import type { PanelBoard, PanelFace } from '#src/session/panel.ts';
import type { SessionParts } from '#src/session/parts.ts';
import { RoomPrivacy } from '#src/session/privacy.ts';
import { VoiceRooms } from '#src/session/rooms.ts';
import type { Scribe } from '#src/session/scribe.ts';
import { RoomTalk } from '#src/session/talk.ts';
import { endpointRules } from '#src/turn/endpointing.ts';
import { MemoryConsents } from '#test/fakes/books.ts';
import { FakeChat } from '#test/fakes/chat.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { fineFacts } from '#test/fakes/facts.ts';
import { FakeDoor } from '#test/fakes/link.ts';
import { packetsOf } from '#test/fakes/speaker.ts';
import { FakeSynthesizer, FakeTranscriber } from '#test/fakes/speech.ts';

export const lounge = { guildId: 'g', channelId: 'lounge', name: 'Lounge' };
export const den = { guildId: 'g', channelId: 'den', name: 'Den' };
export const adam: Person = { id: 'adam', name: 'Adam', isBot: false, roleIds: [] };
export const eva: Person = { id: 'eva', name: 'Eva', isBot: false, roleIds: [] };

/** Two channels of an English server, both open to the bot. */
export const places: Places = {
  facts: () => fineFacts,
  botName: () => 'Nova',
  localeIn: () => 'en',
  channel: (guildId, channelId) =>
    [lounge, den].find((one) => one.guildId === guildId && one.channelId === channelId),
};
/** The same in a German server. */
export const germanPlaces: Places = { ...places, localeIn: () => 'de' };

const [codec, weights, cues] = await Promise.all([loadOpus(), loadSilero(), loadCues()]);

export type House = ReturnType<typeof openHouse>;

const usual = {
  places,
  codec,
  weights,
  cues,
  endpointRules,
  spokenLocales: ['en'],
  random: () => 1,
  warm: () => undefined,
  addressing: 'always',
  names: [],
  style: { instructions: 'Be brief.', voice: { name: 'slt' } },
  chatName: 'localhost:1',
  engine: 'built-in stand-in',
  voices: ['slt', 'rms'],
  consent: { policy: 'ask' },
} as const satisfies Partial<SessionParts>;

/** Everything a session is made of, on virtual time; Adam and Eva sit in the channel. */
export function openHouse(
  over: Partial<SessionParts> = {},
  people: readonly Person[] = [adam, eva],
  clock = new VirtualClock(),
) {
  const door = new FakeDoor(people);
  const chat = new FakeChat([['You said five.']], clock);
  const synthesizer = new FakeSynthesizer({ pieces: 10 });
  const book = new MemoryConsents();
  const events: SessionEvent[] = [];
  const { scribe, written, writtenIn } = openPaper();
  const { panels, faces, invited } = openWall();
  const parts: SessionParts = {
    ...usual,
    ...{ clock, door, book, scribe, panels, chat, synthesizer },
    transcriber: new FakeTranscriber({ texts: ['five five'] }),
    pipeline: chained({ chat, synthesizer: over.synthesizer ?? synthesizer }),
    onEvent: (_guildId, event) => void events.push(event),
    ...over,
  };
  const rooms = new VoiceRooms(parts);
  const never = new AbortController().signal;
  const of = <K extends SessionEvent['kind']>(kind: K) =>
    events.filter((event): event is Extract<SessionEvent, { kind: K }> => event.kind === kind);
  return {
    ...{ clock, door, chat, synthesizer, book, events },
    ...{ written, writtenIn, faces, invited, rooms, of },
    talk: new RoomTalk(parts, rooms, never),
    hearing: new RoomHearing(rooms),
    privacy: new RoomPrivacy(parts, rooms),
  };
}

/** What its panels showed, and who was asked there. */
function openWall() {
  const [faces, invited]: [PanelFace[], string[]] = [[], []];
  const panels: PanelBoard = {
    show: (_guildId, face) => void faces.push(face),
    invite: (_guildId, personId) => void invited.push(personId),
  };
  return { panels, faces, invited };
}

/** What was written, and the names of the channels where. */
function openPaper() {
  const [written, writtenIn]: [string[], string[]] = [[], []];
  const scribe: Scribe = {
    async write({ name }, words) {
      written.push(words);
      writtenIn.push(name);
    },
  };
  return { scribe, written, writtenIn };
}

/** Lets time pass on the 20 ms grid, with these packets on the way. */
export async function pass(
  { clock, door }: House,
  ms: number,
  packets: readonly Packet[] = [],
): Promise<void> {
  const waiting = packets.toSorted((a, b) => a.atMs - b.atMs);
  for (let passed = 0; passed < ms; passed += 20) {
    await clock.advance(20);
    while (waiting[0] && waiting[0].atMs <= clock.nowMs()) {
      const packet = waiting.shift();
      if (packet) door.link.arrive(packet);
    }
    door.link.tick(clock.nowMs());
  }
}

/** The packets of somebody who says something from `fromMs` on. */
export function words(fixture: string, who: Person, fromMs: number): Promise<Packet[]> {
  return packetsOf(fixture, who.id, fromMs, codec);
}

/** Answers whatever was said with so much sound. */
export function talkative(seconds = 60): Pipeline {
  return {
    async *answer() {
      const pcm = { samples: new Int16Array(24_000).fill(1), rateHz: 24_000, channels: 1 } as const;
      yield { kind: 'text', text: 'One minute of talk.' };
      for (let second = 0; second < seconds; second++)
        yield { kind: 'audio', pcm, ofText: 'la '.repeat(30) };
    },
  };
}
