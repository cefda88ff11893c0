import { readFile } from 'node:fs/promises';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { captions } from '#commands/captions/captions.ts';
import { openSandbox, type Sandbox } from '#sandbox/sandbox.ts';
import { fileLimitBytes } from '#sandbox/world/world-attachments.ts';
import { realClock } from '#src/base/clock.ts';
import type { CommandPorts } from '#src/conversation/command.ts';
import { type Discord, openDiscord } from '#src/discord/client.ts';
import type { DiscordEvent } from '#src/discord/events.ts';
import { TranscriptStores } from '#src/features/captions/transcripts/disk-and-memory-stores.ts';
import { TranscriptLookup } from '#src/features/captions/transcripts/transcript-lookup.ts';
import { openLocalTranscripts } from '#src/storage/transcripts/local-transcripts.ts';
import { wallTimesIn } from '#src/texts/wall-time.ts';
import { by, lineOf, sessionOf } from '#test/contracts/stores/transcript-samples.ts';
import { openAccess } from '#test/fakes/open-access.ts';
import { readSrt } from '#test/features/captions/files/subtitle-readers.ts';
import { download } from '#test/sandbox/download.ts';
import { silentVoice } from '#test/sandbox/voice/silent-voice.ts';

const soon = () => AbortSignal.timeout(30_000);
/** So many lines of 6,000 bytes are more than one file may hold: three for each letter. */
const said = Array.from({ length: 1_800 }, (_, n) => `Line${n} ${'ა'.repeat(1_990)}${n}`);
const events: DiscordEvent[] = [];

let opened: { readonly sandbox: Sandbox; readonly bot: Discord } | undefined;
beforeAll(async () => {
  const sandbox = await openSandbox({ voice: silentVoice().half });
  const { apiUrl, token, guildId } = sandbox;
  const transcripts = await transcriptsOf(guildId);
  const timesIn = () => wallTimesIn('UTC');
  const known = { ...openAccess, clock: realClock, port: () => transcripts, timesIn };
  const ports = () => known as unknown as CommandPorts;
  const onEvent = (event: DiscordEvent) => {
    events.push(event);
    if (event.kind === 'command-failed') console.log(String(event.error).slice(0, 300));
  };
  const commands = [captions];
  const bot = await openDiscord({ apiUrl, token, guildId, commands, ports, onEvent }, soon());
  opened = { sandbox, bot };
});
afterAll(async () => {
  await opened?.bot[Symbol.asyncDispose]();
  await opened?.sandbox[Symbol.asyncDispose]();
});

/** Transcripts in a store of its own, for people who may open the channel. */
async function transcriptsOf(guildId: string): Promise<TranscriptLookup> {
  const [onDisk, inMemory] = await Promise.all(
    [1, 2].map(() => openLocalTranscripts(':memory:', { clock: realClock })),
  );
  if (!onDisk || !inMemory) throw new Error('No store was opened.');
  await onDisk.writer.putSession(sessionOf('a', { guildId }));
  const lines = said.map((text, n) => lineOf('a', n + 1, text, by(`${n % 3}`, `Ana ${n % 3}`)));
  await onDisk.writer.putLines(lines);
  const settings = { in: () => ({ of: () => true }), load: async () => true };
  return new TranscriptLookup(
    {
      clock: realClock,
      timeZone: 'UTC',
      onEvent: () => undefined,
      places: { localeIn: () => 'en', seatOf: () => undefined },
      captionChats: { mayOpen: async () => 'yes' },
      transcripts: new TranscriptStores(onDisk, inMemory),
    } as unknown as ConstructorParameters<typeof TranscriptLookup>[0],
    { sessions: () => [], settings } as unknown as ConstructorParameters<
      typeof TranscriptLookup
    >[1],
  );
}

const readers = {
  srt: async (file: string) => readSrt(file).map(({ text }) => text),
  json: async (file: string) => {
    const schema: unknown = JSON.parse(await readFile('docs/transcript.schema.json', 'utf8'));
    const fits = new Ajv2020({ strict: true, strictTypes: false }).compile(schema as object);
    const read = JSON.parse(file);
    expect(fits(read)).toBe(true);
    return read.lines.map(({ text }: { readonly text: string }) => text);
  },
} as const;

test.each(Object.entries(readers))(
  'a transcript above the limit of Discord comes as several %s files, which hold every line once',
  async (format, readPart) => {
    if (!opened) throw new Error('the sandbox is not open');
    const { bot: _, sandbox } = opened;
    const asked = sandbox.person('Ann').command('captions transcript', { format });
    const first = await asked.answered(soon());
    await expect.poll(() => asked.followUps.length, { timeout: 15_000 }).toBe(1);
    const messages = [first, ...asked.followUps];
    expect(messages.map(({ ephemeral }) => ephemeral)).toEqual([true, true]);
    const files = messages.flatMap((message) => message.files);
    expect(files.map(({ name }) => name)).toEqual(
      files.map((_one, n) => expect.stringContaining(`-${n + 1}of2.${format}`)),
    );
    const sizes = files.map(({ sizeBytes }) => sizeBytes);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(fileLimitBytes);
    expect(sizes.reduce((sum, one) => sum + one, 0)).toBeGreaterThan(fileLimitBytes);
    const read = files.map(async ({ url }) => readPart((await download(url, sandbox)).text));
    const words = (texts: readonly string[]) => texts.join('').replaceAll(' ', '');
    // A long line is shown by several subtitle cues. Two files as large as these take minutes to be told apart.
    expect(words((await Promise.all(read)).flat()) === words(said)).toBe(true);
    expect(events.some(({ kind }) => kind === 'command-failed')).toBe(false);
    // The files were made after Discord knew that they would come.
    expect(asked.deferred).toBe(true);
  },
);
