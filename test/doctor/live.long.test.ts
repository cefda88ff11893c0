import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, describe, expect, test } from 'vitest';
import { runDoctor } from '#doctor/doctor.ts';
import { openSandbox, type Sandbox, type SandboxOptions } from '#sandbox/sandbox.ts';
import { realClock } from '#src/base/clock.ts';

const never = new AbortController().signal;
const trusted = getCACertificates('default');
afterAll(() => setDefaultCACertificates(trusted));

const messages = '/channels/:channel/messages';
const refusing = (method: string) => ({
  ...{ method, path: `${messages}/:message`, status: 403, times: Number.POSITIVE_INFINITY },
});

/** Checks the bot live in the Lounge of a sandbox; `onLine` may plant a fault as a line comes. */
async function openPatient(options: SandboxOptions = {}) {
  const sandbox = await openSandbox(options);
  setDefaultCACertificates([...getCACertificates('default'), sandbox.certificate]);
  const folder = mkdtempSync(join(tmpdir(), 'parley-live-'));
  const { apiUrl, guildId, token } = sandbox;
  const environment = { DISCORD_TOKEN: token, DISCORD_API_URL: apiUrl, DATA_DIR: folder };
  const reports = () => readdirSync(folder).filter((name) => name.endsWith('.md'));
  return {
    sandbox,
    folder,
    async check({
      place = `${guildId}/${sandbox.channelId('Lounge')}`,
      silence = '1s',
      onLine = () => undefined,
      signal = never,
    }: {
      /** Empty: where the operator sits. */
      readonly place?: string;
      readonly silence?: string;
      readonly onLine?: (what: string) => void;
      readonly signal?: AbortSignal;
    } = {}) {
      const lines: string[] = [];
      const print = (line: string) => {
        lines.push(line);
        onLine(line.slice(11).split('  ')[0] ?? '');
      };
      const args = ['--live', ...(place ? [place] : []), '--silence', silence];
      const code = await runDoctor(args, {
        ...{ clock: realClock, deadlineMs: 5_000, print, environment, folder, signal },
      });
      const [name] = reports();
      const report = name === undefined ? '' : readFileSync(join(folder, name), 'utf8');
      /** Lines that are not `ok`, with what mends them. */
      const problems = lines
        .map((line, n) =>
          [line, lines[n + 1] ?? ''].map((one) => one.trim().replace(/ {2,}/g, ' ')),
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
  await sandbox.person('Adam').join('Lounge', never);
  const { code, lines, problems, report } = await patient.check();
  expect(problems).toEqual([]);
  expect(code).toBe(0);
  expect(lines.some((line) => line.startsWith('The bot hears no person'))).toBe(true);
  const checks = [...report.matchAll(/^\| ([a-z][\w ]+?) \| ok \|/gim)].map(([, what]) => what);
  expect(checks).toEqual([
    ...['rights', 'gateway', 'join', 'transport', 'DAVE', 'gateway resume', 'voice resume'],
    ...['panel', 'panel edit', 'captions', 'captions edit', 'silence', 'reconnect', 'move'],
    ...['move back', 'leave', 'left behind'],
  ]);
  expect(sandbox.messages('Lounge')).toEqual([]);
  expect(sandbox.bot()).toEqual({ online: false, channel: undefined });
}, 60_000);

type Fault = {
  readonly name: string;
  readonly options?: SandboxOptions;
  /** Planted before the check begins. */
  readonly plant?: (sandbox: Sandbox) => void;
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
    plant: (sandbox) => sandbox.guild().permit('Lounge', 'Nova', { deny: ['viewChannel'] }),
    finds:
      /^missing rights the bot does not have View Channel:.* \| mend: .*allow View Channel for/,
  },
  {
    name: 'Connect is missing',
    plant: (sandbox) => sandbox.guild().permit('Lounge', 'Nova', { deny: ['connect'] }),
    finds: /^missing rights the bot does not have Connect:.* \| mend: .*allow Connect for/,
  },
  {
    name: 'Speak is missing',
    plant: (sandbox) => sandbox.guild().permit('Lounge', 'Nova', { deny: ['speak'] }),
    finds: /^missing rights the bot does not have Speak \| mend: .*allow Speak for/,
  },
  {
    name: 'Send Messages is missing',
    plant: (sandbox) => sandbox.guild().permit('Lounge', 'Nova', { deny: ['sendMessages'] }),
    finds: /^missing rights the bot does not have Send Messages \| mend: .*allow Send Messages for/,
  },
  {
    name: 'the channel is full',
    plant: (sandbox) => sandbox.guild().changeChannel('Lounge', { userLimit: 1 }),
    finds: /^missing channel full: 1 of 1 people.* \| mend: raise the channel's user limit/,
  },
  {
    name: 'the bot is in the audience of a stage',
    options: { stageChannels: ['Hall'] },
    channel: 'Hall',
    finds: /^missing speaking the bot is in the audience.* \| mend: ask a moderator/,
  },
  {
    name: 'a moderator has muted the bot',
    plant: (sandbox) => sandbox.guild().mute('Nova', true),
    finds: /^missing speaking a moderator has muted the bot.* \| mend: .*undo Server Mute/,
  },
  {
    name: 'UDP is blocked',
    plant: ({ faults: { voice }, botId }) => voice.network(botId, { down: { dead: true } }),
    finds:
      /^missing join UDP is blocked: the voice server does not answer.* \| mend: allow outgoing UDP/,
  },
  {
    name: 'the voice server refuses connections',
    plant: ({ faults }) => faults.voice.connections('refuse'),
    finds:
      /^missing join the bot cannot reach the voice server over TCP.* \| mend: allow outgoing TCP/,
  },
  {
    name: 'no name server knows the voice server',
    plant: ({ faults }) => faults.misdirect(Number.POSITIVE_INFINITY),
    finds:
      /^missing join the bot cannot reach the voice server over TCP.* \| mend: .*your DNS knows/,
  },
  {
    name: 'the voice server says nothing',
    plant: ({ faults }) => faults.voice.connections('hang'),
    finds: /^missing join the voice server did not answer the login.* \| mend: check https/,
  },
  {
    name: 'the voice server closes with 4006',
    plant: ({ faults: { voice }, botId }) => voice.closeAt(botId, 'identify', 4006),
    finds:
      /^missing join the voice server closed the link repeatedly \(link\.refused, voice close 4006\) \| mend: check https/,
  },
  {
    name: 'the voice server closes with 4017',
    plant: ({ faults: { voice }, botId }) => voice.closeAt(botId, 'identify', 4017),
    finds:
      /^missing join Discord requires end-to-end encryption \(DAVE\).* \| mend: .*update Parley/,
  },
  {
    name: 'the end-to-end group is never established',
    plant: ({ faults: { voice }, botId }) => voice.late(botId, 'dave', Number.POSITIVE_INFINITY),
    finds: /^missing join .*could not start end-to-end encryption \(DAVE\).* \| mend: ask them/,
  },
  {
    name: 'the session of the main gateway cannot be resumed',
    options: { resumeMs: 1 },
    finds:
      /^differs gateway resume Discord refused to resume.* \| mend: check that no other process/,
  },
  {
    name: 'the voice session cannot be resumed',
    plant: ({ faults: { voice }, botId }) => voice.closeAt(botId, 'resume', 4006),
    finds: /^differs voice resume the voice server refused to resume \(4006\).* \| mend: /,
  },
  {
    name: 'the chat takes no message',
    plant: ({ faults }) =>
      faults.rest({ method: 'POST', path: messages, status: 403, times: Number.POSITIVE_INFINITY }),
    finds: /^missing panel Discord refused the message.* \| mend: .*AutoMod/,
  },
  {
    name: 'messages cannot be changed',
    plant: ({ faults }) => faults.rest(refusing('PATCH')),
    finds: /^missing panel edit Discord refused to change the message.* \| mend: .*AutoMod/,
  },
  {
    name: 'the voice server closes the link during the silence',
    after: ['captions edit', ({ faults: { voice }, botId }) => voice.close(botId, 4006)],
    silence: '3s',
    finds: /^differs silence the voice server closed the link \(4006\);.* \| mend: /,
  },
  {
    name: 'a moderator removes the bot',
    after: ['captions edit', ({ faults }) => faults.disconnectBot()],
    silence: '9s',
    finds: /^missing silence a person removed or moved the bot.* \| mend: .*audit log/,
  },
  {
    name: 'a move gets no answer',
    after: ['reconnect', ({ faults }) => faults.ignoreSeats(1)],
    finds:
      /^missing move Discord did not let the bot into the channel.* \| mend: check that the channel is not full/,
  },
  {
    name: 'Discord keeps the seat of the bot',
    after: ['move back', ({ faults }) => faults.keepSeats()],
    finds: /^missing leave Discord still shows the bot in the channel.* \| mend: disconnect it/,
  },
  {
    name: 'Discord does not tell where the bot sits',
    after: [
      'move back',
      ({ faults }) =>
        faults.rest({
          ...{ method: 'GET', path: '/guilds/:guild/voice-states/:user', status: 500 },
          times: Number.POSITIVE_INFINITY,
        }),
    ],
    finds: /^differs leave Discord did not say whether the bot has left.* \| mend: look at/,
  },
  {
    name: 'Read Message History is missing',
    plant: (sandbox) => sandbox.guild().permit('Lounge', 'Nova', { deny: ['readHistory'] }),
    finds:
      /^differs rights the bot does not have Read Message History \| mend: .*allow Read Message History/,
  },
  {
    name: 'messages cannot be deleted',
    plant: ({ faults }) => faults.rest(refusing('DELETE')),
    finds:
      /^missing left behind the bot could not delete 2 of its 2 messages.* \| mend: delete them by hand/,
  },
];

/** Names, ids, keys and addresses of the sandbox that stand in the report. */
function namesIn(report: string, { apiUrl, botId, guildId, token }: Sandbox) {
  const channels = ['Lounge', 'Workshop', 'general'];
  const known = [
    ...[token, guildId, botId, apiUrl, '127.0.0.1', 'localhost', 'voice.invalid', 'PRIVATE KEY'],
    ...['Sandbox', 'Nova', 'Adam', 'Olga', 'Hall', ...channels],
  ];
  const ids = report.match(/\d{15,}/g) ?? [];
  return [...known.filter((one) => report.includes(one)), ...ids];
}

describe.concurrent('of a planted fault the check names exactly that one, and its remedy', () => {
  test.each(faults)(
    '$name',
    { timeout: 60_000, retry: 1 }, // a voice server that gets no CPU for seconds is a fault, too
    async ({ options, plant, after, channel = 'Lounge', silence = '1s', finds }) => {
      await using patient = await openPatient(options);
      const { sandbox } = patient;
      await sandbox.person('Adam').join(channel, never);
      plant?.(sandbox);
      const onLine = (what: string) => {
        if (what === after?.[0]) after[1](sandbox);
      };
      const { code, problems, report } = await patient.check({
        ...{ place: `${sandbox.guildId}/${sandbox.channelId(channel)}`, silence, onLine },
      });
      expect(problems).toEqual([expect.stringMatching(finds)]);
      expect(code).toBe(problems.some((line) => line.startsWith('missing')) ? 1 : 0);
      expect(report).toContain('# Live check of Parley');
      expect(namesIn(report, sandbox)).toEqual([]);
      expect(sandbox.bot()).toEqual({ online: false, channel: undefined });
    },
  );
});

test('Ctrl+C ends the check: the bot leaves, its messages are deleted, and the report has what was found', async () => {
  await using patient = await openPatient();
  const { sandbox } = patient;
  const over = new AbortController();
  const onLine = (what: string) => {
    if (what === 'captions') over.abort(new Error('ended by SIGINT'));
  };
  const { code, lines, report } = await patient.check({
    ...{ silence: '60m', signal: over.signal, onLine },
  });
  expect(code).toBe(130);
  expect(lines.at(-1)).toMatch(
    /^The report, without ids, names, tokens and addresses\. Attach it to a bug report: /,
  );
  expect(report).toContain('| captions | ok |');
  expect(report).toContain('Ctrl+C ended the check early; until then no problem was found.');
  expect(report).toContain('nothing: the bot deleted its 2 messages');
  expect(sandbox.messages('Lounge')).toEqual([]);
  expect(sandbox.bot()).toEqual({ online: false, channel: undefined });
}, 60_000);

test('without a place the check goes where the operator sits', async () => {
  await using patient = await openPatient();
  await patient.sandbox.person('Olga').join('Workshop', never);
  const { code, lines } = await patient.check({ place: '' });
  expect(lines).toContain('Live check of #Workshop in Sandbox');
  expect(code).toBe(0);
}, 60_000);
