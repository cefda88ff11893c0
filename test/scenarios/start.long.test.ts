import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { openSandbox } from '#sandbox/sandbox.ts';
import { runExamination } from '#test/doctor/run-examination.ts';
import { type ProcessEnd, runToEnd } from '#test/fakes/bot-process.ts';
import { findFreePort } from '#test/fakes/servers/listening-server.ts';
import { openSilentVoice } from '#test/sandbox/voice/silent-voice.ts';
import { makeRemoteSettings } from '#test/scenarios/setup/bot-setup.ts';
import { playScenario } from '#test/scenarios/setup/scenario-setup.ts';

const key = 'sk-nobody-should-ever-read-this';
/** Engines that nobody asks; without addresses the local ones are loaded, which takes a second of CPU. */
const servers = makeRemoteSettings({ baseUrl: 'http://127.0.0.1:9/v1' });

/** Nothing but these lines was complained of, and nobody was shown the inside of a program. */
function expectSentences({ complaints, out }: ProcessEnd, ...lines: readonly RegExp[]) {
  const reported = complaints.trimEnd().split('\n');
  expect(reported).toEqual(lines.map((line) => expect.stringMatching(line)));
  expect(out + complaints).not.toMatch(/^\s+at |Error:|node:internal/m);
}

playScenario(
  'a token that Discord refuses ends the start with where to get another',
  async () => {
    await using sandbox = await openSandbox({ voice: openSilentVoice().half });
    const token = `${sandbox.token}x`;
    const login = { DISCORD_TOKEN: token, DISCORD_API_URL: sandbox.apiUrl };
    // Compose and systemd pass each line of `.env` on, also those that say the default.
    const ended = await runToEnd({ ...servers, ...login, SHARDS: 'auto' });
    expect(ended.code).toBe(78);
    expectSentences(
      ended,
      /refused the token: copy a new one from https:.* into DISCORD_TOKEN\.$/,
    );
    expect(ended.out + ended.complaints).not.toContain(token);
  },
);

playScenario(
  'a Discord that cannot be reached ends the start with where it was looked for',
  async () => {
    const apiUrl = `http://127.0.0.1:${await findFreePort()}/api`;
    const ended = await runToEnd({
      ...servers,
      DISCORD_TOKEN: 'a.b.c',
      DISCORD_API_URL: apiUrl,
    });
    expect(ended.code).toBe(1);
    expectSentences(ended, /could not be reached.*ECONNREFUSED.*check DISCORD_API_URL/);
    expect(ended.complaints).toContain(apiUrl);
  },
);

playScenario(
  'a bug at the start ends it with 1, whatever still holds the process',
  async () => {
    const source =
      'export function openTraces() { setInterval(() => {}, 1000); throw new TypeError("a bug"); }';
    const hook = `import { registerHooks } from 'node:module';
registerHooks({ load: (url, context, next) => url.endsWith('/traces.ts')
  ? { format: 'module', shortCircuit: true, source: ${JSON.stringify(source)} } : next(url, context) });`;
    const login = { DISCORD_TOKEN: 'a.b.c', DISCORD_API_URL: 'http://127.0.0.1:9/api' };
    const flags = ['--import', `data:text/javascript,${encodeURIComponent(hook)}`];
    const ended = await runToEnd({ ...servers, ...login }, [], flags);
    expect([ended.code, ended.complaints]).toEqual([
      1,
      expect.stringContaining('TypeError: a bug'),
    ]);
  },
);

playScenario(
  'all wrong settings are told at once, a line each, and no secret',
  async () => {
    const ended = await runToEnd({
      DISCORD_TOKEN: `${key} with spaces`,
      DISCORD_API_URL: 'not an address',
      SERVERS_BARRED: 'my server',
      PIPELINE: 'magic',
      CONSENT_POLICY: 'maybe',
      OPENAI_API_KEY: `${key}\u{1f511}`,
      LOG_LEVEL: 'loud',
    });
    expect([ended.code, ended.out]).toEqual([78, '']);
    expectSentences(
      ended,
      /^DISCORD_TOKEN: /,
      /^OPENAI_API_KEY: /,
      /^CONSENT_POLICY: must be one of/,
      /^DISCORD_API_URL: must be an address like http/,
      /^SERVERS_BARRED: must be numeric ids/,
      /^PIPELINE: must be/,
      /^LOG_LEVEL: must be one of/,
    );
    expect(ended.complaints).not.toContain(key);
  },
);

playScenario(
  'a start without what it needs ends with 78 in the words of the doctor',
  async () => {
    const settings = {
      DATA_DIR: '/dev/null/data',
      SPEECH_MODEL: '/nowhere/voice',
      SPEECH_VOICE: 'nova',
      PAGE_PORT: '0',
      TRANSCRIPTION_BASE_URL: 'http://127.0.0.1:9/v1',
      TURN_MODEL: 'off',
    };
    const [ended, examined] = [
      await runToEnd(settings),
      await runExamination(['--offline'], settings),
    ];
    expect([ended.code, examined.code]).toEqual([78, 1]);
    expectSentences(
      ended,
      /^folder: \/dev\/null is no folder$/,
      /^ {2}mend: set DATA_DIR to a folder$/,
      /^models: \/nowhere\/voice is not there$/,
      /^ {2}mend: correct the path of the model, or give the folder/,
      /^voice: SPEECH_VOICE: the local voice is not called nova, and speaks as natural$/,
      /^ {2}mend: set SPEECH_VOICE to natural, deep/,
    );
    for (const line of ended.complaints.trimEnd().split('\n'))
      expect(examined.text).toContain(line.replace(/^\w+: (?=\/|SPEECH)/, '').trim());
    expect(examined.text).toMatch(/Missing: 2\. Do what stands behind "mend"/);
  },
);

playScenario('an option nobody knows is answered with those there are', async () => {
  const ended = await runToEnd({}, ['--twice']);
  expect(ended.code).toBe(78);
  expectSentences(ended, /--twice.* npm start \[-- --once\]$/);
});

playScenario(
  'a processor without SIMD ends the start with what is missing',
  async () => {
    // The flag means nothing on other processors.
    if (process.arch !== 'x64') return;
    const ended = await runToEnd({}, [], ['--no-enable-sse4-1']);
    expect(ended.code).toBe(78);
    expectSentences(
      ended,
      /^Parley hears with SIMD instructions of WebAssembly, and this/,
    );
  },
);

test.each(['start', 'doctor', 'setup'])(
  'npm run %s before npm ci says in one line to run it',
  async (script) => {
    const folder = await mkdtemp(join(tmpdir(), 'parley-bare-'));
    try {
      for (const path of ['package.json', 'src', 'doctor', 'setup'])
        await cp(path, join(folder, path), { recursive: true });
      const child = spawn('npm', ['run', '--silent', script], { cwd: folder });
      const complaints = text(child.stderr);
      const [code] = await once(child, 'close');
      expect([code, await complaints]).toEqual([
        78,
        'Run npm ci first: it installs the Node and the libraries that Parley runs on.\n',
      ]);
    } finally {
      await rm(folder, { recursive: true });
    }
  },
);
