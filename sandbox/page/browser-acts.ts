import type { Interaction } from '#sandbox/interactions/interactions.ts';
import {
  enterChannel,
  findPersonChannel,
  typeMessage,
} from '#sandbox/program/perform-request.ts';
import type { Sandbox } from '#sandbox/sandbox.ts';
import { toDiscordLocale } from '#src/texts/locales.ts';
import { type Locale, toLocale } from '#src/texts/texts.ts';
import type { UploadedFiles } from './browser-files.ts';
import { listMenuNames, toForm } from './browser-forms.ts';
import type {
  BrowserReply,
  BrowserRequest,
  ModelsRequest,
} from './browser-protocol.ts';
import type { BrowserTab } from './browser-socket.ts';
import type { BrowserSound } from './browser-sound.ts';
import { explainRefusal, PageRefusal } from './page-refusal.ts';
import type { QuietReplies } from './quiet-replies.ts';
import type { TypedVoices } from './typed-voices.ts';

/** Parts of the sandbox on which pages act. */
export type BrowserDeps = {
  readonly sandbox: Sandbox;
  /** Name of the person that the reader of the page plays. */
  readonly you: string;
  readonly sound: BrowserSound;
  readonly voices: TypedVoices;
  readonly uploads: UploadedFiles;
  readonly quietReplies: QuietReplies;
  /** Lets the bot's process perform a request. Throws an Error with its sentence. */
  readonly askBot: AskBot;
  /** Speaks another language with the pages of a tab from now on. */
  readonly useLanguage: (tab: string, locale: Locale) => void;
};

/** The fields of the answer go to the page. */
export type AskBot = (request: ModelsRequest, signal: AbortSignal) => Promise<object>;

/** Discord's own client gives up on suggestions after this. Source: https://discord.com/developers/docs/interactions/receiving-and-responding#responding-to-an-interaction */
const maxCompletionMs = 3_000;

/** Performs the request of a page. An error becomes a reply of one sentence in the language of the page. */
export async function performBrowserRequest(
  deps: BrowserDeps,
  tab: BrowserTab,
  request: BrowserRequest,
  signal: AbortSignal,
): Promise<BrowserReply> {
  try {
    return {
      ...(await performRequest(deps, tab, request, signal)),
      kind: 'reply',
      id: request.id,
      ok: true,
    };
  } catch (cause) {
    return { kind: 'reply', id: request.id, ...explainRefusal(cause, tab.locale) };
  }
}

async function performRequest(
  deps: BrowserDeps,
  { tab, locale }: BrowserTab,
  request: BrowserRequest,
  signal: AbortSignal,
): Promise<object> {
  const { sandbox, you, sound } = deps;
  // Somebody who acts on two pages in two languages is answered in that of each.
  const actor = ('person' in request ? request.person : undefined) ?? you;
  sandbox.person(actor, { locale: toDiscordLocale(locale) });
  switch (request.kind) {
    case 'join':
      await enterChannel(sandbox, request.person ?? you, request.channel, signal);
      return {};
    case 'leave':
      await sandbox.person(request.person ?? you).leave();
      return {};
    case 'command':
    case 'press':
    case 'submit':
      return await interactWithBot(deps, request, signal);
    case 'complete':
      return { choices: await waitForChoices(deps, request, signal) };
    case 'type':
      return await sayTyped(deps, request, signal);
    case 'write': {
      const { text, channel } = request;
      return { messageId: sandbox.person(you).write(text, { channel }).id };
    }
    case 'microphone':
      if (request.on) sound.claimMicrophone(tab);
      else sound.muteTab(tab);
      return {};
    case 'language':
      deps.useLanguage(tab, toLocale(request.locale));
      return {};
    case 'models.find':
    case 'models.connect':
    case 'models.local':
    case 'models.restart': {
      const { id: _, ...asked } = request;
      return await deps.askBot(asked, signal);
    }
  }
}

type PageRequest<Kind extends BrowserRequest['kind']> = Extract<
  BrowserRequest,
  { readonly kind: Kind }
>;

function startInteraction(
  { sandbox, you, uploads }: BrowserDeps,
  request: PageRequest<'command' | 'press' | 'submit'>,
): Interaction {
  switch (request.kind) {
    case 'command': {
      const { person = you, name, options, channel } = request;
      const values = replaceFileIds(options, uploads);
      return sandbox.person(person).command(name, values, channel);
    }
    case 'press': {
      const message = sandbox.message(request.messageId);
      if (!message) throw new PageRefusal({ id: 'page.refused.gone' });
      return sandbox.person(you).press(message, request.customId, request.values);
    }
    case 'submit':
      return sandbox.person(you).submit({ id: request.form }, request.fields);
  }
}

/** Starts an interaction and waits for the answer, which has its files where a control of the page shows it. */
async function interactWithBot(
  deps: BrowserDeps,
  request: PageRequest<'command' | 'press' | 'submit'>,
  signal: AbortSignal,
) {
  const { sandbox, quietReplies } = deps;
  const interaction = startInteraction(deps, request);
  const isQuiet = request.kind === 'command' && request.isQuiet === true;
  if (isQuiet) quietReplies.expect(interaction.id);
  const answer = await waitForAnswer(sandbox, interaction, signal);
  if (!isQuiet || !('messageId' in answer)) return answer;
  return { ...answer, files: quietReplies.listFiles(answer.messageId) };
}

async function waitForChoices(
  { sandbox, you }: BrowserDeps,
  { name, options, focused }: PageRequest<'complete'>,
  signal: AbortSignal,
) {
  const either = AbortSignal.any([signal, AbortSignal.timeout(maxCompletionMs)]);
  const interaction = sandbox.person(you).complete(name, options, focused);
  return await interaction.waitForSuggestions(either);
}

async function sayTyped(
  { sandbox, you, voices }: BrowserDeps,
  request: PageRequest<'type'>,
  signal: AbortSignal,
) {
  const channel =
    findPersonChannel(sandbox, request.person) ?? findPersonChannel(sandbox, you);
  if (channel === undefined) throw new PageRefusal({ id: 'page.silence.outside' });
  return await typeMessage(sandbox, voices, { ...request, channel }, signal);
}

/** Waits for the bot's answer: a message, or a form to fill in. */
async function waitForAnswer(
  sandbox: Sandbox,
  interaction: Interaction,
  signal: AbortSignal,
) {
  const raceEnd = new AbortController();
  const either = AbortSignal.any([signal, raceEnd.signal]);
  const response = interaction.waitForAnswer(either);
  const form = interaction.waitForForm(either);
  try {
    return await Promise.race([
      response.then(({ id: messageId, text, ephemeral }) => ({
        messageId,
        text,
        ephemeral,
      })),
      form.then((modal) => ({
        form: toForm(interaction.id, modal, listMenuNames(sandbox)),
      })),
    ]);
  } finally {
    raceEnd.abort(new Error('The bot has answered.'));
  }
}

/** Replaces ids of files by the files themselves. */
function replaceFileIds(
  options: PageRequest<'command'>['options'],
  uploads: UploadedFiles,
) {
  return Object.fromEntries(
    Object.entries(options).map(([name, value]) => [
      name,
      typeof value === 'object' ? uploads.takeFile(value.file) : value,
    ]),
  );
}
