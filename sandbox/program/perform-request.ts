import { readFile, stat, writeFile } from 'node:fs/promises';
import type { BotEvent } from '#sandbox/page/browser-protocol.ts';
import type { TypedVoices } from '#sandbox/page/typed-voices.ts';
import type { Sandbox } from '#sandbox/sandbox.ts';
import type { SpokenTimes } from '#sandbox/voice/voice-ports.ts';
import { readWav, writeWav } from '#src/audio/formats/wav.ts';
import { getDurationMs } from '#src/audio/pcm.ts';
import { BotError } from '#src/base/errors.ts';
import type { AnswerLine, SandboxRequest } from './program-protocol.ts';

type AnswerFields = Readonly<Record<string, unknown>>;

const maxRequestMs = 15_000;
/** Source: https://discord.com/developers/docs/interactions/application-commands#application-command-object-application-command-types */
const slashCommandType = 1;
const maxWavBytes = 64 * 1024 * 1024;
const maxSpeechMs = 10 * 60_000;

export type ProgramDeps = {
  readonly sandbox: Sandbox;
  readonly voices: TypedVoices;
  /** Passes an event on to the page. */
  report(event: BotEvent): void;
  /** Takes the outcome of what a page asked. */
  settle(answer: ProgramRequest<'answer'>): void;
};

/** Performs the request of a line. An error becomes an answer of one sentence. */
export async function performRequest(
  deps: ProgramDeps,
  request: SandboxRequest,
  signal: AbortSignal,
): Promise<AnswerLine> {
  try {
    return { ...(await runRequest(deps, request, signal)), id: request.id, ok: true };
  } catch (cause) {
    return {
      id: request.id,
      ok: false,
      error: cause instanceof Error ? cause.message : 'Failed.',
    };
  }
}

async function runRequest(
  { sandbox, voices, report, settle }: ProgramDeps,
  request: SandboxRequest,
  signal: AbortSignal,
): Promise<AnswerFields> {
  switch (request.do) {
    case 'join': {
      const { person, channel, microphone: profile } = request;
      if (profile) sandbox.person(person).useMicrophone({ profile });
      await joinChannel(sandbox, person, channel, signal);
      return {};
    }
    case 'leave':
      await sandbox.person(request.person).leave();
      return {};
    case 'settled':
      await waitUntilSettled(sandbox, request.person, signal);
      return {};
    case 'command':
      return await runCommand(sandbox, request, signal);
    case 'say':
      return await sandbox
        .person(request.person)
        .say(await readWavFile(request.wav), signal);
    case 'type':
      return await typeMessage(sandbox, voices, request, signal);
    case 'listen':
      return await listenToChannel(sandbox, request, signal);
    case 'state':
      return readState(sandbox);
    case 'tell':
      report(request.event);
      return {};
    case 'answer':
      settle(request);
      return {};
  }
}

type ProgramRequest<Do extends SandboxRequest['do']> = Extract<
  SandboxRequest,
  { do: Do }
>;

/** Joins a person to a channel. Errors: BotError `sandbox.failed` after 15 s. */
async function joinChannel(
  sandbox: Sandbox,
  person: string,
  channel: string,
  signal: AbortSignal,
) {
  await withinDeadline(`${person} did not get into ${channel}`, signal, (either) =>
    sandbox.person(person).join(channel, either),
  );
}

/**
 * Joins a person who does not sit in the channel yet, since joining anew would break
 * off their speech. Errors: as `join`.
 */
export async function enterChannel(
  sandbox: Sandbox,
  person: string,
  channel: string,
  signal: AbortSignal,
): Promise<void> {
  if (findPersonChannel(sandbox, person) !== channel)
    await joinChannel(sandbox, person, channel, signal);
}

/** Finds the name of the channel where a person sits. */
export function findPersonChannel(
  sandbox: Sandbox,
  person: string,
): string | undefined {
  const { people } = sandbox.guild().roster();
  return people.find(({ name }) => name === person)?.channel;
}

/**
 * Says typed words in a local voice. They wait for the keys of the end-to-end group: the first words of a person that has
 * just come would be heard by nobody.
 */
export async function typeMessage(
  sandbox: Sandbox,
  voices: TypedVoices,
  message: { readonly person: string; readonly channel: string; readonly text: string },
  signal: AbortSignal,
): Promise<SpokenTimes> {
  const { person, channel, text } = message;
  const [speech] = await Promise.all([
    voices.speakText(person, text, signal),
    enterChannel(sandbox, person, channel, signal),
  ]);
  await waitUntilSettled(sandbox, person, signal);
  return await sandbox.person(person).say(speech, signal);
}

/**
 * Waits until the call of a person has settled. Errors: BotError `sandbox.failed` after
 * 15 s.
 */
async function waitUntilSettled(sandbox: Sandbox, person: string, signal: AbortSignal) {
  await withinDeadline(`The call of ${person} did not settle`, signal, (either) =>
    sandbox.person(person).settled(either),
  );
}

async function runCommand(
  sandbox: Sandbox,
  { person, name, options, channel }: ProgramRequest<'command'>,
  signal: AbortSignal,
): Promise<AnswerFields> {
  const interaction = sandbox.person(person).command(name, options, channel);
  const { id: messageId, text, ephemeral } = await interaction.waitForAnswer(signal);
  return { messageId, text, ephemeral, sentAtMs: interaction.sentAtMs };
}

async function listenToChannel(
  sandbox: Sandbox,
  { person, wav, sinceMs, quietMs, timeoutMs }: ProgramRequest<'listen'>,
  signal: AbortSignal,
): Promise<AnswerFields> {
  const stretch = await sandbox
    .person(person)
    .listen({ quietMs, timeoutMs, sinceMs }, signal);
  const { pcm, ...instants } = stretch;
  if (wav !== undefined) await writeFile(wav, writeWav(pcm));
  return { ...instants, durationMs: getDurationMs(pcm) };
}

function readState(sandbox: Sandbox): AnswerFields {
  const slash = sandbox.commands().filter(({ body }) => body.type === slashCommandType);
  return { bot: sandbox.bot(), commands: slash.map(({ body }) => body) };
}

async function readWavFile(path: string) {
  const { size } = await stat(path).catch((cause: unknown) => {
    throw new BotError('audio.bad_wav', false, `There is no file ${path}.`, cause);
  });
  if (size > maxWavBytes)
    throw new BotError('audio.bad_wav', false, `${path} is too big.`);
  const pcm = readWav(await readFile(path));
  if (getDurationMs(pcm) > maxSpeechMs)
    throw new BotError('audio.bad_wav', false, `${path} is too long.`);
  return pcm;
}

/** Runs with a deadline of its own, whose error says `failure`. */
async function withinDeadline(
  failure: string,
  signal: AbortSignal,
  run: (either: AbortSignal) => Promise<void>,
) {
  const deadline = AbortSignal.timeout(maxRequestMs);
  try {
    await run(AbortSignal.any([signal, deadline]));
  } catch (cause) {
    if (!deadline.aborted) throw cause;
    throw new BotError(
      'sandbox.failed',
      true,
      `${failure} within ${maxRequestMs / 1000} s.`,
      cause,
    );
  }
}
