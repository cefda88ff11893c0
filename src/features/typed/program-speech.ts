import { getDurationMs, type Pcm } from '#src/audio/pcm.ts';
import { holdStream } from '#src/base/hold-stream.ts';
import { splitClauses } from '#src/chat/text/clause-splitter.ts';
import { synthesizeClause } from '#src/conversation/mouth/speech-output.ts';
import type { Deps } from '#src/conversation/session-dependencies.ts';
import type {
  ProgramSpeech,
  ProgramText,
} from '#src/features/contract/http-api-ports.ts';
import { runAhead } from '#src/pipeline/read-ahead-speech.ts';
import { changeSpeed } from '#src/playback/reply/time-stretch.ts';
import { toFailureEvent } from '#src/ports/session-events.ts';
import { type StoredSettings, toSpokenStyle } from '#src/settings/stored-settings.ts';
import type { SpeechVoice } from '#src/speech/speech-engine.ts';
import { type Reservation, toSpeechRequest } from '#src/spending/reservation.ts';

/** The next sentence is requested while one is sent. */
const maxAheadMs = 10_000;

/** A text of a program, or of a preview that tells if its voice is gone. */
export type UnplayedText = ProgramText & Pick<SpeechVoice, 'onGone'>;

/** Synthesises a text for a program. Reports a failure to the operator. */
export async function openProgramSpeech(
  kind: 'speech to a program' | 'voice preview',
  text: UnplayedText,
  deps: Deps<'onEvent' | 'spending' | 'synthesizer'>,
  settings: Pick<StoredSettings, 'loadGuild' | 'getStyle'>,
  signal: AbortSignal,
): Promise<ProgramSpeech> {
  const {
    guildId,
    asker,
    input,
    speed = 1,
    voice: name,
    model,
    instructions,
    ...listeners
  } = text;
  const clauses = splitClauses(input);
  if (clauses.length === 0) return { kind: 'unspeakable' };
  await settings.loadGuild(guildId);
  const opened = deps.spending.open(
    toSpeechRequest(kind, guildId, clauses.join(' '), asker),
  );
  if (opened.kind === 'refused') return { kind: 'failed', line: opened.line };
  const { reservation } = opened;
  const manner = { voice: name, model, tone: instructions };
  const voice = {
    ...toSpokenStyle(settings.getStyle(guildId), manner).voice,
    ...listeners,
  };
  async function* readSpeech() {
    try {
      yield* changeSpeed(
        speakClauses(clauses, voice, reservation, deps, signal),
        speed,
      );
    } catch (error) {
      if (!signal.aborted) deps.onEvent(guildId, toFailureEvent(error, 'speak'));
      throw error;
    }
  }
  return { kind: 'open', parts: holdStream(readSpeech(), reservation, signal) };
}

function speakClauses(
  clauses: readonly string[],
  voice: SpeechVoice,
  reservation: Reservation,
  { synthesizer }: Deps<'synthesizer'>,
  signal: AbortSignal,
) {
  const paid = synthesizer.withReservation(reservation);
  const reading = { synthesizer: paid.fixEngine?.() ?? paid, voice };
  return runAhead<Pcm>(
    { limit: maxAheadMs, weigh: getDurationMs },
    async (queue, until) => {
      for (const clause of clauses) {
        for await (const pcm of synthesizeClause(clause, reading, until)) {
          queue.put(pcm);
          await queue.waitForSpace();
        }
      }
    },
    signal,
  );
}
