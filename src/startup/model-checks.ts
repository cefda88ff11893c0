import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { getErrorMessage } from '#src/base/errors.ts';
import type { EngineConfig } from '#src/config/config.ts';
import type { EngineChoice } from '#src/engines/engine.ts';
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
