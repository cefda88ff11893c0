import type { ChatMessage } from '#src/chat/chat-model.ts';
import {
  createRequestBody,
  returnedPrefix,
} from '#src/chat/completions/chat-request.ts';

/** Form of a prompt, by what a server refused. Default: nothing. */
export type FittedPrompt = {
  readonly system?: 'question';
  readonly tools?: 'question';
  readonly historyShare?: 1 | 0.5 | 0;
  readonly emptyContent?: '';
  readonly refusedFields?: ReadonlySet<string>;
  readonly server?: object;
};

const historyForms = new Map([
  [1, 'whole'],
  [0.5, 'half'],
  [0, 'newest'],
]);

/** Messages of the request that the bot sends in a form. */
export function createMessages(
  messages: readonly ChatMessage[],
  form: FittedPrompt = {},
) {
  const { emptyContent, historyShare = 1, refusedFields = [], server } = form;
  const forms = new Map([
    ['system', form.system ? 'in first question' : 'role'],
    ['tool results', form.tools ? 'in words' : 'role'],
    ['history', historyForms.get(historyShare) ?? ''],
    ['empty content', emptyContent === '' ? 'text' : 'null'],
    ...[...refusedFields].map((name) => [`${returnedPrefix}${name}`, ''] as const),
  ]);
  const limit = { maxTokens: Infinity, needsBothFields: false };
  const request = { messages, tools: [] };
  return createRequestBody({ model: 'm' }, request, limit, forms, server).messages;
}
