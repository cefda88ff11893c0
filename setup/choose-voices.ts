import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { findProgram } from '#src/base/find-program.ts';
import { toBaseLanguage } from '#src/base/language/expected-language.ts';
import { getEnglishLanguageName } from '#src/base/language-name.ts';
import type { FetchProgress } from '#src/downloads/fetch-file.ts';
import {
  type FetchableVoice,
  fetchableVoices,
  fetchVoice,
  formatVoice,
  getVoicesFolder,
} from '#src/downloads/voice-catalogue.ts';
import type { SettingEdits } from './setting-edits.ts';
import { orStepBack, type SetupQuestions } from './setup-questions.ts';

export type VoiceChoiceDeps = {
  readonly ask: SetupQuestions;
  readonly edits: SettingEdits;
  readonly clock: Clock;
  /** Default: all of `voice-catalogue.json`. */
  readonly voices?: readonly FetchableVoice[];
};

const defaultDataDir = './data';
const megabyte = 1e6;
const programNotice =
  'These voices need eSpeak NG, which tells how words sound, and is not installed here. Install it, as by apt install espeak-ng or brew install espeak-ng, and start the bot again.';

/** Fetches voices of other languages, or removes them, until the person wants no more. A running bot uses them at once. */
export async function chooseVoices(deps: VoiceChoiceDeps): Promise<void> {
  const { ask, edits, voices = fetchableVoices } = deps;
  if (findProgram('espeak-ng', edits.getValue('PATH')) === undefined)
    ask.say(programNotice);
  for (;;) {
    const choices = voices.map((voice) => ({
      value: voice,
      label: formatChoice(voice, isThere(voice, edits)),
    }));
    const done = { value: undefined, label: 'No more' };
    const chosen = await orStepBack(
      ask.choose<FetchableVoice | undefined>(question, [...choices, done]),
    );
    if (!chosen) return;
    if (isThere(chosen, edits)) await removeVoice(chosen, deps);
    else await tryFetch(chosen, deps);
  }
}

const question = 'Which voice, beside the English one? (Esc: back)';

function formatChoice(voice: FetchableVoice, isHere: boolean) {
  const language = nameLanguage(voice);
  const state = isHere ? '; it is here: remove it' : '';
  return `${language}: ${formatVoice(voice)}${state}`;
}

function nameLanguage({ language }: FetchableVoice) {
  return getEnglishLanguageName(toBaseLanguage(language));
}

function getDataDir(edits: SettingEdits) {
  return edits.getValue('DATA_DIR') || defaultDataDir;
}

function getVoiceFolder({ name }: FetchableVoice, edits: SettingEdits) {
  return join(getVoicesFolder(getDataDir(edits)), name);
}

function isThere(voice: FetchableVoice, edits: SettingEdits) {
  return existsSync(join(getVoiceFolder(voice, edits), `${voice.name}.onnx`));
}

async function removeVoice(voice: FetchableVoice, { ask, edits }: VoiceChoiceDeps) {
  await rm(getVoiceFolder(voice, edits), { recursive: true, force: true });
  ask.say(`${voice.speaker} was removed.`);
}

/** Fetches a voice. What cannot be fetched is said, and a part that has come is gone on with the next time. */
async function tryFetch(voice: FetchableVoice, { ask, clock, edits }: VoiceChoiceDeps) {
  const stopping = new AbortController();
  const onProgress = createProgressReport(ask);
  const places = {
    dataDir: getDataDir(edits),
    host: edits.getValue('LOCAL_MODEL_HOST') || undefined,
  };
  const fetching = fetchVoice(voice, places, { clock, onProgress }, stopping.signal);
  try {
    await ask.waitForWork(`Fetching ${formatVoice(voice)}`, fetching);
    ask.say(
      `${voice.speaker} is here. A bot that runs speaks ${nameLanguage(voice)} with it from the next sentence on.`,
    );
  } catch (error) {
    if (!(error instanceof BotError)) throw error;
    ask.say(`${error.message} Nothing was changed.`);
  } finally {
    stopping.abort(new Error('the setup goes on'));
    fetching.catch(() => undefined);
  }
}

/** Says each quarter of a longer fetch, with the time that is left. */
function createProgressReport(ask: SetupQuestions) {
  let toldQuarters = 0;
  return ({ bytes, doneBytes, leftMs }: FetchProgress) => {
    const quarters = Math.floor((4 * doneBytes) / bytes);
    if (bytes < megabyte || quarters <= toldQuarters || quarters === 4) return;
    toldQuarters = quarters;
    const left = leftMs === undefined ? '' : `, ${Math.ceil(leftMs / 1000)} s left`;
    ask.say(`${quarters * 25} %${left}`);
  };
}
