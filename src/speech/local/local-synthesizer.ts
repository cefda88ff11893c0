import { createChildController } from '#src/base/bounded-wait.ts';
import { BotError } from '#src/base/errors.ts';
import { noGuild } from '#src/base/ids.ts';
import { servedLocally } from '#src/provider/models/standard-models.ts';
import {
  createUnspeakableError,
  type Synthesizer,
  splitText,
} from '#src/speech/speech-engine.ts';
import { withOwnLanguages } from '#src/speech/text-language/spoken-form.ts';
import { localVoiceFolder, resolveModelFolder } from './folders.ts';
import { admitJob, maxTextLetters } from './jobs/admit-job.ts';
import type { LocalModels } from './local-models.ts';
import { findVoicePitch, localVoiceLanguages } from './local-voices.ts';
import type { SpeakJob, SpokenPiece } from './model-jobs.ts';

/** The model process, and the voice to speak with. `voice` is a name of `localVoices`. */
export type LocalSynthesizerOptions = {
  readonly models: LocalModels;
  /** Folder of a Piper voice. Empty for the default. */
  readonly model?: string;
  readonly voice?: string;
};

/**
 * Opens a Piper voice for English. The other names of `localVoices` are the same voice at another pitch. Throws
 * BotError `speech.failed`.
 */
export async function openLocalSynthesizer({
  model = '',
  models,
  voice,
}: LocalSynthesizerOptions): Promise<Synthesizer> {
  const folder = resolveModelFolder(model, localVoiceFolder);
  await models.loadModel('speak', folder);
  const createWork: CreateWork = async (spoken) => spoken;
  return withOwnLanguages({
    languages: localVoiceLanguages,
    synthesize: createPiperSpeech({ models, folder, voice, createWork }),
  });
}

/** Makes the first job of a part of a text, in sounds where the model process does not know those of its language. */
export type CreateWork = (spoken: SpokenText, signal: AbortSignal) => Promise<SpeakJob>;

/** A Piper voice, by its folder or the path of its `.onnx`. */
export type PiperSpeechOptions = Pick<LocalSynthesizerOptions, 'models' | 'voice'> & {
  readonly folder: string;
  readonly createWork: CreateWork;
};

/** Creates a function that speaks with a Piper voice. */
export function createPiperSpeech({
  createWork,
  folder,
  models,
  voice: defaultVoice,
}: PiperSpeechOptions): Synthesizer['synthesize'] {
  return async function* synthesize(text, voice, signal) {
    signal.throwIfAborted();
    const { guildId = noGuild, name, onUsage, speed = 1 } = voice;
    onUsage?.({ by: servedLocally });
    const pitch = findVoicePitch(name, defaultVoice);
    const lengthScale = pitch / Math.min(2, Math.max(0.5, speed));
    const runJob: RunSpeakJob = (work, inner) => {
      const order = {
        kind: 'speak',
        folder,
        work,
        guildId,
        urgency: 'voice',
      } as const;
      return models.runJob(admitJob(order), inner);
    };
    const steps = { createWork, runJob };
    for await (const { rateHz, samples } of speakText(
      { lengthScale, text },
      steps,
      signal,
    ))
      yield { samples, rateHz: Math.round(rateHz * pitch), channels: 1 };
  };
}

type SpokenText = { readonly lengthScale: number; readonly text: string };
type RunSpeakJob = (work: SpeakJob, signal: AbortSignal) => Promise<SpokenPiece>;
type SpeechSteps = { readonly createWork: CreateWork; readonly runJob: RunSpeakJob };

/** Speaks a text of any length. Throws BotError `speech.unspeakable` if it has no word. */
async function* speakText(
  { lengthScale, text }: SpokenText,
  { createWork, runJob }: SpeechSteps,
  signal: AbortSignal,
) {
  let isSpoken = false;
  let wordless: unknown;
  for (const part of splitText(text, maxTextLetters)) {
    try {
      const work = await createWork({ lengthScale, text: part }, signal);
      yield* speakPieces(work, runJob, signal);
      isSpoken = true;
    } catch (error) {
      // One part of a long text may hold no word.
      if (!isUnspeakable(error)) throw error;
      wordless = error;
    }
  }
  if (!isSpoken) throw wordless ?? createUnspeakableError();
}

function isUnspeakable(error: unknown) {
  return error instanceof BotError && error.code === 'speech.unspeakable';
}

/** Yields the pieces of a text, each of which is a job. The next one is made while a piece is taken. */
async function* speakPieces(
  firstWork: SpeakJob,
  runJob: RunSpeakJob,
  signal: AbortSignal,
) {
  const leaving = createChildController(signal);
  const beginPiece = (work: SpeakJob) => {
    const piece = runJob(work, leaving.signal);
    piece.catch(() => undefined); // Whoever takes the piece gets the error.
    return { piece };
  };
  const { lengthScale } = firstWork;
  let next: ReturnType<typeof beginPiece> | undefined = beginPiece(firstWork);
  try {
    while (next) {
      const piece: SpokenPiece = await next.piece;
      next = piece.rest && beginPiece({ lengthScale, rest: piece.rest });
      yield piece;
    }
  } finally {
    leaving.abort(new Error('no further piece is wanted'));
  }
}
