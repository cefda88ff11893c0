import { getDurationMs, listenRateHz, type Pcm } from '#src/audio/pcm.ts';
import { createChildController } from '#src/base/bounded-wait.ts';
import { BotError } from '#src/base/errors.ts';
import {
  createFallbackPosition,
  type FallbackChain,
  type FallbackPosition,
} from '#src/provider/fallback-chain.ts';
import { sendUntilAccepted } from '#src/provider/reducible-request.ts';
import { withTranscriptionOptions } from '#src/speech/hints.ts';
import { openListening, PauseListening } from '#src/speech/listen.ts';
import type {
  Listening,
  OnPartial,
  SpeechVoice,
  Synthesizer,
  Transcriber,
  TranscriptUpdate,
} from '#src/speech/speech-engine.ts';
import { isKnownVoice, type VoiceNames } from '#src/speech/voice-names.ts';

/** A longer clause takes longer if sent in one piece, as by proxies. */
const shortTextChars = 80;

/** Combines several voices: the first that can speak is used. Names of voices and models belong to the first. */
export function createSynthesizerChain(
  chain: FallbackChain<Synthesizer>,
  wrap = (engine: Synthesizer): Synthesizer => engine,
): Synthesizer {
  const createAt = (place: () => FallbackPosition): Synthesizer => ({
    synthesize(text, voice, signal) {
      const { name: _name, model: _model, ...usual } = voice;
      return chain.run<Pcm>(
        {
          ask: (engine, inner, index) =>
            wrap(engine).synthesize(text, index ? usual : voice, inner),
          isOutput: ({ samples }) => samples.length > 0,
          size: Math.max(1, text.length / shortTextChars),
        },
        signal,
        place(),
      );
    },
  });
  const fixEngine = () => {
    const place = createFallbackPosition();
    return createAt(() => place);
  };
  return {
    ...createAt(createFallbackPosition),
    fixEngine,
    wrapEach: (outer) => createSynthesizerChain(chain, (engine) => outer(wrap(engine))),
  };
}

const isFinalUpdate = ({ kind }: TranscriptUpdate) => kind === 'final';

/** Longer sound gets more time. */
const shortSoundMs = 5_000;

/**
 * Combines several recognisers: the first that works is used. `listens`: the first takes sound while people speak.
 *
 * A failure during speech shows at the next pause, and the whole utterance is sent again.
 */
export function createTranscriberChain(
  chain: FallbackChain<Transcriber>,
  listens: boolean,
): Transcriber {
  const withEach = (wrap: Wrap): Transcriber => ({
    transcribe: (pcm, signal, options) => {
      const recognise: AskEngine = (engine, inner) =>
        wrap(engine).transcribe(pcm, inner, options);
      return askChain(chain, recognise, getDurationMs(pcm), signal);
    },
    listen: listens
      ? (onPartial, signal, options) =>
          listenThroughChain(
            chain,
            (engine) => withTranscriptionOptions(wrap(engine), options ?? {}),
            onPartial,
            signal,
          )
      : undefined,
    wrapEach: (outer) => withEach((engine) => outer(wrap(engine))),
  });
  return withEach((engine) => engine);
}

type Wrap = (engine: Transcriber) => Transcriber;
type AskEngine = (
  engine: Transcriber,
  signal: AbortSignal,
) => AsyncIterable<TranscriptUpdate>;

function askChain(
  chain: FallbackChain<Transcriber>,
  ask: AskEngine,
  soundMs: number,
  signal: AbortSignal,
) {
  return chain.run(
    { ask, isOutput: isFinalUpdate, size: Math.max(1, soundMs / shortSoundMs) },
    signal,
  );
}

function listenThroughChain(
  chain: FallbackChain<Transcriber>,
  wrap: Wrap,
  onPartial: OnPartial,
  signal: AbortSignal,
): Listening {
  const over = createChildController(signal);
  const first = chain.currentEngine;
  let listening = first && openListening(wrap(first), onPartial, over.signal);
  const window = new PauseListening(async (sound, leaving) => {
    const recognise: AskEngine = async function* (engine, inner) {
      if (engine !== first || !listening) {
        yield* wrap(engine).transcribe(sound.copyAll(), inner);
        return;
      }
      try {
        yield { kind: 'final', transcript: await listening.settle(inner) };
      } catch (error) {
        if (inner.aborted) throw error;
        listening[Symbol.dispose]();
        listening = undefined;
        throw error;
      }
    };
    const soundMs = (sound.length / listenRateHz) * 1_000;
    for await (const update of askChain(chain, recognise, soundMs, leaving)) {
      if (update.kind === 'final') return update.transcript;
    }
    return { text: '' };
  }, over.signal);
  return {
    push(samples, opus) {
      if (over.signal.aborted) return;
      window.push(samples, opus);
      listening?.push(samples, opus);
    },
    settle: (until) => window.settle(until),
    [Symbol.dispose]() {
      over.abort(new Error('not listened to any more'));
      listening?.[Symbol.dispose]();
      window[Symbol.dispose]();
    },
  };
}

/** Statuses for a missing model or voice. */
const voiceRejectionStatuses: ReadonlySet<number> = new Set([400, 404, 422]);

type VoicePart = 'model' | 'name';

/**
 * Speaks with the standard voice and calls `onGone` if the server no longer lists a voice, or rejects only that
 * voice. The usual model replaces a rejected one.
 */
export function withStandardVoice(
  engine: Synthesizer,
  voices: Pick<VoiceNames, 'getKnown'>,
): Synthesizer {
  const listNameParts = ({ name }: SpeechVoice) =>
    new Set<VoicePart>(
      name === undefined || !isKnownVoice(name, voices.getKnown()) ? [] : ['name'],
    );
  return {
    synthesize: (text, voice, signal) =>
      sendUntilAccepted(
        {
          wanted:
            voice.model === undefined
              ? listNameParts(voice)
              : new Set(['model', 'name']),
          send: (parts) => {
            const { model, name, ...own } = voice;
            const left = {
              ...(parts.has('model') && { model }),
              ...(parts.has('name') && { name }),
            };
            return engine.synthesize(text, { ...own, ...left }, signal);
          },
          reduce: (error, parts) => {
            if (parts.size === 0 || !isVoiceRejection(error)) throw error;
            return parts.has('model') ? listNameParts(voice) : [];
          },
          onAccepted: (parts) => {
            const { name, onGone } = voice;
            if (name === undefined || parts.has('name')) return;
            onGone?.(name, 'reader');
          },
        },
        signal,
      ),
  };
}

export function isVoiceRejection(error: unknown): boolean {
  if (!(error instanceof BotError)) return false;
  // WebSockets have no status, and some servers send no answer for an unknown voice.
  if (error.code === 'provider.empty') return true;
  const { status } = error.about;
  if (error.code !== 'provider.refused') return false;
  return status === undefined ? !error.retryable : voiceRejectionStatuses.has(status);
}
