import type { CaptionControl, Transcripts } from '#src/session/ports/captions.ts';
import type { CommandCall, CommandPorts } from '#src/session/ports/command.ts';
import type {
  Confirmations,
  HearingControl,
  MemoryControl,
  Places,
  PrivacyControl,
  SessionControl,
  Stats,
  TypedTalk,
} from '#src/session/ports/command-ports.ts';
import type { Checkup, GuildSettingsControl } from '#src/session/ports/settings.ts';
import type { Tracks, TrackVotes } from '#src/session/ports/tracks.ts';
import type { ChannelRef } from '#src/session/ports/voice-link.ts';
import type { SpentCosts } from '#src/spending/budget-authority.ts';
import { fineFacts } from '#test/fakes/channel-facts.ts';
import { VirtualClock } from '#test/fakes/clock.ts';

export const lounge: ChannelRef = { guildId: 'g', channelId: 'lounge', name: 'Lounge' };

/** Adam, who sits nowhere and manages nothing. */
export const adam: CommandCall = {
  guildId: 'g',
  callerId: 'adam',
  callerName: 'Adam',
  mayManage: false,
  callerLocale: 'en',
  words: {},
};
/** Adam in the channel where the bot is. */
export const inLounge: CommandCall = { ...adam, callerChannel: lounge };

type All = SessionControl &
  Places &
  TypedTalk &
  HearingControl &
  PrivacyControl &
  Confirmations &
  Stats &
  SpentCosts &
  Tracks &
  TrackVotes;
export type PortOverrides = Partial<All & GuildSettingsControl & Checkup> & {
  readonly memories?: Partial<MemoryControl>;
  readonly captions?: Partial<CaptionControl>;
  readonly transcripts?: Partial<Transcripts>;
};

/** Takes whatever it is given. */
const settings: GuildSettingsControl = {
  view: async () => ({ all: [], isRead: true }),
  set: async (_guildId, _key, value) => ({ kind: 'set', key: 'cues', value, saved: true }),
  values: () => ['off', 'soft', 'on', 'default'],
};

/** Does what it is told, to whomever. */
const tracks: Tracks & TrackVotes = {
  play: async (_guildId, _caller, { track }) => ({ kind: 'playing', title: 'rain', track }),
  steer: (_guildId, _caller, deed, track) =>
    deed === 'skip'
      ? [{ kind: 'skipped', track, title: 'rain' }]
      : deed === 'stop'
        ? [{ kind: 'stopped', track, removed: 2 }]
        : [{ kind: deed === 'pause' ? 'paused' : 'resumed', track }],
  volume: (_guildId, _caller, track, percent) => ({ kind: 'volume', track, percent }),
  list: () => [],
  sounds: async () => ['rain', 'bell', 'train'],
  vote: () => [{ kind: 'over' }],
};

/** Captions are off, and go on when asked. */
const captions: CaptionControl = {
  turnOn: async () => ({
    kind: 'on',
    placeId: 'lounge',
    isHere: true,
    price: { kind: 'free', minutesADay: 240 },
    saved: true,
  }),
  turnOff: async () => ({ kind: 'off', saved: true }),
  isOn: () => false,
  leaveOut: async () => ({ saved: true }),
};

/** There are none, and nobody may have any. */
const memories: MemoryControl = {
  list: async () => ({ kind: 'read', memories: [], isOn: false }),
  remove: async () => ({ kind: 'unknown' }),
};

/** Nobody may know anything. */
const transcripts: Transcripts = {
  sessions: async () => [],
  file: async () => ({ kind: 'none' }),
  find: async () => ({ kind: 'none' }),
  ask: async () => ({ kind: 'none' }),
  recap: async () => ({ kind: 'none' }),
};

/** Ports of a bot that sits in the Lounge and does all it is asked to, but for what is given. */
export function ports(over: PortOverrides = {}): CommandPorts {
  const all: All = {
    join: async () => ({ kind: 'joined', company: 1 }),
    people: () => [],
    leave: async () => ({
      kind: 'left',
      channel: 'Lounge',
      stayedMs: 44_000,
      hasTranscript: false,
    }),
    at: () => lounge,
    facts: () => fineFacts,
    botName: () => 'Nova',
    mayManage: () => false,
    confirm: async () => ({ kind: 'done' }),
    localeIn: () => 'en',
    channel: () => lounge,
    say: async () => ({ kind: 'queued', ahead: 0 }),
    ask: async () => ({ kind: 'answered', text: 'It is five.' }),
    openFloor: () => 'open',
    stop: () => 'stopped',
    voices: () => ['slt', 'rms', 'kal16', 'kal'],
    pause: () => 'paused',
    resume: () => 'resumed',
    status: async () => ({ kind: 'read', hearing: true, settings: 3, lines: 0, memories: 0 }),
    allow: async () => ({ saved: true }),
    deny: async () => ({ saved: true }),
    forget: async () => ({ kind: 'forgotten', total: 4 }),
    export: async () => ({ kind: 'exported', json: '{}' }),
    ...tracks,
    speed: () => undefined,
    lastTurn: () => undefined,
    today: () => ({
      usd: 0,
      minutes: 0,
      capUsd: 5,
      capMinutes: 600,
      isUnpriced: false,
      turns: 0,
    }),
    ...over,
  };
  const clock = new VirtualClock();
  return {
    clock,
    sessions: all,
    places: all,
    talk: all,
    tracks: all,
    votes: all,
    hearing: all,
    privacy: all,
    confirmations: all,
    stats: all,
    costs: all,
    settings: { ...settings, ...over },
    checkup: { check: async () => ({ findings: [], news: [] }), ...over },
    memories: { ...memories, ...over.memories },
    captions: { ...captions, ...over.captions },
    transcripts: { ...transcripts, ...over.transcripts },
  };
}
