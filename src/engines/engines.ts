import type { z } from 'zod';
import type { ProviderRole } from '#src/provider/provider-event.ts';
import { withVoiceLoudness } from '#src/speech/fallbacks/speech-chains.ts';
import { LocalModels } from '#src/speech/local/local-models.ts';
import { chatCompletions } from './chat-completions.ts';
import { chatModelFile } from './chat-model-file.ts';
import { chatStandIn } from './chat-stand-in.ts';
import type { Engine, EngineChoice, EngineSettings, OpenEngines } from './engine.ts';
import { loadEngine, toDisposable } from './outside-engine.ts';
import { speechHttp } from './speech-http.ts';
import { speechLocal } from './speech-local.ts';
import { speechRealtime } from './speech-realtime.ts';
import { transcriptionFile } from './transcription-file.ts';
import { transcriptionLocal } from './transcription-local.ts';
import { transcriptionRealtime } from './transcription-realtime.ts';

/** Engines of each role. The first that fits a server is its default. */
const engines: { readonly [Role in ProviderRole]: readonly Engine<Role>[] } = {
  'speech to text': [transcriptionFile, transcriptionRealtime, transcriptionLocal],
  chat: [chatCompletions, chatStandIn, chatModelFile],
  'text to speech': [speechRealtime, speechHttp, speechLocal],
};

/** Value of `*_BACKEND` for a model that this machine runs from a file. */
export const fileBackend: string = chatModelFile.name;

/** Value of `*_BACKEND` for the engine without a server. */
export const localBackend = 'local';

/** Settings that engines declare, by name. */
export const engineSettings: Readonly<Record<string, z.ZodType>> = Object.assign(
  {},
  ...Object.values(engines)
    .flat()
    .map(({ settings }) => settings),
);

/** Lists engines of a role that have a server. */
export function listServerEngines<Role extends ProviderRole>(
  role: Role,
): readonly Engine<Role>[] {
  return engines[role].filter(({ standardModel }) => standardModel !== undefined);
}

/** Finds an engine by name, path or package. Throws as `loadEngine`. */
export function getEngine<Role extends ProviderRole>(
  role: Role,
  name: string,
): Engine<Role> {
  return (
    engines[role].find(
      ({ name: known, settings: own, standardModel }) =>
        known === name && (standardModel ?? own) !== undefined,
    ) ?? loadEngine(role, name)
  );
}

function getLocalEngine<Role extends ProviderRole>(role: Role) {
  const engine = engines[role].find(({ standardModel }) => standardModel === undefined);
  if (!engine) throw new Error(`no local engine for ${role}`);
  return engine;
}

/** Chooses the engine of a role for a server, as no setting names one. */
export function chooseEngine<Role extends ProviderRole>(
  role: Role,
  baseUrl: string,
  model: string,
): Engine<Role> {
  const engine = listServerEngines(role).find(
    ({ canServe }) => canServe?.(baseUrl, model) ?? true,
  );
  if (!engine) throw new Error(`no engine for ${role}`);
  return engine;
}

/** Gets the engine of a choice. Throws as `loadEngine`. */
export function resolveEngine<Role extends ProviderRole>(
  role: Role,
  choice: EngineChoice,
): Engine<Role> {
  return choice.kind === 'local'
    ? getLocalEngine(role)
    : getEngine(role, choice.backend);
}

const unsetSettings = { baseUrl: '', model: '', models: [], own: {} };

/** Opens the chosen engine, which closes with `stack`. */
export async function openEngine<Role extends ProviderRole>(
  role: Role,
  choice: EngineChoice,
  stack: AsyncDisposableStack,
  options: Pick<
    EngineSettings,
    | 'audioModel'
    | 'dataDir'
    | 'hasFallback'
    | 'isTrial'
    | 'onModelState'
    | 'report'
    | 'searchPath'
  > & {
    /** Default: a process that ends with `stack`. */
    readonly localModels?: LocalModels;
  } = {},
): Promise<OpenEngines[Role]> {
  const { localModels = stack.use(new LocalModels()), ...settings } = options;
  const opened = await resolveEngine(role, choice).open(
    { ...unsetSettings, ...choice, ...settings },
    localModels,
  );
  stack.use(toDisposable(opened));
  return choice.kind === 'local' ? opened : finishRemote[role](opened);
}

/** Adds to voices of servers how loud they are, by which channels level them. */
const finishRemote: {
  readonly [Role in ProviderRole]: (opened: OpenEngines[Role]) => OpenEngines[Role];
} = {
  'speech to text': (opened) => opened,
  chat: (opened) => opened,
  'text to speech': (opened) => ({
    ...withVoiceLoudness(opened),
    voices: opened.voices,
    warm: opened.warm && (() => opened.warm?.()),
  }),
};
