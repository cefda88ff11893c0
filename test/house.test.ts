import { readdir, readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { parseSync, Visitor } from 'oxc-parser';
import { readExamples, toModule } from '#test/docstring-examples.ts';
import { sourceFiles } from '#test/source-files.ts';
import doors from './house-doors.json' with { type: 'json' };

/** Folders that each folder may import. A new arrow is a reviewed line here. */
const below: Readonly<Record<string, string>> = {
  base: '',
  texts: 'base',
  audio: 'base',
  /** Labels of buttons are words that people say. */
  turn: 'texts base',
  people: 'base',
  provider: 'base',
  /** Files of models and a library that an owner lets the bot fetch. */
  downloads: 'base',
  /** The stand-in for a chat model answers with texts. A model of this machine waits in the queue of the local models. */
  chat: 'speech provider audio texts base',
  speech: 'provider audio base',
  playback: 'people audio base',
  sources: 'audio base',
  pipeline: 'speech chat provider audio texts base',
  spending: 'pipeline speech chat provider audio texts base',
  /** Tables, statements and connections, the same for both databases; knows no table. */
  sql: 'base',
  /** Contracts of Discord, the stores and listeners to events. */
  ports: 'spending sources speech people turn audio texts base',
  /** What is kept: each table with its rule of privacy. */
  stores: 'ports sql spending playback people base',
  /** Settings that servers and people choose. */
  settings: 'ports spending pipeline speech people turn texts base',
  /** Sentences of the bot about itself: said, written, and about what fails. */
  notices: 'ports speech people texts base',
  /** One voice channel's talk; knows no feature. */
  conversation:
    'notices settings ports spending pipeline playback speech chat people turn audio texts base',
  /** Where the bot sits: joins, moves, returns, leaves. */
  sessions: 'conversation notices settings ports people turn texts base',
  /** Examinations of one part each, for the doctor, setup and `/settings check`. */
  probes: 'sessions ports pipeline speech chat provider people audio texts base',
  /** Recognisers, voices and chat models. */
  engines: 'spending sources speech chat downloads provider audio base',
  /** What features and commands declare, and what they are given. */
  'features/contract':
    'sessions conversation settings ports sql pipeline sources speech chat people audio texts base',
  /** The list of features, and what a command is. */
  features:
    'sessions conversation settings ports spending sources people texts base features/*',
  /** One folder a feature. Another feature stands here only where it needs it. */
  'features/arrivals': 'features/contract conversation notices settings ports base',
  'features/captions':
    'features/memories features/contract sessions conversation notices settings stores ports sql spending pipeline playback speech chat people texts base',
  'features/interpreting':
    'features/captions features/contract sessions conversation notices settings ports speech chat people texts base',
  'features/memories':
    'features/contract sessions conversation settings stores ports pipeline turn texts base',
  'features/personas':
    'features/contract sessions conversation settings ports speech people texts base',
  'features/reminders':
    'features/memories features/contract sessions conversation notices stores ports chat people texts base',
  'features/hearings': 'features/contract conversation stores ports people base',
  'features/seats':
    'features/contract sessions conversation notices ports people texts base',
  'features/settings':
    'features/contract probes sessions conversation notices settings ports spending pipeline texts base',
  'features/tools': 'features/contract conversation ports chat people texts base',
  'features/tracks':
    'features/contract conversation notices stores ports spending sources playback speech people audio texts base',
  'features/typed':
    'features/tracks features/memories features/contract sessions conversation notices settings ports spending pipeline sources playback speech chat people turn audio texts base',
  'features/words': 'features/contract conversation settings base',
  commands:
    'features probes sessions conversation settings stores ports spending playback people turn texts base features/*',
  /** A program of its own, over the bot's own settings. */
  doctor:
    'startup storage discord config engines commands features features/tools probes ports pipeline speech chat provider audio base',
  /** A program of its own that writes `.env`. */
  /** It offers the chat models that can be fetched. */
  setup: 'discord config engines doctor commands spending downloads provider base',
  config: 'engines ports spending pipeline sources provider turn base',
  discord: 'features features/contract ports people audio texts base',
  /** Shares the frames of sound with the page, and the type of a track with the bot. */
  sandbox: 'web/http ports speech audio texts base page',
  storage: 'stores sql people base',
  /** What a start needs of this machine, for `npm start` and the doctor. */
  startup: 'storage config engines probes speech downloads base',
  /** `/stats` tells of a chat model on this machine. */
  ops: 'ports texts base',
  /** Parts that everything served over HTTP shares. */
  'web/http': 'texts base',
  /** Requests of programs over HTTP, and the tokens they come with. */
  'web/api':
    'web/http features features/typed features/tracks features/captions features/contract notices stores ports spending pipeline sources playback chat people audio texts base',
  /** Reads a typed command as the page does, and the lines of the sandbox by their types. */
  console: 'probes ports speech turn audio texts base page sandbox',
  /** Programs that measure folders, and the whole bot as a process. Tests share its recordings. */
  bench:
    'app config engines features conversation console sandbox ports spending pipeline speech chat provider turn audio base test',
  /** Puts everything together, so it imports from everywhere but the programs beside it. */
  app: 'console web/api web/http ops startup storage discord config commands features engines sessions conversation settings stores ports spending pipeline sources playback speech chat provider people turn audio texts base features/*',
};

/** Rooms beside `src`: one file per command, and programs of their own. */
const outside = new Set(['commands', 'sandbox', 'doctor', 'setup', 'bench']);

/** The folder named by every `from '#…'`, `import '#…'` and `import('#…')`, type imports too. */
const imported =
  /(?:from|import)\s*\(?\s*'#(?:src\/)?((?:features|web)\/[\w-]+(?=\/)|[\w-]+)/g;

function mayImport(folder: string, target: string) {
  const allowed = (below[folder] ?? '').split(' ');
  const isAnyFeature = target.startsWith('features/') && allowed.includes('features/*');
  return [folder, 'package', ...allowed].includes(target) || isAnyFeature;
}

test.each(Object.keys(below))(
  '%s imports the folders of its row, and no others',
  async (folder) => {
    const strays: string[] = [];
    const targets = new Set<string>();
    const files = folder === 'features' ? '*.ts' : '**/*.ts';
    const top = outside.has(folder) ? '' : 'src/';
    for await (const path of sourceFiles(`${top}${folder}/${files}`)) {
      for (const [, target = ''] of (await readFile(path, 'utf8')).matchAll(imported)) {
        targets.add(target);
        if (!mayImport(folder, target)) strays.push(`${path} -> ${target}`);
      }
    }
    expect(strays).toEqual([]);
    const row = (below[folder] ?? '').split(' ').filter(Boolean);
    const unused = row.filter((name) => name !== 'features/*' && !targets.has(name));
    expect(unused).toEqual([]);
  },
);

async function foldersIn(path: string) {
  const entries = await readdir(path, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

test('every folder of src, each feature and each part of web is in the table', async () => {
  const listParts = async (folder: string) =>
    (await foldersIn(`src/${folder}`)).map((name) => `${folder}/${name}`);
  const folders = (await foldersIn('src')).filter((folder) => folder !== 'web');
  expect(
    [...folders, ...(await listParts('features')), ...(await listParts('web'))].sort(),
  ).toEqual(
    Object.keys(below)
      .filter((folder) => !outside.has(folder))
      .sort(),
  );
});

test('every folder of src has a README with the four headings', async () => {
  for (const name of await foldersIn('src')) {
    const readme = await readFile(`src/${name}/README.md`, 'utf8');
    for (const heading of ['For', 'Not for', 'Doors', 'Time and failure']) {
      expect(readme, name).toContain(`**${heading}**`);
    }
  }
});

/** Most doors of a folder. */
const mostDoors = 6;
/** A module of `src` that a file loads by a static or dynamic import, or by its address for a thread or program. */
const loadedModule =
  /(?:^import\s+([^;']*?)\s+from\s+|^import\s+|import\(\s*|import\.meta\.resolve\(\s*)'#src\/(?:([^']+)\/)?([^'/]+)'/gms;

/** Whether an import is of types alone, which hold nothing of how a module works: the compiler checks them. */
function isOfTypes(names: string) {
  return /^type\b/.test(names) || /^\{(?:\s*type [^,}]+,?)+\s*\}$/.test(names);
}

// `house-doors.json`: modules of each folder of `src` whose values tests use, its contract, through which they see everything else.
test('tests reach each folder of src through its doors alone, and use every one of them', async () => {
  const match = new Map<string, Set<string>>();
  for await (const path of sourceFiles('test/**/*.ts')) {
    for (const [, names = '', folder = '', file = ''] of (
      await readFile(path, 'utf8')
    ).matchAll(loadedModule)) {
      // The functions of `ids.ts` give a text its type, and do nothing else.
      const isOfIds = folder === 'base' && file === 'ids.ts';
      if (isOfIds || isOfTypes(names)) continue;
      const used = match.get(folder) ?? new Set();
      match.set(folder, used.add(file.replace(/\.ts$/, '')));
    }
  }
  const listed = [...match].map(([folder, names]) => [
    folder,
    [...names].sort().join(' '),
  ]);
  expect(Object.fromEntries(listed)).toEqual(doors);
});

test('a folder has six doors at most', () => {
  const crowded = Object.entries(doors).filter(
    ([, names]) => names.split(' ').length > mostDoors,
  );
  expect(crowded).toEqual([]);
});

/** Names against the grammar in CONTRIBUTING.md that are still there. Each number only falls. */
const ceilings = {
  functionsThatEndInPreposition: 30,
  fileNamesThatStandTwice: 16,
  docstringsThatBeginWithWhatOrWho: 19,
};

const endsInPreposition =
  /[a-z\d](?<!Barge|Stand|log|fade)(?:Of|In|At|By|For|To|From|With)$/;
const beginsWithWhatOrWho = /^\*\s+(?:\*\s+)?(?:What|Who|Whom|Whose)\b/;

async function listProductFiles() {
  const pattern = '{src,commands,doctor,setup,page}/**/*.{ts,js,mjs}';
  const paths = await Array.fromAsync(sourceFiles(pattern));
  return paths.filter((path) => !path.endsWith('.d.ts'));
}

/** Names of the functions and methods that a file declares. */
function listFunctionNames(program: ReturnType<typeof parseSync>['program']) {
  const names: string[] = [];
  new Visitor({
    FunctionDeclaration: ({ id }) => void (id && names.push(id.name)),
    MethodDefinition: ({ key }) => {
      if (key.type === 'Identifier' || key.type === 'PrivateIdentifier')
        names.push(key.name);
    },
    VariableDeclarator: ({ id, init }) =>
      void (
        id.type === 'Identifier' &&
        init?.type === 'ArrowFunctionExpression' &&
        names.push(id.name)
      ),
  }).visit(program);
  return names;
}

test('no more functions end in a preposition, and no more docstrings begin with what or who', async () => {
  const endings: string[] = [];
  const clauses: string[] = [];
  for (const path of await listProductFiles()) {
    const { program, comments } = parseSync(path, await readFile(path, 'utf8'));
    const names = listFunctionNames(program).filter((name) =>
      endsInPreposition.test(name),
    );
    endings.push(...[...new Set(names)].map((name) => `${path}: ${name}`));
    const riddles = comments.filter(({ value }) => beginsWithWhatOrWho.test(value));
    clauses.push(...riddles.map(({ value }) => `${path}: ${value.slice(0, 60)}`));
  }
  expect(endings.length, endings.join('\n')).toBeLessThanOrEqual(
    ceilings.functionsThatEndInPreposition,
  );
  expect(clauses.length, clauses.join('\n')).toBeLessThanOrEqual(
    ceilings.docstringsThatBeginWithWhatOrWho,
  );
});

test('no more file names stand twice', async () => {
  const names = (await listProductFiles()).map((path) => basename(path));
  const twice = new Set(names.filter((name, n) => names.indexOf(name) !== n));
  expect(twice.size, [...twice].join(' ')).toBeLessThanOrEqual(
    ceilings.fileNamesThatStandTwice,
  );
});

// `docstring-examples.long.test.ts` compiles and runs them.
test('every example in a docstring is a program that ends with an expression and a comment of its value', async () => {
  for (const example of await readExamples())
    expect(() => toModule(example)).not.toThrow();
});
