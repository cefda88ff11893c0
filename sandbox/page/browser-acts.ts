import type { Interaction } from '#sandbox/interactions/interaction-record.ts';
import type { OptionValues } from '#sandbox/interactions/interaction-words.ts';
import { join, settled } from '#sandbox/program/program.ts';
import type { Sandbox } from '#sandbox/sandbox.ts';
import { formOf, menuNames } from './browser-components.ts';
import type { UploadedFiles } from './browser-files.ts';
import type { BrowserReply, BrowserRequest } from './browser-protocol.ts';
import type { BrowserSound } from './browser-sound.ts';
import type { TypedVoices } from './typed-voices.ts';

export type BrowserParts = {
  readonly sandbox: Sandbox;
  readonly you: string;
  readonly sound: BrowserSound;
  readonly voices: TypedVoices;
  readonly uploads: UploadedFiles;
};

/** Discord's own client gives up on suggestions after this. Source: Discord docs, "Responding to an Interaction". */
const completeLimitMs = 3_000;

/** Does what a page asks; whatever goes wrong becomes a reply of one sentence. */
export async function act(
  parts: BrowserParts,
  tab: string,
  request: BrowserRequest,
  signal: AbortSignal,
): Promise<BrowserReply> {
  const { id } = request;
  try {
    return { ...(await fieldsOf(parts, tab, request, signal)), kind: 'reply', id, ok: true };
  } catch (cause) {
    const error = cause instanceof Error ? cause.message : 'Failed.';
    return { kind: 'reply', id, ok: false, error };
  }
}

async function fieldsOf(
  parts: BrowserParts,
  tab: string,
  request: BrowserRequest,
  signal: AbortSignal,
): Promise<object> {
  const { sandbox, you, sound } = parts;
  switch (request.kind) {
    case 'join':
      await enter(parts, request.person ?? you, request.channel, signal);
      return {};
    case 'leave':
      await sandbox.person(request.person ?? you).leave();
      return {};
    case 'command': {
      const { person = you, name, options, channel } = request;
      const words = withFiles(options, parts.uploads);
      const interaction = sandbox.person(person).command(name, words, channel);
      return await answerTo(sandbox, interaction, signal);
    }
    case 'complete': {
      const { name, options, focused } = request;
      const either = AbortSignal.any([signal, AbortSignal.timeout(completeLimitMs)]);
      const interaction = sandbox.person(you).complete(name, options, focused);
      return { choices: await interaction.suggested(either) };
    }
    case 'press': {
      const { messageId, customId, values } = request;
      const message = sandbox.message(messageId);
      if (!message) throw new Error('That message is gone.');
      const interaction = sandbox.person(you).press(message, customId, values);
      return await answerTo(sandbox, interaction, signal);
    }
    case 'submit': {
      const interaction = sandbox.person(you).submit({ id: request.form }, request.fields);
      return await answerTo(sandbox, interaction, signal);
    }
    case 'type':
      return await type(parts, request, signal);
    case 'write': {
      const { text, channel } = request;
      return { messageId: sandbox.person(you).write(text, { channel }).id };
    }
    case 'microphone':
      if (request.on) sound.claim(tab);
      else sound.mute(tab);
      return {};
  }
}

/** The bot's answer: a message, or a form to fill in. */
async function answerTo(
  sandbox: Sandbox,
  interaction: Interaction,
  signal: AbortSignal,
): Promise<object> {
  const over = new AbortController();
  const either = AbortSignal.any([signal, over.signal]);
  const answered = interaction.answered(either);
  const asked = interaction.asked(either);
  try {
    return await Promise.race([
      answered.then(({ id: messageId, text, ephemeral }) => ({ messageId, text, ephemeral })),
      asked.then((modal) => ({ form: formOf(interaction.id, modal, menuNames(sandbox)) })),
    ]);
  } finally {
    over.abort(new Error('The bot has answered.'));
  }
}

/** The files themselves in place of their ids. */
function withFiles(
  options: Extract<BrowserRequest, { kind: 'command' }>['options'],
  uploads: UploadedFiles,
): OptionValues {
  return Object.fromEntries(
    Object.entries(options).map(([name, word]) => [
      name,
      typeof word === 'object' ? uploads.take(word.file) : word,
    ]),
  );
}

/** Who sits there already stays: joining anew would break off what they say. */
async function enter(
  parts: BrowserParts,
  person: string,
  channel: string,
  signal: AbortSignal,
): Promise<void> {
  if (channelOf(parts, person) !== channel) await join(parts.sandbox, person, channel, signal);
}

/**
 * Says typed words in an embedded voice; somebody who sits nowhere comes to where you are. They wait for the keys of the
 * end-to-end group: the first words of somebody who has just come would be heard by nobody.
 */
async function type(
  parts: BrowserParts,
  { person, text }: Extract<BrowserRequest, { kind: 'type' }>,
  signal: AbortSignal,
): Promise<object> {
  const { sandbox, you, voices } = parts;
  const where = channelOf(parts, person) ?? channelOf(parts, you);
  if (where === undefined) throw new Error('Join a voice channel first.');
  const [said] = await Promise.all([
    voices.say(person, text, signal),
    enter(parts, person, where, signal),
  ]);
  await settled(sandbox, person, signal);
  return await sandbox.person(person).say(said, signal);
}

function channelOf({ sandbox }: BrowserParts, person: string): string | undefined {
  const { people } = sandbox.guild().roster();
  return people.find(({ name }) => name === person)?.channel;
}
