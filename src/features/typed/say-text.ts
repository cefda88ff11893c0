import type { PlayEnd } from '#src/base/play-end.ts';
import { clausesOf } from '#src/chat/text/clauses.ts';
import type { VoiceDeps } from '#src/conversation/output/answer-parts.ts';
import type { QueuedReading, SayPlace } from '#src/conversation/queue/queued-turn.ts';
import type { Owners, SessionPlace } from '#src/conversation/session.ts';
import type { SessionObjects } from '#src/features/contract/session-objects.ts';
import { lazilySynthesised } from '#src/features/tracks/lazily-synthesised-text.ts';
import type { SessionTracks } from '#src/features/tracks/session-tracks.ts';
import { isSameTrack, voiceTrack } from '#src/features/tracks/track-names.ts';
import type { PlayOutcome } from '#src/features/tracks/track-outcomes.ts';
import { chosenVoice } from '#src/notices/notice.ts';
import { ConfidentialText } from '#src/people/confidential-text.ts';
import type { Asker, SpokenManner } from '#src/ports/command-ports.ts';
import type { BudgetAuthority } from '#src/spending/budget-authority.ts';
import { readingRequestOf } from '#src/spending/reservation.ts';
import type { TextLine } from '#src/texts/texts.ts';

/** Options of a text that is read out. */
export type SayOptions = Pick<SpokenManner, 'speed' | 'voice'> & {
  /** Person or program whose share pays; absent: the server alone does. */
  readonly payer?: Asker;
  /** Owner in lists, who may also withdraw it. */
  readonly owner?: Asker;
  /** In place of the track `voice`: it plays there as a sound, and waits like one. */
  readonly track?: string;
  /** As of a sound. */
  readonly wait?: boolean;
};

export type SayOutcome =
  /** 0 ahead: it is being said. `ended` never rejects. */
  | { readonly kind: 'queued'; readonly ahead: number; readonly ended: Promise<PlayEnd> }
  | { readonly kind: 'full'; readonly limit: number }
  /** On a named track, or why not. */
  | { readonly kind: 'placed'; readonly playing: PlayOutcome }
  | Unsaid
  | { readonly kind: 'nowhere' };

/** Why a text is not read out. */
type Unsaid = { readonly kind: 'refused'; readonly line: TextLine };

export type SayingSession = Owners<'loop' | 'notices' | 'place' | 'speech'>;

/** Money and voices of texts, and the tracks of sessions. */
export type SayDeps = VoiceDeps & { readonly tracks: SessionObjects<SessionTracks> };

/** Has a text read out in a session: on the track `voice`, or as a sound on a named one. Nothing where there is no money for it. */
export function sayIn(
  session: SayingSession,
  words: string,
  when: SayPlace,
  how: SayOptions,
  deps: SayDeps,
): SayOutcome {
  const clauses = clausesOf(words);
  const refused = unreadable(clauses, session, deps.spending);
  if (refused) return refused;
  if (!isSameTrack(how.track ?? voiceTrack, voiceTrack))
    return placed(session, clauses, when, how, deps);
  return queued(session, clauses, when, how, deps.spending);
}

function queued(
  session: SayingSession,
  clauses: readonly string[],
  when: SayPlace,
  { owner, payer, speed, voice }: SayOptions,
  spending: BudgetAuthority,
): SayOutcome {
  const { channelId } = session.place.channel;
  const reading: QueuedReading = {
    kind: 'reading',
    clauses: clauses.map((clause) => new ConfidentialText(clause, { channelId })),
    when,
    voice,
    speed,
    owner,
    payer,
  };
  return queueReading(reading, clauses, session, spending);
}

/** The text as a sound of its owner, synthesised when its turn comes. */
function placed(
  session: SayingSession,
  clauses: readonly string[],
  when: SayPlace,
  how: SayOptions,
  deps: SayDeps,
): SayOutcome {
  const tracks = deps.tracks.get(session);
  const { owner, payer, speed, track = '', voice, wait } = how;
  const refused = unaffordable(clauses, payer, session.place, deps.spending);
  if (refused) return refused;
  const own = chosenVoice(voice, session);
  const source = lazilySynthesised(clauses, session.place, deps, payer, { ...own, speed });
  const sound = { source, owner: owner && tracks.owner(owner) };
  const play = { track, loop: false, next: when === 'now', wait };
  return { kind: 'placed', playing: tracks.place(play, sound) };
}

/** Why nothing of a text is read out in a session now, whoever pays. */
export function unreadable(
  clauses: readonly string[],
  { place, speech }: Owners<'place' | 'speech'>,
  spending: BudgetAuthority,
): Unsaid | undefined {
  if (!speech.maySpeak()) return refusedBy({ id: 'captions.only' });
  if (clauses.length === 0) return refusedBy({ id: 'say.empty' });
  const used = spending.used(place.channel.guildId);
  return used && refusedBy(used.line);
}

function refusedBy(line: TextLine): Unsaid {
  return { kind: 'refused', line };
}

/** Queues a text if its payer can pay it now. It is paid when it is spoken. */
export function queueReading(
  reading: QueuedReading,
  clauses: readonly string[],
  { place, speech }: Owners<'place' | 'speech'>,
  spending: BudgetAuthority,
): Exclude<SayOutcome, { kind: 'placed' }> {
  const refused = unaffordable(clauses, reading.payer, place, spending);
  if (refused) return refused;
  const added = speech.requests.read(reading);
  switch (added.kind) {
    case 'added':
      return { ...added, kind: 'queued' };
    case 'full':
      return added;
    case 'muted':
      return refusedBy({ id: 'muted.server' });
    case 'closed':
      return { kind: 'nowhere' };
  }
}

/** Why a text may not be read, where its payer cannot pay it now. */
function unaffordable(
  clauses: readonly string[],
  payer: Asker | undefined,
  { channel }: SessionPlace,
  spending: BudgetAuthority,
): Unsaid | undefined {
  if (!payer) return undefined;
  const request = readingRequestOf(clauses.join(' '), channel.guildId, payer);
  const opened = spending.open(request);
  if (opened.kind === 'refused') return refusedBy(opened.line);
  opened.reservation.close();
  return undefined;
}
