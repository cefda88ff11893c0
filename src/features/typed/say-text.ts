import type { ChannelId } from '#src/base/ids.ts';
import type { PlayEnd } from '#src/base/play-end.ts';
import { splitClauses } from '#src/chat/text/clause-splitter.ts';
import type { ConversationLoop } from '#src/conversation/conversation-loop.ts';
import type { VoiceDeps } from '#src/conversation/mouth/answer-delivery.ts';
import type { Mouth } from '#src/conversation/mouth/mouth.ts';
import type {
  QueuedAnnouncement,
  SayPlace,
} from '#src/conversation/mouth/queued-speech.ts';
import type { SessionChannel } from '#src/conversation/session.ts';
import { LazySpeech } from '#src/features/tracks/lazily-synthesised-text.ts';
import type { SessionTracks } from '#src/features/tracks/session-tracks.ts';
import { isSameTrack, voiceTrack } from '#src/features/tracks/track-names.ts';
import type { PlayOutcome } from '#src/features/tracks/track-request-outcomes.ts';
import { type ChannelNotices, toChosenVoice } from '#src/notices/channel-notices.ts';
import { Owned } from '#src/people/owned.ts';
import type { Asker, SpokenManner } from '#src/ports/command-ports.ts';
import type { SessionObjects } from '#src/ports/feature-session.ts';
import type { BudgetAuthority } from '#src/spending/budget-authority.ts';
import { toAnnouncementRequest } from '#src/spending/reservation.ts';
import type { TextLine } from '#src/texts/texts.ts';

/** How a text is said, and who pays. */
export type SayOptions = Pick<SpokenManner, 'speed' | 'voice'> & {
  /** Absent if the server pays alone. */
  readonly payer?: Asker;
  /** The owner may also withdraw the text. */
  readonly owner?: Asker;
  /** Default: `voice`. On another track the text waits like a sound. */
  readonly track?: string;
  readonly wait?: boolean;
  /** Channel for which the text was typed. Where the bot has moved since, it is not said. */
  readonly channelId?: ChannelId | undefined;
};

/** How a request to say a text ended. */
export type SayOutcome =
  /** 0 means it is being said. `ended` never rejects. */
  | {
      readonly kind: 'queued';
      readonly position: number;
      readonly ended: Promise<PlayEnd>;
    }
  | { readonly kind: 'full'; readonly limit: number }
  | { readonly kind: 'placed'; readonly playing: PlayOutcome }
  | SayRefusal
  | { readonly kind: 'nowhere' };

type SayRefusal = { readonly kind: 'refused'; readonly line: TextLine };

/** Objects of a session that a text is said in. */
export type SayingSession = {
  readonly loop: ConversationLoop;
  readonly notices: ChannelNotices;
  readonly voiceChannel: SessionChannel;
  readonly mouth: Mouth;
};

/** Objects that saying a text needs. */
export type SayDeps = VoiceDeps & { readonly tracks: SessionObjects<SessionTracks> };

/** Says a text on the track `voice`, or as a sound on another track. */
export function sayInSession(
  session: SayingSession,
  text: string,
  when: SayPlace,
  options: SayOptions,
  deps: SayDeps,
): SayOutcome {
  const clauses = splitClauses(text);
  const refusal = findAnnouncementRefusal(clauses, session, deps.spending);
  if (refusal) return refusal;
  if (!isSameTrack(options.track ?? voiceTrack, voiceTrack))
    return placeText(session, clauses, when, options, deps);
  return queueText(session, clauses, when, options, deps.spending);
}

function queueText(
  session: SayingSession,
  clauses: readonly string[],
  when: SayPlace,
  { owner, payer, speed, voice }: SayOptions,
  spending: BudgetAuthority,
): SayOutcome {
  const { channelId } = session.voiceChannel.channel;
  const announcement: QueuedAnnouncement = {
    clauses: clauses.map((clause) => new Owned(clause, { channelId })),
    when,
    voice,
    speed,
    owner,
    payer,
  };
  return queueAnnouncement(announcement, clauses, session, spending);
}

function placeText(
  session: SayingSession,
  clauses: readonly string[],
  when: SayPlace,
  options: SayOptions,
  deps: SayDeps,
): SayOutcome {
  const tracks = deps.tracks.get(session);
  const { owner, payer, speed, track = '', voice, wait } = options;
  const refusal = findPaymentRefusal(
    clauses,
    payer,
    session.voiceChannel,
    deps.spending,
  );
  if (refusal) return refusal;
  const { channelId } = session.voiceChannel.channel;
  const manner = { ...toChosenVoice(voice, session), speed };
  const speech = new Owned(clauses, { channelId }).map(
    (words) => new LazySpeech(words, session.voiceChannel, deps, payer, manner),
  );
  const sound = { sound: speech, owner: owner && tracks.getOwner(owner) };
  const request = { track, loop: false, next: when === 'now', wait };
  return { kind: 'placed', playing: tracks.placeSound(request, sound) };
}

/** Finds a reason against an announcement that applies to any payer. */
export function findAnnouncementRefusal(
  clauses: readonly string[],
  {
    voiceChannel,
    mouth,
  }: { readonly voiceChannel: SessionChannel; readonly mouth: Mouth },
  spending: BudgetAuthority,
): SayRefusal | undefined {
  if (!mouth.canSpeak()) return toRefusal({ id: 'captions.only' });
  if (clauses.length === 0) return toRefusal({ id: 'say.empty' });
  const usedBudget = spending.findUsedBudget(voiceChannel.channel.guildId);
  return usedBudget && toRefusal(usedBudget.line);
}

function toRefusal(line: TextLine): SayRefusal {
  return { kind: 'refused', line };
}

/** Queues an announcement if the payer can pay now. The text is paid when it is spoken. */
export function queueAnnouncement(
  announcement: QueuedAnnouncement,
  clauses: readonly string[],
  {
    voiceChannel,
    mouth,
  }: { readonly voiceChannel: SessionChannel; readonly mouth: Mouth },
  spending: BudgetAuthority,
): Exclude<SayOutcome, { kind: 'placed' }> {
  const refusal = findPaymentRefusal(
    clauses,
    announcement.payer,
    voiceChannel,
    spending,
  );
  if (refusal) return refusal;
  const added = mouth.requests.queueAnnouncement(announcement);
  switch (added.kind) {
    case 'added':
      return { ...added, kind: 'queued' };
    case 'full':
      return added;
    case 'muted':
      return toRefusal({ id: 'muted.server' });
    case 'closed':
      return { kind: 'nowhere' };
  }
}

function findPaymentRefusal(
  clauses: readonly string[],
  payer: Asker | undefined,
  { channel }: SessionChannel,
  spending: BudgetAuthority,
): SayRefusal | undefined {
  if (!payer) return undefined;
  const opened = spending.open(
    toAnnouncementRequest(clauses.join(' '), channel.guildId, payer),
  );
  if (opened.kind === 'refused') return toRefusal(opened.line);
  opened.reservation.close();
  return undefined;
}
