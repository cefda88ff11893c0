import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { realClock } from '#src/base/clock.ts';
import { getErrorMessage } from '#src/base/errors.ts';
import type { Config, EngineConfig } from '#src/config/config.ts';
import { getVoicesFolder } from '#src/downloads/voice-catalogue.ts';
import type { EngineChoice } from '#src/engines/engine.ts';
import { fileBackend } from '#src/engines/engines.ts';
import {
  type Finding,
  toDifferingFinding,
  toMissingFinding,
  toOkFinding,
} from '#src/probes/probe.ts';
import {
  getModelFolder,
  localVoiceFolder,
  resolveModelFolder,
} from '#src/speech/local/folders.ts';
import { localVoices } from '#src/speech/local/local-voices.ts';
import {
  findModelFault,
  getModelRemedy,
  listModelFiles,
} from '#src/speech/local/process/model-files.ts';
import { Espeak, findEspeak } from '#src/speech/local/voices/espeak.ts';
import { VoiceFolder } from '#src/speech/local/voices/voice-folder.ts';

/** A folder of a local model that the settings need. */
export type UsedModelFolder = {
  readonly folder: string;
  /** It is loaded once it is needed, and the bot runs without. */
  readonly isLate: boolean;
};

/** Facts about the licence of a model, by which an operator decides. */
const licenceNotes: Readonly<Record<string, string>> = {
  [localVoiceFolder]:
    '; it was fine-tuned from recordings that were licensed for research: see THIRD-PARTY-NOTICES.md',
};

/** Lists the folders of all local models that the bot loads by these settings. */
export function listModelFolders(engines: EngineConfig): readonly UsedModelFolder[] {
  const { fallbacks, hasTurnModel, speech, transcription } = engines;
  const whisper = 'whisper-base-int4';
  const toFolders = (
    choice: EngineChoice | undefined,
    names: readonly string[],
    isLate: boolean,
  ) =>
    choice?.kind === 'local'
      ? names.map((name, index) => ({
          folder: resolveModelFolder(index === 0 ? choice.model : '', name),
          isLate,
        }))
      : [];
  const voice = [localVoiceFolder, 'g2p-english'];
  const folders = [
    ...toFolders(transcription, [whisper], false),
    ...toFolders(speech, voice, false),
    ...(hasTurnModel
      ? [{ folder: getModelFolder('smart-turn-v3.2-merged-silence'), isLate: true }]
      : []),
    ...toFolders(fallbacks.transcription, [whisper], true),
    ...toFolders(fallbacks.speech, voice, true),
    // It hears a spoken no where nothing else listens.
    { folder: getModelFolder(whisper), isLate: true },
  ];
  return folders.filter(
    ({ folder }, index) =>
      folders.findIndex((each) => each.folder === folder) === index,
  );
}

/** Compares the files of a model with `models/SHA256SUMS`. A folder of the operator only has to be there. */
export async function checkModelFiles({
  folder,
  isLate,
}: UsedModelFolder): Promise<Finding> {
  const name = basename(folder);
  const files = await listModelFiles(folder);
  const faults = await Promise.all(files.map((file) => findModelFault(file)));
  const isUnlisted = files.length === 0 && folder === getModelFolder(name);
  const [fault = isUnlisted ? `models/SHA256SUMS does not name ${name}` : undefined] =
    faults.filter((each) => each !== undefined);
  if (fault !== undefined)
    return (isLate ? toDifferingFinding : toMissingFinding)(
      'models',
      fault,
      getModelRemedy(files[0] ?? join(folder, '.')),
    );
  if (files.length > 0)
    return toOkFinding('models', `${name} is whole${licenceNotes[name] ?? ''}`);
  try {
    await readdir(folder);
    return toOkFinding('models', `${name} is there`);
  } catch (error) {
    const reason = existsSync(folder)
      ? `cannot be read (${getErrorMessage(error)})`
      : 'is not there';
    return toMissingFinding(
      'models',
      `${folder} ${reason}`,
      "correct the path of the model, or give the folder to the bot's user (chown)",
    );
  }
}

/** Finds a server for chat beside a file of a chat model, which wins. */
export function checkChatModel({ chat }: EngineConfig): readonly Finding[] {
  if (chat.kind !== 'outside' || chat.backend !== fileBackend || chat.baseUrl === '')
    return [];
  return [
    toDifferingFinding(
      'chat model',
      'CHAT_MODEL_FILE wins, and the server of CHAT_COMPLETION_BASE_URL is not asked',
      'remove one of the two; as CHAT_COMPLETION_FALLBACK_BASE_URL the server takes over where the file cannot answer',
    ),
  ];
}

/** Finds names of voices that the local voice does not have, and would speak as `natural`. */
export function checkLocalVoices(engines: EngineConfig): readonly Finding[] {
  const { fallbacks, live, pipeline, realtime, speech } = engines;
  // Another model may speak in that voice.
  const isShared =
    live !== undefined || realtime !== undefined || pipeline === 'audio-model';
  const named = [
    { setting: 'SPEECH_VOICE', choice: isShared ? undefined : speech },
    { setting: 'SPEECH_FALLBACK_VOICE', choice: fallbacks.speech },
  ];
  const names = Object.keys(localVoices);
  return named.flatMap(({ choice, setting }) => {
    if (choice?.kind !== 'local' || !choice.voice || names.includes(choice.voice))
      return [];
    const list = new Intl.ListFormat('en', { type: 'disjunction' }).format(names);
    return toDifferingFinding(
      'voice',
      `${setting}: the local voice is not called ${choice.voice}, and speaks as natural`,
      `set ${setting} to ${list}, or remove it`,
    );
  });
}

/** Tells which languages beside English are spoken on this machine, and by what. Empty where a server alone speaks. */
export async function listOtherVoices({
  engines: { fallbacks, speech },
  sounds,
  storage,
}: Pick<Config, 'engines' | 'sounds' | 'storage'>): Promise<readonly Finding[]> {
  if (![speech, fallbacks.speech].some((choice) => choice?.kind === 'local')) return [];
  const program = findEspeak(sounds.searchPath);
  const espeak = program && (await Espeak.open(program, realClock));
  const voices = new VoiceFolder(getVoicesFolder(storage.dataDir)).listVoices();
  const names = voices.map(({ language, name }) => `${name} (${language})`);
  const fetched = new Intl.ListFormat('en').format(names);
  if (espeak)
    return [
      toOkFinding(
        'voices',
        `English is built in, ${names.length > 0 ? `${fetched} by Piper, ` : ''}and ${espeak.languages.length} languages by eSpeak NG`,
      ),
    ];
  if (names.length > 0)
    return [
      toDifferingFinding(
        'voices',
        `${fetched} cannot speak: eSpeak NG, which tells how words sound, is not installed`,
        'install it, as by apt install espeak-ng',
      ),
    ];
  return [
    toOkFinding(
      'voices',
      'English alone is spoken here; npm run setup fetches voices of other languages',
    ),
  ];
}
