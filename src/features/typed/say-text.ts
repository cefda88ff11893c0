import { clausesOf } from '#src/chat/text/clauses-of.ts';
import type { DropReason, QueuedReading } from '#src/conversation/queue/queued-turn.ts';
import { LazilySynthesisedText } from '#src/features/tracks/lazily-synthesised-text.ts';
import { trackNameOf, voiceTrack } from '#src/features/tracks/track-names.ts';
import type { SayOptions, SayOutcome } from '#src/features/typed/say-outcomes.ts';
import { chosenVoice } from '#src/notices/report-failure.ts';
import { openText } from '#src/people/confidential-text.ts';
import type { PlayEnd } from '#src/ports/play-end.ts';
import type { VoiceSession } from '#src/sessions/voice-session.ts';
import type { SpeechVoice } from '#src/speech/ports.ts';
import { queueReading, unaffordable } from './queue-reading.ts';

/** Has a text read out in a session: on the track `voice`, or as a sound on a named one. Nothing where there is no money for it. */
export function sayIn(
  session: VoiceSession,
  words: string,
  when: 'now' | 'queue',
  how: SayOptions,
): SayOutcome {
  const { channel, context } = session;
  const { spending } = context.parts;
  if (!context.maySpeak()) return { kind: 'captions-only' };
  const clauses = clausesOf(words);
  if (clauses.length === 0) return { kind: 'unspeakable' };
  const used = spending.used(channel.guildId);
  if (used) return { kind: 'unaffordable', line: used.line };
  const track = trackNameOf(how.track ?? voiceTrack);
  if (track !== voiceTrack) return placed(session, clauses, when, { ...how, track });
  return queued(session, clauses, when, how);
}

function queued(
  session: VoiceSession,
  clauses: readonly string[],
  when: 'now' | 'queue',
  { onEnd, owner, payer, speed, voice, ...how }: SayOptions,
): SayOutcome {
  const report = onEnd && onlyFirst(onEnd);
  const reading: QueuedReading = {
    kind: 'reading',
    clauses: clauses.map(openText),
    when,
    voice,
    speed,
    manner: mannerOf(how),
    owner,
    payer,
    onEnd: report,
    onOver: (why) => report?.(endOf(why)),
  };
  return queueReading(reading, clauses, session);
}

function mannerOf({ model, tone }: SayOptions): Pick<SpeechVoice, 'instructions' | 'model'> {
  return {
    ...(model !== undefined && { model }),
    ...(tone !== undefined && { instructions: tone }),
  };
}

/** A reading that had its turn reports its end before it is over. */
function onlyFirst(onEnd: (end: PlayEnd) => void): (end: PlayEnd) => void {
  let isReported = false;
  return (end) => {
    if (!isReported) onEnd(end);
    isReported = true;
  };
}

/** The text as a sound of its owner, synthesised when its turn comes. */
function placed(
  session: VoiceSession,
  clauses: readonly string[],
  when: 'now' | 'queue',
  how: SayOptions,
): SayOutcome {
  const { context } = session;
  const tracks = context.features.sessions.tracks;
  const { onEnd, owner, payer, speed, track = '', voice } = how;
  const playing = tracks.tracks.refusal(track);
  if (playing) return { kind: 'placed', playing };
  if (context.talk.state.isMuted) return { kind: 'muted' };
  const refused = unaffordable(clauses, payer, session);
  if (refused) return refused;
  const own = {
    ...chosenVoice(voice, context),
    ...mannerOf(how),
  };
  const source = new LazilySynthesisedText(clauses, context, payer, { ...own, speed });
  const caller = { id: '', name: '', ...owner, mayManage: false };
  const onPlayEnd = onEnd && ((end: PlayEnd) => onEnd(source.endOr(end)));
  const sound = { source, owner: owner && tracks.owners.owner(owner) };
  const play = { track, loop: false, next: when === 'now', onEnd: onPlayEnd };
  return { kind: 'placed', playing: tracks.place(caller, play, sound) };
}

/** End of a text that lost its turn, or never had one. */
function endOf(why: DropReason): PlayEnd {
  switch (why) {
    case 'skipped':
      return { kind: 'skipped' };
    case 'interrupted':
    case 'muted':
    case 'left':
    case 'lost':
      return { kind: 'stopped', why };
    case 'ending':
      return { kind: 'stopped', why: 'left' };
    case 'over':
      return { kind: 'failed', reason: { id: 'track.bad.voice' } };
    case 'stopped':
    case 'withdrawn':
    case 'late':
    case 'crowded':
    case 'replaced':
      return { kind: 'stopped', why: 'asked' };
  }
}
