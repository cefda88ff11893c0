import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { z } from 'zod';
import { waitUnlessAborted } from '#src/base/bounded-wait.ts';
import { BotError, getErrorMessage } from '#src/base/errors.ts';
import {
  findSetLanguage,
  listLikelyLanguages,
} from '#src/base/language/expected-language.ts';
import type { ProviderRole } from '#src/provider/provider-event.ts';
import { isListenable } from '#src/speech/listen.ts';
import {
  createUnspeakableError,
  type TranscriptionOptions,
  type TranscriptUpdate,
  type UtterancePcm,
} from '#src/speech/speech-engine.ts';
import { type Engine, engineVersion, type OpenEngines } from './engine.ts';

/**
 * Options of a recogniser from outside. `language` (BCP 47) is set by a person, a program or the operator;
 * `likelyLanguages` are guesses, for a model that cannot detect one.
 */
export type OutsideTranscriptionOptions = Omit<TranscriptionOptions, 'language'> & {
  readonly language: string | undefined;
  readonly likelyLanguages: readonly string[];
};

type OutsideTranscriber = Omit<OpenEngines['speech to text'], 'transcribe'> & {
  transcribe(
    pcm: UtterancePcm,
    signal: AbortSignal,
    options: OutsideTranscriptionOptions,
  ): AsyncIterable<TranscriptUpdate>;
};

/** Engines as version 1 of the contract has them. */
type OutsideEngines = Omit<OpenEngines, 'speech to text'> & {
  readonly 'speech to text': OutsideTranscriber;
};

type OpenOutside<Role extends ProviderRole> = (
  ...given: Parameters<Engine['open']>
) => OutsideEngines[Role] | Promise<OutsideEngines[Role]>;

/**
 * Loads the export `engine` of a module, given by path or package. Throws an Error with one line for the operator.
 */
export function loadEngine<Role extends ProviderRole>(
  role: Role,
  modulePath: string,
): Engine<Role> {
  const outsideEngine = z.object({
    version: z.literal(engineVersion),
    role: z.literal(role),
    name: z.string().min(1).max(40),
    price: z.enum(['free', 'requests', 'stream']),
    open: z.custom<OpenOutside<Role>>(
      (value) => typeof value === 'function',
      'must be a function',
    ),
  });
  const { success, data, error } = outsideEngine.safeParse(
    readEngineExport(modulePath),
  );
  if (success) {
    const openEngine: Engine<Role>['open'] = async (settings, models) =>
      adapters[role](await data.open(settings, models), data.name);
    return { ...data, about: modulePath, open: openEngine };
  }
  const [{ message, path } = { message: '', path: [] }] = error.issues;
  throw new Error(
    `${modulePath} exports no engine for ${role}: ${path.join('.')} ${message}`,
  );
}

function readEngineExport(modulePath: string): unknown {
  try {
    return createRequire(resolve('package.json'))(modulePath).engine;
  } catch (error) {
    const [reason = ''] = getErrorMessage(error).split('\n');
    throw new Error(`${modulePath} cannot be loaded: ${reason}`);
  }
}

/** Wraps outside engines in the contract of each role. */
const adapters: {
  readonly [Role in ProviderRole]: (
    opened: OutsideEngines[Role],
    name: string,
  ) => OpenEngines[Role];
} = {
  'speech to text': (opened, name) => ({
    ...toDisposable(opened),
    async *transcribe(pcm, signal, options = {}) {
      signal.throwIfAborted();
      if (isListenable(pcm))
        yield* passParts(
          name,
          () => opened.transcribe(pcm, signal, toOutsideOptions(options)),
          signal,
        );
      else yield { kind: 'final', transcript: { text: '' } };
    },
  }),
  chat: (opened, name) => ({
    ...toDisposable(opened),
    reply: (messages, tools, signal, ...options) =>
      passParts(name, () => opened.reply(messages, tools, signal, ...options), signal),
  }),
  'text to speech': (opened, name) => ({
    ...toDisposable(opened),
    voices: opened.voices,
    async *synthesize(text, voice, signal) {
      signal.throwIfAborted();
      if (text.trim() === '') throw createUnspeakableError();
      for await (const sound of passParts(
        name,
        () => opened.synthesize(text, voice, signal),
        signal,
      )) {
        if (!soundShape.safeParse(sound).success)
          throw new BotError(
            'provider.refused',
            false,
            `The engine ${name} ${unusableSound}.`,
          );
        yield sound;
      }
    },
  }),
};

function toOutsideOptions({
  language,
  ...options
}: TranscriptionOptions): OutsideTranscriptionOptions {
  return {
    ...options,
    language: findSetLanguage(language),
    likelyLanguages: listLikelyLanguages(language),
  };
}

/** Sound as an engine may give it, at rates that recordings have. */
const soundShape = z.object({
  samples: z.instanceof(Int16Array),
  rateHz: z.number().int().min(8_000).max(192_000),
  channels: z.union([z.literal(1), z.literal(2)]),
});
const unusableSound =
  'gave unusable sound: it takes { samples, rateHz, channels }, samples an Int16Array, rateHz 8000 to 192000, channels 1 or 2';

/** Closes an engine by whichever method it has. */
export function toDisposable(
  opened: Partial<Disposable & AsyncDisposable>,
): AsyncDisposable {
  return {
    async [Symbol.asyncDispose]() {
      opened[Symbol.dispose]?.();
      await opened[Symbol.asyncDispose]?.();
    },
  };
}

/**
 * Yields parts until an abort. Throws BotError `provider.refused`, without the engine's
 * words.
 */
async function* passParts<Part>(
  name: string,
  request: () => AsyncIterable<Part>,
  signal: AbortSignal,
) {
  signal.throwIfAborted();
  try {
    const reader = request()[Symbol.asyncIterator]();
    try {
      for (;;) {
        const { done, value } = await waitUnlessAborted(reader.next(), signal);
        if (done) return;
        yield value;
      }
    } finally {
      void reader.return?.()?.catch(() => undefined);
    }
  } catch (error) {
    signal.throwIfAborted();
    const serverMessage = getErrorMessage(error);
    const message = `The engine ${name} failed.`;
    throw new BotError('provider.refused', true, message, undefined, undefined, {
      serverMessage,
    });
  }
}
