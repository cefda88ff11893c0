import { engineOf } from '#src/conversation/panel-updater.ts';
import type { JoinMode } from '#src/conversation/ports/command-ports.ts';
import type { PanelFace } from '#src/conversation/ports/panel.ts';
import type { LinkState } from '#src/conversation/ports/voice-link.ts';
import type { VoiceSession } from '#src/conversation/voice-session.ts';
import { SessionCaptions } from '#src/features/captions/session-captions.ts';
import { SessionTracks } from '#src/features/tracks/session-tracks.ts';
import type { ListedTrack } from '#src/features/tracks/track-outcomes.ts';
import type { BudgetMode, SpentCost } from '#src/spending/budget-authority.ts';
import { utcInstant } from '#src/spending/calendar.ts';
import type { LinkFigures } from './link-figures.ts';
import type { StageFigures } from './stage-history.ts';

/** One voice channel the bot is in, or on its way back to. */
export type SessionView = {
  readonly guildId: string;
  /** Absent: Discord has not told it. */
  readonly guildName?: string;
  readonly channelId: string;
  readonly channelName: string;
  readonly mode: JoinMode;
  readonly state: PanelFace['state']['kind'];
  /** Whom the state is about, where they agreed to be heard. */
  readonly about?: string;
  readonly stayedMs: number;
  /** Names of people there who agreed to be heard. */
  readonly heard: readonly string[];
  /** Number of other people there, bots left out. */
  readonly unheard: number;
  /** The bot hears no person until a person ends the pause. */
  readonly isMuted: boolean;
  readonly hasCaptions: boolean;
  readonly engine: string;
  readonly lastAnswerMs?: number;
  /** Questions and texts that wait, and questions whose answers are awaited aside. */
  readonly waiting: number;
  readonly aside: number;
  readonly tracks: readonly SessionTrack[];
  readonly budget: BudgetView;
  /** Absent: away, and to come back. */
  readonly link?: LinkState & { readonly joinedInMs: number };
  readonly traffic: LinkFigures;
  /** Figures of the latest turns in this server. */
  readonly stages: StageFigures;
};

export type SessionTrack = {
  readonly name: string;
  readonly percent: number;
  readonly isPaused: boolean;
  readonly title?: string;
  readonly positionMs?: number;
  readonly lengthMs?: number;
  readonly waiting: number;
};

/** Budget of a server today. */
export type BudgetView = Omit<SpentCost, 'top'> & {
  readonly step: BudgetMode['step'];
  /** Where it does not speak: when there is a new budget. */
  readonly quietUntil?: string;
};

/** Facts about a room besides its session. */
export type SessionFacts = {
  readonly guildName?: string;
  readonly today: SpentCost;
  readonly traffic: LinkFigures;
  readonly stages: StageFigures;
};

/** Describes a room as its operator may see it: who did not agree to be heard is a number. */
export function viewSession(session: VoiceSession, { today, ...facts }: SessionFacts): SessionView {
  const { channel, context, link, mode, stayedMs } = session;
  const { features, gate, panel, queue } = context;
  const captions = features.of(SessionCaptions);
  const { heard, state, unheard } = companyOf(session);
  const isNamed = 'name' in state && heard.includes(state.name);
  const lastAnswerMs = panel.face?.lastAnswerMs;
  return {
    ...channelOf(channel),
    mode,
    state: state.kind,
    ...(isNamed && { about: state.name }),
    stayedMs,
    heard,
    unheard,
    isMuted: gate.paused,
    hasCaptions: captions.active !== undefined,
    engine: engineOf(context),
    ...(lastAnswerMs !== undefined && { lastAnswerMs }),
    waiting: queue.waiting,
    aside: queue.aside.length,
    tracks: features.of(SessionTracks).owned.views.map(viewTrack),
    budget: viewBudget(today, session),
    ...(link && { link }),
    ...facts,
  };
}

/** State of a session, the names of people there who agreed to be heard, and the number of others. */
export function companyOf({ context }: Pick<VoiceSession, 'context'>) {
  const { gate, panel } = context;
  const people = context.people().filter(({ isBot }) => !isBot);
  const heard = people.filter(({ id }) => gate.standing(id) === 'yes').map(({ name }) => name);
  const state = panel.face?.state ?? ({ kind: 'reconnecting' } as const);
  return { heard, state, unheard: people.length - heard.length };
}

function channelOf({ guildId, channelId, name }: VoiceSession['channel']) {
  return { guildId, channelId, channelName: name };
}

/** The person behind a sound stays out: they may not have agreed to anything. */
function viewTrack({ name, percent, isPaused, current, waiting }: ListedTrack): SessionTrack {
  const { title, positionMs, lengthMs } = current ?? {};
  return {
    name,
    percent,
    isPaused,
    ...(title !== undefined && { title }),
    ...(positionMs !== undefined && { positionMs }),
    ...(lengthMs !== undefined && { lengthMs }),
    waiting: waiting.length,
  };
}

function viewBudget({ top: _, ...today }: SpentCost, { channel, context }: VoiceSession) {
  const { step, quiet } = context.parts.spending.manner(channel.guildId);
  return { ...today, step, ...(quiet && { quietUntil: utcInstant(quiet.untilMs) }) };
}
