import { readFile, stat, writeFile } from 'node:fs/promises';
import { durationMs, type Pcm } from '#src/audio/pcm.ts';
import { readWav, writeWav } from '#src/audio/wav.ts';
import { BotError } from '#src/base/errors.ts';
import type { AnswerLine, MessageLine, SandboxRequest } from './protocol.ts';
import type { Sandbox } from './sandbox.ts';
import type { MessageChange } from './world-messages.ts';

type Fields = Readonly<Record<string, unknown>>;

const joinLimitMs = 15_000;
const settleLimitMs = 15_000;
const wavLimitBytes = 64 * 1024 * 1024;
const sayLimitMs = 10 * 60_000;

/** Does what a line asks; whatever goes wrong becomes an answer of one sentence. */
export async function perform(
  sandbox: Sandbox,
  request: SandboxRequest,
  signal: AbortSignal,
): Promise<AnswerLine> {
  try {
    return { ...(await fieldsOf(sandbox, request, signal)), id: request.id, ok: true };
  } catch (cause) {
    return { id: request.id, ok: false, error: cause instanceof Error ? cause.message : 'Failed.' };
  }
}

async function fieldsOf(
  sandbox: Sandbox,
  request: SandboxRequest,
  signal: AbortSignal,
): Promise<Fields> {
  switch (request.do) {
    case 'join':
      return await join(sandbox, request, signal);
    case 'leave':
      await sandbox.person(request.person).leave();
      return {};
    case 'settled':
      return await settled(sandbox, request, signal);
    case 'command':
      return await command(sandbox, request, signal);
    case 'say':
      return await sandbox.person(request.person).say(await readSound(request.wav), signal);
    case 'listen':
      return await listen(sandbox, request, signal);
    case 'state':
      return state(sandbox);
  }
}

type Asking<Do extends SandboxRequest['do']> = Extract<SandboxRequest, { do: Do }>;

async function join(
  sandbox: Sandbox,
  { person, channel }: Asking<'join'>,
  signal: AbortSignal,
): Promise<Fields> {
  await within(joinLimitMs, `${person} did not get into ${channel}`, signal, (either) =>
    sandbox.person(person).join(channel, either),
  );
  return {};
}

async function settled(
  sandbox: Sandbox,
  { person }: Asking<'settled'>,
  signal: AbortSignal,
): Promise<Fields> {
  await within(settleLimitMs, `The call of ${person} did not settle`, signal, (either) =>
    sandbox.person(person).settled(either),
  );
  return {};
}

async function command(
  sandbox: Sandbox,
  { person, name, options, channel }: Asking<'command'>,
  signal: AbortSignal,
): Promise<Fields> {
  const interaction = sandbox.person(person).command(name, options, channel);
  const reply = await interaction.answered(signal);
  const { sentAtMs, ackedAtMs = sentAtMs, deferred } = interaction;
  const { text, ephemeral } = reply;
  return { text, ephemeral, deferred, sentAtMs, ackedAtMs };
}

async function listen(
  sandbox: Sandbox,
  { person, wav, sinceMs, quietMs, timeoutMs }: Asking<'listen'>,
  signal: AbortSignal,
): Promise<Fields> {
  const since = sinceMs === undefined ? {} : { sinceMs };
  const heard = await sandbox.person(person).listen({ quietMs, timeoutMs, ...since }, signal);
  const { pcm, ...instants } = heard;
  if (wav !== undefined) await writeFile(wav, writeWav(pcm));
  return { ...instants, durationMs: durationMs(pcm) };
}

function state(sandbox: Sandbox): Fields {
  const commands = sandbox.commands().map(({ body }) => body.name);
  return { bot: sandbox.bot(), commands };
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
async function within<T>(
  limitMs: number,
  what: string,
  signal: AbortSignal,
  run: (either: AbortSignal) => Promise<T>,
): Promise<T> {
  const deadline = AbortSignal.timeout(limitMs);
  try {
    return await run(AbortSignal.any([signal, deadline]));
  } catch (cause) {
    if (!deadline.aborted) throw cause;
    throw new BotError('sandbox.failed', true, `${what} within ${limitMs / 1000} s.`, cause);
  }
}

/** What the bot wrote, for whoever reads the lines. A deferred reply is told of when it is filled. */
export function messageLine(
  { kind, message }: MessageChange,
  nameOf: (channelOrUserId: string) => string,
  atMs: number,
): MessageLine | undefined {
  if (message.loading) return undefined;
  const { ephemeral, forUserId, id, channelId, text } = message;
  return {
    kind: 'message',
    change: kind,
    messageId: id,
    channel: nameOf(channelId),
    text,
    ...(ephemeral && forUserId !== undefined ? { to: nameOf(forUserId) } : {}),
    atMs,
  };
}
