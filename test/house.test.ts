import { readdir, readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { sourceFiles } from '#test/source-files.ts';

/** Folders that each folder may import. A new arrow is a reviewed line here. */
const below: Readonly<Record<string, string>> = {
  base: '',
  texts: '',
  audio: 'base',
  turn: '',
  people: '',
  provider: 'base',
  chat: 'provider audio base',
  speech: 'provider audio base',
  playback: 'audio base',
  sources: 'audio base',
  pipeline: 'speech chat provider audio texts base',
  spending: 'pipeline speech chat provider audio texts base',
  /** Tables, statements and connections, the same for both databases; knows no table. */
  sql: 'base',
  /** Contracts of Discord, the stores and listeners to events. */
  ports: 'spending sources speech people turn audio texts base',
  /** Settings that servers and people choose. */
  settings: 'ports spending pipeline playback speech people turn texts base',
  /** Sentences of the bot about itself: said, written, and about what fails. */
  notices: 'ports speech people texts base',
  /** What people say and the bot says as sound. */
  voice:
    'settings ports spending pipeline playback speech chat provider people turn audio texts base',
  /** One voice channel's talk; knows no feature. */
  conversation:
    'voice notices settings ports spending pipeline playback speech chat people turn audio texts base',
  /** Where the bot sits: joins, moves, returns, leaves. */
  sessions:
    'conversation voice notices settings ports spending pipeline playback people turn audio texts base',
  /** Examinations of one part each, for the doctor, setup and `/settings check`. */
  probes: 'sessions ports pipeline speech chat provider people audio texts base',
  /** Recognisers, voices and chat models. */
  engines: 'spending sources speech chat provider audio base',
  /** What features and commands declare, and what they are given. */
  'features/contract':
    'sessions conversation settings ports sql spending pipeline sources speech chat provider people audio texts base',
  /** The list of features. */
  features: 'conversation settings features/*',
  /** One folder a feature. Another feature stands here only where it needs it. */
  'features/captions':
    'features/memories features/contract sessions conversation notices settings ports sql spending pipeline playback speech chat people texts base',
  'features/memories':
    'features/contract sessions conversation settings ports sql pipeline turn texts base',
  'features/personas': 'features/contract sessions conversation settings ports speech people',
  'features/reminders':
    'features/memories features/contract sessions conversation notices ports sql chat people texts base',
  'features/seats':
    'features/contract sessions conversation notices settings ports people texts base',
  'features/settings':
    'features/contract probes sessions conversation voice settings ports spending pipeline provider texts base',
  'features/tools': 'features/contract conversation voice chat people texts base',
  'features/tracks':
    'features/contract sessions conversation voice notices ports sql spending sources playback speech people audio texts base',
  'features/typed':
    'features/tracks features/memories features/contract sessions conversation voice notices settings ports spending pipeline sources playback speech chat people turn audio texts base',
  'features/words': 'features/contract sessions conversation settings',
  commands:
    'features probes sessions conversation settings ports spending playback people texts base features/*',
  /** A program of its own, over the bot's own settings. */
  doctor:
    'storage discord config engines commands features features/tools probes ports pipeline speech chat provider audio base',
  /** A program of its own that writes `.env`. */
  setup: 'discord config engines doctor commands spending provider base',
  config: 'features/tools engines spending pipeline sources provider turn base',
  discord: 'ports people audio texts base features/contract',
  /** Shares the frames of sound with the page. */
  sandbox: 'web/http speech audio texts base page',
  storage:
    'web/api features/tracks features/reminders features/captions ports sql spending people base',
  ops: 'ports base',
  /** Parts that everything served over HTTP shares. */
  'web/http': 'base',
  /** Requests of programs over HTTP, and the tokens they come with. */
  'web/api':
    'web/http features/typed features/tracks features/captions features/contract notices ports sql spending pipeline sources playback chat people audio texts base',
  /** Reads a typed command as the page does, and the lines of the sandbox by their types. */
  console: 'probes ports speech turn audio base page sandbox',
  /** Programs that measure folders, and the whole bot as a process. Tests share its recordings. */
  bench:
    'app config engines features console sandbox voice ports spending pipeline speech chat provider turn audio base test',
  /** Puts everything together, so it imports from everywhere but the programs beside it. */
  app: 'console web/api web/http ops storage discord config commands features engines sessions conversation settings ports spending pipeline sources playback speech chat provider people turn audio texts base features/*',
};

/** Rooms beside `src`: one file per command, and programs of their own. */
const outside = new Set(['commands', 'sandbox', 'doctor', 'setup', 'bench']);

/** The folder named by every `from '#…'`, `import '#…'` and `import('#…')`, type imports too. */
const imported = /(?:from|import)\s*\(?\s*'#(?:src\/)?((?:features|web)\/[\w-]+(?=\/)|[\w-]+)/g;

function mayImport(folder: string, target: string): boolean {
  const allowed = (below[folder] ?? '').split(' ');
  const isAnyFeature = target.startsWith('features/') && allowed.includes('features/*');
  return [folder, 'package', ...allowed].includes(target) || isAnyFeature;
}

test.each(Object.keys(below))('%s imports only the folders below it', async (folder) => {
  const strays: string[] = [];
  const files = folder === 'features' ? '*.ts' : '**/*.ts';
  const top = outside.has(folder) ? '' : 'src/';
  for await (const path of sourceFiles(`${top}${folder}/${files}`)) {
    for (const [, target = ''] of (await readFile(path, 'utf8')).matchAll(imported))
      if (!mayImport(folder, target)) strays.push(`${path} -> ${target}`);
  }
  expect(strays).toEqual([]);
});

async function foldersIn(path: string): Promise<readonly string[]> {
  const entries = await readdir(path, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

test('every folder of src, each feature and each part of web is in the table', async () => {
  const parts = async (folder: string) =>
    (await foldersIn(`src/${folder}`)).map((name) => `${folder}/${name}`);
  const folders = (await foldersIn('src')).filter((folder) => folder !== 'web');
  expect([...folders, ...(await parts('features')), ...(await parts('web'))].sort()).toEqual(
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

/** Modules of each folder of `src` whose values tests use: its contract, through which they see everything else. */
const doors: Readonly<Record<string, string>> = {
  app: 'bot budget http-parser.mjs main.mjs provider-log shared-parts',
  'app/engines': 'engines',
  'app/programs': 'token',
  'app/sandbox': 'in-sandbox page-view',
  audio: 'ogg-page packet pcm resample sniff wav',
  'audio/echo': 'echo-meter echo-sent',
  'audio/encode': 'sound-encoder sound-encoders',
  'audio/loudness': 'loudness-meter',
  'audio/opus': 'load-opus opus-packet',
  'audio/polyphase': 'change-of-rate',
  'audio/voice': 'speaker-stream voice-meter',
  base: 'alerts clock compile-cache errors json secret',
  'base/loops': 'mailbox periodic-task',
  chat: 'history metered-chat stand-in',
  'chat/completions': 'answer-text openai-chat',
  'chat/marks':
    'stream-ends.json template-tokens.json thoughts.json wrappers.json written-calls.json',
  'chat/realtime': 'realtime-talk',
  'chat/text': 'clauses speakable time-phrases',
  config: 'config dot-env external-tools models settings tariffs',
  console: 'event-log exchange printer',
  'conversation/answering': 'begin-answer',
  'conversation/machine': 'questions reconnect-policy rules state step',
  discord: 'channel-people client leave-seats login own-state places',
  'discord/account': 'account-rest operator-message rights',
  'discord/interactions': 'forms reception register-only rendering slashes',
  'discord/link': 'link-watchdog receiver sender signal-pace voice-library voice-link-opener',
  'discord/outbox': 'live-message outbox',
  'discord/panel': 'channel-messages panel-face',
  'discord/shards': 'gateway-limits identify-limits',
  engines: 'engine engines outside-engine speech-http',
  features: 'features',
  'features/captions/answers': 'make-recap numbered-prompt-lines',
  'features/captions/files': 'transcript-file',
  'features/captions/live': 'live-captions',
  'features/captions/store': 'transcript-ports transcript-tables',
  'features/contract': 'tool-definition written-answer-concurrency',
  'features/memories': 'memory-store person-by-name',
  'features/reminders': 'reminder-scheduler reminder-store',
  'features/seats': 'automatic-joins seat-return',
  'features/tools': 'adapt-external-tool external-tool post-text-tool',
  'features/tools/mcp': 'mcp-connection mcp-servers servers-file tool-changes',
  'features/tracks': 'sound-matching track-panel track-store',
  'features/typed':
    'chat-read-aloud kept-words program-answers program-transcriptions typed-message-handler',
  'features/words': 'server-vocabulary',
  notices: 'notice',
  ops: 'alert-board log operator-notices readiness server speed-stats',
  'ops/metrics': 'metrics traces',
  people: 'channel-openness confidential-text consent',
  pipeline: 'chained pipeline written',
  'pipeline/audio-model': 'audio-model audio-model-stand-in',
  'playback/mix': 'gain levelling mixer music-limiter track',
  'playback/reply': 'cue-track load-cues spoken-reply stretch',
  'playback/tracks': 'named-tracks track-name',
  ports: 'failure-event panel session-events talk-guide',
  probes: 'engine-probes probe',
  provider: 'client fallback-chain guarded-fetch json-socket server-events',
  'provider/models': 'describe-error model-endings model-list models request-hold',
  sessions: 'confirmed-tool-runner panel-view privacy-requests shard-features voice-sessions',
  settings: 'access-control guild-settings personal-settings-cache setting-definition',
  sources: 'decoder-port ffmpeg library recordings sources',
  'sources/decode': 'decode-stream decoding',
  'sources/fetch': 'allowed-hosts fetch name-resolver public-address',
  'sources/formats': 'flac-frames mp3-frames sound-length',
  speech: 'hints listen package-file pronunciation voice-names',
  'speech/embedded': 'embedded-synthesizer embedded-transcriber engine serve-engine wasm-patch',
  'speech/fallbacks': 'metered-voice speech-fallbacks standard-voice',
  'speech/openai':
    'openai-synthesizer openai-transcriber server-voices sound-stream transcript-reply',
  'speech/realtime': 'realtime-parts realtime-synthesizer realtime-transcriber',
  'speech/text-language': 'text-language',
  spending: 'budget-authority paid-engine reservation session-budgets total-budget',
  'spending/ledger': 'ledger ledger-persistence total-portion',
  'spending/prices': 'prices',
  sql: 'columns connection sqlite table',
  storage: 'database schema store-health store-kinds',
  'storage/backups': 'backup copy-names restore',
  'storage/data-dir': 'data-dir-lock store-files',
  'storage/postgres': 'keep-stores migrate postgres-driver shard-locks',
  'storage/sqlite': 'sqlite-driver sqlite-file sqlite-worker',
  'storage/stores': 'store-parts',
  texts: 'locales plain report tables texts wall-time',
  turn: 'answerable',
  'turn/addressing': 'addressing names',
  'turn/endpointing': 'end-of-turn endpointing endpointing-delay',
  'turn/languages': 'everywhere.json languages',
  'turn/overlap': 'interjections interruption interruption-rules',
  'turn/speaker-language': 'speaker-language',
  'web/api': 'api event-webhooks server-events',
  'web/api/routes': 'routes',
  'web/api/tokens': 'new-token token-budgets token-store',
  'web/http': 'doors page viewer',
};

/** Most doors of a folder. */
const mostDoors = 6;
/** A module of `src` that a file loads by a static or dynamic import, or by its address for a thread or program. */
const loadedModule =
  /(?:^import\s+([^;']*?)\s+from\s+|^import\s+|import\(\s*|import\.meta\.resolve\(\s*)'#src\/(?:([^']+)\/)?([^'/]+)'/gms;

/** Whether an import is of types alone, which hold nothing of how a module works: the compiler checks them. */
function isOfTypes(names: string): boolean {
  return /^type\b/.test(names) || /^\{(?:\s*type [^,}]+,?)+\s*\}$/.test(names);
}

test('tests reach each folder of src through its doors alone, and use every one of them', async () => {
  const found = new Map<string, Set<string>>();
  for await (const path of sourceFiles('test/**/*.ts')) {
    for (const [, names = '', folder = '', file = ''] of (await readFile(path, 'utf8')).matchAll(
      loadedModule,
    )) {
      if (isOfTypes(names)) continue;
      const used = found.get(folder) ?? new Set();
      found.set(folder, used.add(file.replace(/\.ts$/, '')));
    }
  }
  const listed = [...found].map(([folder, names]) => [folder, [...names].sort().join(' ')]);
  expect(Object.fromEntries(listed)).toEqual(doors);
});

test('a folder has six doors at most', () => {
  const crowded = Object.entries(doors).filter(([, names]) => names.split(' ').length > mostDoors);
  expect(crowded).toEqual([]);
});
