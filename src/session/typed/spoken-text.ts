import { openText } from '#src/people/confidential-text.ts';
import { clausesOf } from '#src/session/output/read-aloud.ts';
import { SpeechSource } from '#src/session/output/speech-source.ts';
import type { SayOptions, SayOutcome } from '#src/session/ports/command-ports.ts';
import { TurnHandle } from '#src/session/queue/turn-handle.ts';
import { placeSound } from '#src/session/tracks/place-sound.ts';
import {
  everyTrack,
  isOwnTrack,
  trackNameOf,
  voiceTrack,
} from '#src/session/tracks/track-names.ts';
import type { VoiceSession } from '#src/session/voice-session.ts';
import { readingOutcome } from './reading-outcome.ts';

/** Has a text read out in a session: on the track `voice`, or as a sound on a named one. Nothing where there is no money for it. */
export function sayIn(
  session: VoiceSession,
  words: string,
  when: 'now' | 'queue',
  how: SayOptions,
): SayOutcome {
  const { channel, context, mode } = session;
  const { spending } = context.parts;
  if (mode === 'captions') return { kind: 'captions-only' };
  const clauses = clausesOf(words);
  if (clauses.length === 0) return { kind: 'unspeakable' };
  const { quiet } = spending.manner(channel.guildId);
  if (quiet) return { kind: 'unaffordable', line: quiet.line };
  const track = trackNameOf(how.track ?? voiceTrack);
  if (track !== voiceTrack) return placed(session, clauses, when, { ...how, track });
  const refused = charge(session, clauses, how);
  return refused ?? queued(session, clauses, when, how);
}

function queued(
  { context }: VoiceSession,
  clauses: readonly string[],
  when: 'now' | 'queue',
  { owner, speed, voice }: SayOptions,
): SayOutcome {
  const manner = { ...(voice !== undefined && { voice }), ...(speed !== undefined && { speed }) };
  const more = { ...manner, ...(owner && { owner }) };
  const added = context.queue.read({
    kind: 'reading',
    clauses: clauses.map(openText),
    when,
    ...more,
    handle: new TurnHandle(),
  });
  return readingOutcome(added);
}

/** As a sound of its owner, which is synthesised when its turn comes. */
function placed(
  session: VoiceSession,
  clauses: readonly string[],
  when: 'now' | 'queue',
  how: SayOptions,
): SayOutcome {
  const { context, restrictions } = session;
  const { owned } = context.tracks;
  const { owner, track, voice } = how;
  if (track === undefined) return { kind: 'placed', playing: { kind: 'bad-name' } };
  if (isOwnTrack(track) || track === everyTrack) {
    return { kind: 'placed', playing: { kind: 'reserved', track } };
  }
  if (restrictions.isMute) return { kind: 'muted' };
  if (owned.isFull(track)) {
    return { kind: 'placed', playing: { kind: 'full', track, limit: owned.limit } };
  }
  const refused = charge(session, clauses, how);
  if (refused) return refused;
  const own = context.goneVoices.voiceOf(voice, owner?.id);
  const source = new SpeechSource(clauses, context.channel.guildId, context.parts, own);
  const caller = { id: '', name: '', ...owner, mayManage: false };
  const wish = { track, loop: false, next: when === 'now' };
  return { kind: 'placed', playing: placeSound(context, caller, wish, { source, owner }) };
}

/** Counts the text to the share of its payer, where there is one; why it may not be read, where that is used up. */
function charge(
  { channel, context }: VoiceSession,
  clauses: readonly string[],
  { payerId }: SayOptions,
): SayOutcome | undefined {
  if (payerId === undefined) return undefined;
  const { length } = clauses.join(' ');
  const refused = context.parts.spending.read(channel.guildId, payerId, length);
  return refused && { kind: 'unaffordable', line: refused.line };
}
