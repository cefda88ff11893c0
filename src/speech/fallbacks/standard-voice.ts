import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import type { Synthesizer } from '#src/speech/ports.ts';
import { isVoiceAmong, type VoiceNames } from '#src/speech/voice-names.ts';

type Synthesize = Synthesizer['synthesize'];

/** Time, in ms, for which a voice that was refused is not asked for again. */
const refusedMs = 600_000;
/** Names beyond these are forgotten, the oldest first: they cost a request each. */
const mostRefused = 100;
/** Statuses of a request that asks for something which is not there. */
const refusals: ReadonlySet<number> = new Set([400, 404, 422]);

/**
 * Uses the engine's standard voice for one that it no longer lists, or refuses while the standard one works; `onGone` is
 * called for each such text. A refused model gives way to the usual one.
 */
export function standardVoiceInstead(
  engine: Synthesizer,
  voices: Pick<VoiceNames, 'known'>,
  clock: Pick<Clock, 'nowMs'>,
): Synthesizer {
  /** End of the refusal by voice name. */
  const refused = new Map<string, number>();
  const isGone = (name: string) =>
    (refused.get(name) ?? 0) > clock.nowMs() || !isVoiceAmong(name, voices.known());
  const refuse = (name: string) => {
    refused.delete(name);
    refused.set(name, clock.nowMs() + refusedMs);
    const [oldest] = refused.keys();
    if (oldest !== undefined && refused.size > mostRefused) refused.delete(oldest);
  };
  const named: Synthesize = async function* (text, voice, signal) {
    const { name = '', onGone, ...standard } = voice;
    if (!isGone(name)) {
      const sound = engine.synthesize(text, voice, signal);
      const isRefused = yield* unlessRefused(sound, () => true, signal);
      if (!isRefused) return;
    }
    let hasBegun = false;
    for await (const pcm of engine.synthesize(text, standard, signal)) {
      if (!hasBegun) {
        hasBegun = true;
        refuse(name);
        onGone?.(name, 'reader');
      }
      yield pcm;
    }
  };
  const usualModel: Synthesize = (text, voice, signal) =>
    voice.name === undefined ? engine.synthesize(text, voice, signal) : named(text, voice, signal);
  const chosenModel: Synthesize = async function* (text, voice, signal) {
    const { model: _model, ...usual } = voice;
    const sound = engine.synthesize(text, voice, signal);
    const isRefused = yield* unlessRefused(sound, () => true, signal);
    if (isRefused) yield* usualModel(text, usual, signal);
  };
  return {
    synthesize: (text, voice, signal) =>
      (voice.model === undefined ? usualModel : chosenModel)(text, voice, signal),
  };
}

/**
 * Output of one voice; returns true where that was refused before any output.
 *
 * Errors: all others. Aborting `signal` throws what the parts throw.
 */
export async function* unlessRefused<T>(
  parts: AsyncIterable<T>,
  isOutput: (part: T) => boolean,
  signal: AbortSignal,
): AsyncGenerator<T, boolean> {
  let hasBegun = false;
  try {
    for await (const part of parts) {
      hasBegun ||= isOutput(part);
      yield part;
    }
    return false;
  } catch (error) {
    if (hasBegun || signal.aborted || !isRefusal(error)) throw error;
    return true;
  }
}

/**
 * Whether a request may have been refused for its voice. Over WebSockets there is no status, and some servers send no
 * answer at all for an unknown voice.
 */
function isRefusal(error: unknown): boolean {
  if (!(error instanceof BotError)) return false;
  if (error.code === 'provider.empty') return true;
  const { status } = error.about;
  if (error.code !== 'provider.refused') return false;
  return status === undefined ? !error.retryable : refusals.has(status);
}
