import type { Interaction } from '#sandbox/interactions/interactions.ts';
import {
  enterChannel,
  findPersonChannel,
  typeMessage,
} from '#sandbox/program/perform-request.ts';
import type { Sandbox } from '#sandbox/sandbox.ts';
import type { UploadedFiles } from './browser-files.ts';
import { listMenuNames, toForm } from './browser-forms.ts';
import type { BrowserReply, BrowserRequest } from './browser-protocol.ts';
import type { BrowserSound } from './browser-sound.ts';
import type { TypedVoices } from './typed-voices.ts';

export type BrowserDeps = {
  readonly sandbox: Sandbox;
  readonly you: string;
  readonly sound: BrowserSound;
  readonly voices: TypedVoices;
  readonly uploads: UploadedFiles;
};

/** Discord's own client gives up on suggestions after this. Source: https://discord.com/developers/docs/interactions/receiving-and-responding#responding-to-an-interaction */
const maxCompletionMs = 3_000;

/** Performs the request of a page. An error becomes a reply of one sentence. */
export async function performBrowserRequest(
  parts: BrowserDeps,
  tab: string,
  request: BrowserRequest,
  signal: AbortSignal,
): Promise<BrowserReply> {
  try {
    return {
      ...(await performRequest(parts, tab, request, signal)),
      kind: 'reply',
      id: request.id,
      ok: true,
    };
  } catch (cause) {
    const error = cause instanceof Error ? cause.message : 'Failed.';
    return { kind: 'reply', id: request.id, ok: false, error };
  }
}

async function performRequest(
  parts: BrowserDeps,
  tab: string,
  request: BrowserRequest,
  signal: AbortSignal,
): Promise<object> {
  const { sandbox, you, sound, voices } = parts;
  switch (request.kind) {
    case 'join':
      await enterChannel(sandbox, request.person ?? you, request.channel, signal);
      return {};
    case 'leave':
      await sandbox.person(request.person ?? you).leave();
      return {};
    case 'command': {
      const { person = you, name, options, channel } = request;
      const words = replaceFileIds(options, parts.uploads);
      const interaction = sandbox.person(person).command(name, words, channel);
      return await waitForAnswer(sandbox, interaction, signal);
    }
    case 'complete': {
      const either = AbortSignal.any([signal, AbortSignal.timeout(maxCompletionMs)]);
      const interaction = sandbox
        .person(you)
        .complete(request.name, request.options, request.focused);
      return { choices: await interaction.suggested(either) };
    }
    case 'press': {
      const message = sandbox.message(request.messageId);
      if (!message) throw new Error('That message is gone.');
      const interaction = sandbox
        .person(you)
        .press(message, request.customId, request.values);
      return await waitForAnswer(sandbox, interaction, signal);
    }
    case 'submit': {
      const interaction = sandbox
        .person(you)
        .submit({ id: request.form }, request.fields);
      return await waitForAnswer(sandbox, interaction, signal);
    }
    case 'type': {
      const channel =
        findPersonChannel(sandbox, request.person) ?? findPersonChannel(sandbox, you);
      if (channel === undefined) throw new Error('Join a voice channel first.');
      return await typeMessage(sandbox, voices, { ...request, channel }, signal);
    }
    case 'write': {
      const { text, channel } = request;
      return { messageId: sandbox.person(you).write(text, { channel }).id };
    }
    case 'microphone':
      if (request.on) sound.claimMicrophone(tab);
      else sound.muteTab(tab);
      return {};
  }
}

/** Waits for the bot's answer: a message, or a form to fill in. */
async function waitForAnswer(
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
      answered.then(({ id: messageId, text, ephemeral }) => ({
        messageId,
        text,
        ephemeral,
      })),
      asked.then((modal) => ({
        form: toForm(interaction.id, modal, listMenuNames(sandbox)),
      })),
    ]);
  } finally {
    over.abort(new Error('The bot has answered.'));
  }
}

/** Replaces ids of files by the files themselves. */
function replaceFileIds(
  options: Extract<BrowserRequest, { kind: 'command' }>['options'],
  uploads: UploadedFiles,
) {
  return Object.fromEntries(
    Object.entries(options).map(([name, word]) => [
      name,
      typeof word === 'object' ? uploads.takeFile(word.file) : word,
    ]),
  );
}
