import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { SandboxPerson } from '#sandbox/people/sandbox-person.ts';
import type { Pcm } from '#src/audio/pcm.ts';
import { readSpeech } from '#test/audio/recorded-speech.ts';
import { instantPace } from '#test/fakes/providers/mock-providers.ts';
import {
  createMockRecogniser,
  knownWords,
} from '#test/fakes/recogniser/mock-recogniser.ts';
import type { KnownWord } from '#test/fakes/recogniser/recogniser-match.ts';
import { downloadFile } from '#test/sandbox/download.ts';
import { commandReply } from './asking.ts';
import type { ScenarioSetup } from './scenario-setup.ts';

/** Recordings that are told apart by their sound, shortest first. */
const recordings = [
  'human-cards-001',
  'synth-flite-slt-what-time-is-it',
  'human-cards-004',
  'human-cards-003',
  'synth-flite-kal16-stop-the-music',
  'human-digits-2934z',
  'synth-flite-awb-repeat-that',
  'human-something',
  'human-goforward',
  'synth-flite-rms-capital-of-france',
] as const;

/** Utterances of people in a scenario: each text is a recording of its own, and recognised by its sound alone. */
export function createSayings<Text extends string>(texts: readonly Text[]) {
  const recogniser = createMockRecogniser();
  const sounds = new Map<string, Pcm>();
  if (texts.length > recordings.length)
    throw new Error('There are not so many recordings.');
  for (const [n, text] of texts.entries()) {
    const name = recordings[n] ?? recordings[0];
    const sound = readSpeech(name);
    sounds.set(text, sound);
    recogniser.addClip(sound, spreadWords(text, knownWords[`${name}.wav`] ?? []));
  }

  return {
    /** Settings of a recogniser and a chat model that know them. */
    get providers() {
      return { pace: instantPace, hears: (pcm: Pcm) => recogniser.hearPcm(pcm) };
    },

    getSound(text: Text) {
      const sound = sounds.get(text);
      if (!sound) throw new Error(`Nobody can say "${text}".`);
      return sound;
    },
  };
}

/** The words of `text` in place of those of a recording. */
function spreadWords(text: string, spoken: readonly KnownWord[]) {
  const words = text.split(' ');
  const parts = Math.min(words.length, spoken.length);
  const findFrom = (n: number, all: readonly unknown[]) =>
    Math.floor((n * all.length) / parts);
  return Array.from({ length: parts }, (_, n) => {
    const [first, last] = [
      spoken[findFrom(n, spoken)],
      spoken[findFrom(n + 1, spoken) - 1],
    ];
    const word = words.slice(findFrom(n, words), findFrom(n + 1, words)).join(' ');
    return { word, fromMs: first?.fromMs ?? 0, toMs: last?.toMs ?? 0 };
  });
}

/** Lines of captions in a channel or thread, in order. */
export function linesIn({ sandbox }: ScenarioSetup): readonly string[] {
  return sandbox.messages('Lounge').flatMap(({ text, author }) => {
    const lines = author === 'Nova' ? text.split('\n') : [];
    return lines.filter((line) => spoken.test(line));
  });
}

const spoken = /^(?:`[^`]*` )?\*\*/;

/** A transcript as this person gets it, privately. */
export async function transcriptFor(
  { sandbox }: ScenarioSetup,
  person: SandboxPerson,
  format: string,
) {
  const shownMessage = await commandReply(person, 'captions transcript', { format });
  expect(shownMessage).toMatchObject({
    ephemeral: true,
    text: expect.stringContaining('Lounge'),
  });
  const [file] = shownMessage.files;
  expect(file?.name).toMatch(new RegExp(`\\.${format}$`));
  return (await downloadFile(file?.url ?? '', sandbox)).text;
}

/** All bytes of everything the bot keeps, as text. */
export async function keptBytes({ dataDir }: ScenarioSetup) {
  const entries = await readdir(dataDir, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const bytes = files.map(({ parentPath, name }) => readFile(join(parentPath, name)));
  return Buffer.concat(await Promise.all(bytes)).toString('latin1');
}

/** All that a chat model was ever shown. */
export function promptsOf({ providers }: ScenarioSetup) {
  const chats = providers.requests.filter(({ endpoint }) => endpoint === 'chat');
  return JSON.stringify(chats.map(({ body }) => body));
}
