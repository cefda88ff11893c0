import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { runDoctor } from '#doctor/doctor.ts';
import { openSandbox, type Sandbox, type SandboxOptions } from '#sandbox/sandbox.ts';
import { realClock } from '#src/base/clock.ts';

const never = new AbortController().signal;
const trusted = getCACertificates('default');
afterAll(() => setDefaultCACertificates(trusted));

const messages = '/channels/:channel/messages';
const makeRefusal = (method: string) => ({
  ...{ method, path: `${messages}/:message`, status: 403, times: Infinity },
});

/** Checks the bot live where its owner sits; `onLine` may plant a fault as a line comes. */
async function openPatient(options: SandboxOptions = {}) {
  const sandbox = await openSandbox(options);
  setDefaultCACertificates([...getCACertificates('default'), sandbox.certificate]);
  const folder = mkdtempSync(join(tmpdir(), 'parley-live-'));
  const { apiUrl, token } = sandbox;
  const environment = {
    DISCORD_TOKEN: token,
    DISCORD_API_URL: apiUrl,
    DATA_DIR: folder,
  };
  return {
    sandbox,
    folder,
    async check({
      silence = '1s',
      onLine = () => undefined,
      signal = never,
    }: {
      readonly silence?: string;
      readonly onLine?: (what: string) => void;
      readonly signal?: AbortSignal;
    } = {}) {
      const lines: string[] = [];
      const printLine = (line: string) => {
        lines.push(line);
        onLine(line.slice(11).split('  ')[0] ?? '');
      };
      const code = await runDoctor(['--live', '--silence', silence], {
        ...{
          clock: realClock,
          deadlineMs: 15_000,
          print: printLine,
          environment,
          signal,
        },
      });
      const report = lines.join('\n');
      /** Lines that are not `ok`, with what mends them. */
      const problems = lines
        .map((line, n) =>
          [line, lines[n + 1] ?? ''].map((text) => text.trim().replace(/ {2,}/g, ' ')),
        )
        .filter(([line = '']) => /^(?:differs|missing) /.test(line))
        .map(([line, mend]) => `${line} | ${mend}`);
      return { code, lines, problems, report };
    },
    async [Symbol.asyncDispose]() {
      await sandbox[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

test('a healthy server gives no problem, and the bot leaves nothing behind', async () => {
  await using patient = await openPatient();
  const { sandbox } = patient;
  await sandbox.person('Olga').join('Lounge', never);
  const { code, lines, problems, report } = await patient.check();
  expect(problems).toEqual([]);
  expect(code).toBe(0);
  expect(lines[0]).toMatch(/^The bot hears no person/);
  const checks = [...report.matchAll(/^ {2}ok {7}(\S.*?) {2,}/gm)].map(
    ([, what]) => what,
  );
  expect(checks).toEqual([
    ...['versions', 'gateway', 'permission', 'voice link', 'encryption', 'playback'],
    ...['messages', 'silence', 'leave'],
  ]);
  expect(lines.at(-1)).toMatch(/^Problems: 0\./);
  expect(sandbox.messages('Lounge')).toEqual([]);
  expect(sandbox.bot()).toEqual({ online: false, channel: undefined });
}, 60_000);

type Fault = {
  readonly name: string;
  readonly options?: SandboxOptions;
  /** Planted before the check begins. */
  readonly plantFault?: (sandbox: Sandbox) => void;
  /** Planted as a line about this comes. */
  readonly after?: readonly [what: string, plant: (sandbox: Sandbox) => void];
  readonly channel?: string;
  readonly silence?: string;
  /** The one line that is not ok, and its remedy. */
  readonly finds: RegExp;
};

const faults: readonly Fault[] = [
  {
    name: 'View Channel is missing',
    plantFault: (sandbox) =>
      sandbox.guild().permit('Lounge', 'Nova', { deny: ['viewChannel'] }),
    finds:
      /^missing permission I lack View Channel in channel 1\. \| mend: Whoever manages the channel can give it to my role there/,
  },
  {
    name: 'Connect is missing',
    plantFault: (sandbox) =>
      sandbox.guild().permit('Lounge', 'Nova', { deny: ['connect'] }),
    finds:
      /^missing channel no owner .* \| mend: join .* where the bot has View Channel and Connect/,
  },
  {
    name: 'Speak is missing',
    plantFault: (sandbox) =>
      sandbox.guild().permit('Lounge', 'Nova', { deny: ['speak'] }),
    finds: /^missing permission I lack Speak in channel 1.* \| mend: .*give/,
  },
  {
    name: 'Send Messages is missing',
    plantFault: (sandbox) =>
      sandbox.guild().permit('Lounge', 'Nova', { deny: ['sendMessages'] }),
    finds: /^missing messages .* \| mend: .*Send Messages/,
  },
  {
    name: 'the channel is full',
    plantFault: (sandbox) => sandbox.guild().changeChannel('Lounge', { userLimit: 1 }),
    finds: /^missing permission channel 1 is full.* \| mend: /,
  },
  {
    name: 'the bot is in the audience of a stage',
    options: { stageChannels: ['Hall'] },
    channel: 'Hall',
    finds:
      /^missing playback I can't speak now: .* \| mend: .*invite me to speak on a stage/,
  },
  {
    name: 'a moderator has muted the bot',
    plantFault: (sandbox) => sandbox.guild().mute('Nova', true),
    finds:
      /^missing playback I can't speak now: I am muted.* \| mend: A moderator can change that/,
  },
  {
    name: 'UDP is blocked',
    plantFault: ({ faults: { voice }, botId }) =>
      voice.setNetwork(botId, { down: { dead: true } }),
    finds: /^missing voice link .*is UDP blocked here\? \| mend: allow outgoing UDP/,
  },
  {
    name: 'the voice server refuses connections',
    plantFault: ({ faults }) => faults.voice.setConnections('refuse'),
    finds: /^missing voice link .* \| mend: allow outgoing UDP and TCP/,
  },
  {
    name: 'the voice server closes with 4017',
    plantFault: ({ faults: { voice }, botId }) =>
      voice.closeAt(botId, 'identify', 4017),
    finds: /^missing voice link .* \| mend: .*update Parley/,
  },
  {
    name: 'messages cannot be changed',
    plantFault: ({ faults }) => faults.rest(makeRefusal('PATCH')),
    finds: /^missing messages .* \| mend: .*Send Messages/,
  },
  {
    name: 'the voice server closes the link during the silence',
    after: ['messages', ({ faults: { voice }, botId }) => voice.close(botId, 4006)],
    silence: '3s',
    finds: /^differs silence .*voice close 4006.* \| mend: /,
  },
  {
    name: 'a moderator removes the bot',
    after: ['messages', (sandbox) => sandbox.guild().disconnectBot()],
    silence: '9s',
    finds: /^missing silence .* \| mend: .*audit log/,
  },
  {
    name: 'Discord keeps the seat of the bot',
    after: ['silence', ({ faults }) => faults.keepSeats()],
    finds:
      /^missing leave Discord still shows the bot in the channel.* \| mend: disconnect it/,
  },
];

/** Names, ids, keys and addresses of the sandbox that stand in the report. */
function namesIn(report: string, { apiUrl, botId, guildId, token }: Sandbox) {
  const channels = ['Lounge', 'Workshop', 'general'];
  const known = [
    ...[
      token,
      guildId,
      botId,
      apiUrl,
      '127.0.0.1',
      'localhost',
      'voice.invalid',
      'PRIVATE KEY',
    ],
    ...['Sandbox', 'Nova', 'Adam', 'Olga', 'Hall', ...channels],
  ];
  const ids = report.match(/\d{15,}/g) ?? [];
  return [...known.filter((text) => report.includes(text)), ...ids];
}

describe('of a planted fault the check names exactly that one, and its remedy', () => {
  test.each(faults)(
    '$name',
    { timeout: 120_000, retry: 1 }, // a voice server that gets no CPU for seconds is a fault, too
    async ({
      options,
      plantFault,
      after,
      channel = 'Lounge',
      silence = '1s',
      finds,
    }) => {
      await using patient = await openPatient(options);
      const { sandbox } = patient;
      await sandbox.person('Olga').join(channel, never);
      plantFault?.(sandbox);
      const { code, problems, report } = await patient.check({
        silence,
        onLine: (what) => {
          if (what === after?.[0]) after[1](sandbox);
        },
      });
      expect(problems).toEqual([expect.stringMatching(finds)]);
      expect(code).toBe(problems.some((line) => line.startsWith('missing')) ? 1 : 0);
      expect(namesIn(report, sandbox)).toEqual([]);
      expect(sandbox.bot()).toEqual({ online: false, channel: undefined });
    },
  );
});

test('Ctrl+C ends the check: the bot leaves, and the report has what was found', async () => {
  await using patient = await openPatient();
  const { sandbox } = patient;
  await sandbox.person('Olga').join('Lounge', never);
  const abort = new AbortController();
  const { code, report } = await patient.check({
    ...{
      silence: '60m',
      signal: abort.signal,
      onLine: (what) => {
        if (what === 'messages') abort.abort(new Error('ended by SIGINT'));
      },
    },
  });
  expect(code).toBe(130);
  expect(report).toContain('Ctrl+C ended the check early.');
  expect(report).toMatch(/^ {2}ok {7}leave /m);
  expect(sandbox.messages('Lounge')).toEqual([]);
  expect(sandbox.bot()).toEqual({ online: false, channel: undefined });
}, 60_000);
