import { readFile, stat, writeFile } from 'node:fs/promises';
import type { BotEvent } from '#sandbox/page/browser-protocol.ts';
import type { TypedVoices } from '#sandbox/page/typed-voices.ts';
import type { Sandbox } from '#sandbox/sandbox.ts';
import type { SpokenTimes } from '#sandbox/voice/voice-ports.ts';
import { durationMs, type Pcm } from '#src/audio/pcm.ts';
import { readWav, writeWav } from '#src/audio/wav.ts';
import { BotError } from '#src/base/errors.ts';
import type { AnswerLine, SandboxRequest } from './protocol.ts';

type AnswerFields = Readonly<Record<string, unknown>>;

const limitMs = 15_000;
/** Source: Discord docs, "Application Command Types". */
const slashType = 1;
const wavLimitBytes = 64 * 1024 * 1024;
const sayLimitMs = 10 * 60_000;

type ProgramParts = {
  readonly sandbox: Sandbox;
  readonly voices: TypedVoices;
  /** Passes events on to the page. */
  report(event: BotEvent): void;
};

/** Does what a line asks; whatever goes wrong becomes an answer of one sentence. */
export async function perform(
  parts: ProgramParts,
  request: SandboxRequest,
  signal: AbortSignal,
): Promise<AnswerLine> {
  try {
    return { ...(await fieldsOf(parts, request, signal)), id: request.id, ok: true };
  } catch (cause) {
    return { id: request.id, ok: false, error: cause instanceof Error ? cause.message : 'Failed.' };
  }
}

async function fieldsOf(
  { sandbox, voices, report }: ProgramParts,
  request: SandboxRequest,
  signal: AbortSignal,
): Promise<AnswerFields> {
  switch (request.do) {
    case 'join': {
      const { person, channel, microphone: profile } = request;
      if (profile) sandbox.person(person).useMicrophone({ profile });
      await join(sandbox, person, channel, signal);
      return {};
    }
    case 'leave':
      await sandbox.person(request.person).leave();
      return {};
    case 'settled':
      await settled(sandbox, request.person, signal);
      return {};
    case 'command':
      return await command(sandbox, request, signal);
    case 'say':
      return await sandbox.person(request.person).say(await readSound(request.wav), signal);
    case 'type':
      return await type(sandbox, voices, request, signal);
    case 'listen':
      return await listen(sandbox, request, signal);
    case 'state':
      return state(sandbox);
    case 'tell':
      report(request.event);
      return {};
  }
}

type ProgramRequest<Do extends SandboxRequest['do']> = Extract<SandboxRequest, { do: Do }>;

/** Errors: BotError `sandbox.failed` after 15 s. */
async function join(
  sandbox: Sandbox,
  person: string,
  channel: string,
  signal: AbortSignal,
): Promise<void> {
  await within(`${person} did not get into ${channel}`, signal, (either) =>
    sandbox.person(person).join(channel, either),
  );
}

/** Somebody who sits there already stays: joining anew would break off what they say. Errors: as `join`. */
export async function enter(
  sandbox: Sandbox,
  person: string,
  channel: string,
  signal: AbortSignal,
): Promise<void> {
  if (channelOf(sandbox, person) !== channel) await join(sandbox, person, channel, signal);
}

/** Name of the channel where a person sits. */
export function channelOf(sandbox: Sandbox, person: string): string | undefined {
  const { people } = sandbox.guild().roster();
  return people.find(({ name }) => name === person)?.channel;
}

/**
 * Says typed words in a local voice. They wait for the keys of the end-to-end group: the first words of somebody who has
 * just come would be heard by nobody.
 */
export async function type(
  sandbox: Sandbox,
  voices: TypedVoices,
  typed: { readonly person: string; readonly channel: string; readonly text: string },
  signal: AbortSignal,
): Promise<SpokenTimes> {
  const { person, channel, text } = typed;
  const [said] = await Promise.all([
    voices.say(person, text, signal),
    enter(sandbox, person, channel, signal),
  ]);
  await settled(sandbox, person, signal);
  return await sandbox.person(person).say(said, signal);
}

/** Errors: BotError `sandbox.failed` after 15 s. */
async function settled(sandbox: Sandbox, person: string, signal: AbortSignal): Promise<void> {
  await within(`The call of ${person} did not settle`, signal, (either) =>
    sandbox.person(person).settled(either),
  );
}

async function command(
  sandbox: Sandbox,
  { person, name, options, channel }: ProgramRequest<'command'>,
  signal: AbortSignal,
): Promise<AnswerFields> {
  const interaction = sandbox.person(person).command(name, options, channel);
  const { id: messageId, text, ephemeral } = await interaction.answered(signal);
  return { messageId, text, ephemeral, sentAtMs: interaction.sentAtMs };
}

async function listen(
  sandbox: Sandbox,
  { person, wav, sinceMs, quietMs, timeoutMs }: ProgramRequest<'listen'>,
  signal: AbortSignal,
): Promise<AnswerFields> {
  const heard = await sandbox.person(person).listen({ quietMs, timeoutMs, sinceMs }, signal);
  const { pcm, ...instants } = heard;
  if (wav !== undefined) await writeFile(wav, writeWav(pcm));
  return { ...instants, durationMs: durationMs(pcm) };
}

function state(sandbox: Sandbox): AnswerFields {
  const slash = sandbox.commands().filter(({ body }) => body.type === slashType);
  return { bot: sandbox.bot(), commands: slash.map(({ body }) => body) };
}

async function readSound(path: string): Promise<Pcm> {
  const { size } = await stat(path).catch((cause: unknown) => {
    throw new BotError('audio.bad_wav', false, `There is no file ${path}.`, cause);
  });
  if (size > wavLimitBytes) throw new BotError('audio.bad_wav', false, `${path} is too big.`);
  const pcm = readWav(await readFile(path));
  if (durationMs(pcm) > sayLimitMs)
    throw new BotError('audio.bad_wav', false, `${path} is too long.`);
  return pcm;
}

/** Runs with a deadline of its own, told in words. */
async function within(
  what: string,
  signal: AbortSignal,
  run: (either: AbortSignal) => Promise<void>,
): Promise<void> {
  const deadline = AbortSignal.timeout(limitMs);
  try {
    await run(AbortSignal.any([signal, deadline]));
  } catch (cause) {
    if (!deadline.aborted) throw cause;
    throw new BotError('sandbox.failed', true, `${what} within ${limitMs / 1000} s.`, cause);
  }
}
