import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { joinSamples } from '#src/audio/pcm.ts';
import { realClock } from '#src/base/clock.ts';
import { encodePcm, readSpeech } from '#test/audio/recorded-speech.ts';
import { transcribeText } from '#test/contracts/transcriber-contract.ts';
import { openMockProviders } from '#test/fakes/providers/mock-providers.ts';
import { openRunningBot } from '#test/mission/running-bot.ts';
import { commandReply } from '#test/scenarios/setup/asking.ts';

const { DISCORD_PY = '', DISNAKE = '', OCEANIC = '' } = process.env;
const question = readSpeech('human-goforward');
/** Longer than a pause within an answer. */
const quietMs = 1_500;
const never = new AbortController().signal;
const answer = 'Ten meters is a long way to go.';

const stack = new AsyncDisposableStack();
let bot: Awaited<ReturnType<typeof openRunningBot>>;
let folder: string;
beforeAll(async () => {
  const replies = [{ match: /go forward/i, text: answer }];
  const { baseUrl } = stack.use(await openMockProviders({ replies }));
  // Whisper hears and Kokoro speaks, both in the bot.
  bot = stack.use(await openRunningBot({ CHAT_COMPLETION_BASE_URL: baseUrl }));
  // Models are read from the disk before somebody waits for an answer.
  await transcribeText(bot.transcriber, question);
  folder = await mkdtemp(join(tmpdir(), 'parley-discord-'));
  stack.defer(() => rm(folder, { recursive: true }));
  // The libraries run as a user of their own.
  await chmod(folder, 0o755);
  await writeFile(join(folder, 'certificate.pem'), bot.sandbox.certificate);
});
afterAll(() => stack.disposeAsync());

/** A person of the sandbox whose seat a program takes. It sits there when this resolves. */
async function openMember(name: string, program: string) {
  const { sandbox, codec } = bot;
  const person = sandbox.person(name);
  const account = await sandbox.openAccount(name);
  const job = {
    ...account,
    certificate: join(folder, 'certificate.pem'),
    guildId: sandbox.guildId,
    channelId: sandbox.channelId('Lounge'),
    botId: sandbox.botId,
    packets: encodePcm(question, codec).map((packet) => packet.toString('base64')),
  };
  const path = join(folder, `${name}.json`);
  await writeFile(path, JSON.stringify(job));
  const child = spawn(program, [path], {
    stdio: ['pipe', 'pipe', 'inherit'],
    timeout: 120_000,
  });
  // discord.py goes on after SIGTERM.
  stack.defer(() => void child.kill('SIGKILL'));
  const ended = once(child, 'exit');
  const decoder = codec.createDecoder(16_000);
  const heardSounds: Int16Array[] = [];
  const told: string[] = [];
  createInterface(child.stdout).on('line', (line) => {
    const [word = '', packet = ''] = line.split(' ');
    if (word === 'heard')
      heardSounds.push(decoder.decode(Buffer.from(packet, 'base64')));
    else told.push(word);
  });
  const waitUntilTold = (word: string) =>
    expect.poll(() => told, { timeout: 60_000 }).toContain(word);
  await waitUntilTold('joined');
  return {
    person,
    /** Speaks, and returns the sound of the bot until a pause. */
    async askAndListen() {
      heardSounds.length = 0;
      child.stdin.write('speak\n');
      await waitUntilTold('spoken');
      await expect
        .poll(() => heardSounds.length, { timeout: 60_000 })
        .toBeGreaterThan(25);
      for (let heardBefore = 0; heardBefore < heardSounds.length; ) {
        heardBefore = heardSounds.length;
        await realClock.sleep(quietMs, never);
      }
      return {
        samples: joinSamples(heardSounds),
        rateHz: 16_000,
        channels: 1,
      } as const;
    },
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      expect(await ended).toEqual([0, null]);
      await account[Symbol.asyncDispose]();
    },
  };
}

// Proves: REST, gateway and voice of Discord by fake (people by discord.py, disnake and oceanic.js)
test.each([
  ['discord.py', DISCORD_PY],
  ['disnake, with libdave', DISNAKE],
  ['oceanic.js', OCEANIC],
])(
  'somebody who sits there by %s is understood, and hears the answer',
  async (library, program) => {
    const [name = ''] = library.split(/\W/);
    await using member = await openMember(name, program);
    await commandReply(member.person, 'join');
    // Nobody is told when the keys of the group are changed: people wait for a moment.
    await realClock.sleep(quietMs, never);
    const answered = await member.askAndListen();
    expect(await transcribeText(bot.transcriber, answered)).toMatch(
      /meters .*a long way/i,
    );
    await commandReply(member.person, 'leave');
  },
);
