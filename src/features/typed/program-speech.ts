import { durationMs, type Pcm } from '#src/audio/pcm.ts';
import { clausesOf } from '#src/chat/text/clauses.ts';
import type { SessionDependencies } from '#src/conversation/session-dependencies.ts';
import type { ProgramSpeech, ProgramText } from '#src/features/contract/http-api-ports.ts';
import { ahead } from '#src/pipeline/spoken.ts';
import { atSpeed } from '#src/playback/reply/stretch.ts';
import { failureEventOf } from '#src/ports/failure-event.ts';
import type { VoiceSessions } from '#src/sessions/voice-sessions.ts';
import { styleIn } from '#src/settings/stored-settings.ts';
import type { SpeechVoice } from '#src/speech/ports.ts';
import { type Reservation, speechRequestOf } from '#src/spending/reservation.ts';
import { soundOf } from '#src/voice/output/clause-sound.ts';
import { heldStream } from './held-stream.ts';

/** Sound that is made before it is read, in ms: the next sentence is asked for while one is sent. */
const mostAheadMs = 10_000;

/** A text that no channel plays. */
export type UnplayedText = ProgramText & Pick<SpeechVoice, 'onGone'>;

/**
 * Has a text spoken in the server's voice, with its pronunciations, if there is money for it; a failure is reported to the
 * operator. Aborting `signal` throws its reason.
 */
export async function openSpeech(
  kind: 'speech to a program' | 'voice preview',
  text: UnplayedText,
  parts: SessionDependencies,
  settings: Pick<VoiceSessions['settings'], 'load' | 'styleIn'>,
  signal: AbortSignal,
): Promise<ProgramSpeech> {
  const { guildId, asker, input, speed = 1, voice: name, model, instructions, ...told } = text;
  const clauses = clausesOf(input);
  if (clauses.length === 0) return { kind: 'unspeakable' };
  await settings.load(guildId);
  const opened = parts.spending.open(speechRequestOf(kind, guildId, clauses.join(' '), asker));
  if (opened.kind === 'refused') return { kind: 'failed', line: opened.line };
  const { reservation } = opened;
  const manner = { voice: name, model, tone: instructions };
  const voice = { ...styleIn(settings.styleIn(guildId), manner).voice, ...told };
  async function* read(): AsyncGenerator<Pcm> {
    try {
      yield* atSpeed(spoken(clauses, voice, reservation, parts, signal), speed);
    } catch (error) {
      if (!signal.aborted) parts.onEvent(guildId, failureEventOf(error, 'speak'));
      throw error;
    }
  }
  return { kind: 'open', parts: heldStream(read(), reservation, signal) };
}

function spoken(
  clauses: readonly string[],
  voice: SpeechVoice,
  reservation: Reservation,
  { synthesizer }: SessionDependencies,
  signal: AbortSignal,
): AsyncIterable<Pcm> {
  const paid = synthesizer.paidBy(reservation);
  const how = { synthesizer: paid.oneVoice?.() ?? paid, voice };
  return ahead<Pcm>(
    { limit: mostAheadMs, weigh: durationMs },
    async (queue, until) => {
      for (const clause of clauses) {
        for await (const pcm of soundOf(clause, how, until)) {
          queue.put(pcm);
          await queue.space();
        }
      }
    },
    signal,
  );
}
