import { Routes } from 'discord.js';
import { BotError } from '#src/base/errors.ts';
import type { Secret } from '#src/base/secret.ts';
import { readAccount } from './account.ts';
import { AccountRest, identifiedSchema } from './account-rest.ts';

export type OperatorAddress = {
  readonly webhook?: Secret;
  readonly discord?: { readonly token: Secret; readonly apiUrl?: string };
};

const webhookMs = 10_000;
const maxOwners = 10;

/**
 * Writes to the operator and returns where. Throws BotError `discord.unsent`,
 * `discord.bad_token` or `discord.unreachable`.
 */
export async function writeToOperator(
  text: string,
  { webhook, discord }: OperatorAddress,
  signal: AbortSignal,
): Promise<string> {
  // No error quotes the address of a webhook.
  if (webhook) return await postToWebhook(text, webhook, signal);
  if (!discord)
    throw createUnsentError('there is neither OPERATOR_WEBHOOK nor DISCORD_TOKEN');
  const { token, apiUrl } = discord;
  using rest = new AccountRest({ token: token.reveal(), apiUrl });
  return await writeToOwners(text, rest, signal);
}

async function postToWebhook(text: string, webhook: Secret, signal: AbortSignal) {
  const deadline = AbortSignal.timeout(webhookMs);
  let status: number;
  try {
    const response = await fetch(webhook.reveal(), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ content: text, text, allowed_mentions: { parse: [] } }),
      redirect: 'error',
      signal: AbortSignal.any([signal, deadline]),
    });
    await response.body?.cancel();
    status = response.status;
  } catch {
    signal.throwIfAborted();
    throw createUnsentError(
      deadline.aborted
        ? 'the webhook did not answer in 10 s'
        : 'the webhook could not be reached',
    );
  }
  if (status >= 300) throw createUnsentError(`the webhook answered ${status}`);
  return 'the webhook of OPERATOR_WEBHOOK';
}

/** Writes to the owners of the application. Throws if none was reached. */
async function writeToOwners(text: string, rest: AccountRest, signal: AbortSignal) {
  const { ownerIds } = await readAccount(rest, signal);
  let reachedOwners = 0;
  for (const recipient_id of ownerIds.slice(0, maxOwners)) {
    try {
      const { id } = await rest.send(
        'post',
        Routes.userChannels(),
        { recipient_id },
        identifiedSchema,
        signal,
      );
      const message = { content: text, allowed_mentions: { parse: [] } };
      await rest.send(
        'post',
        Routes.channelMessages(id),
        message,
        identifiedSchema,
        signal,
      );
      reachedOwners++;
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof BotError)) throw error;
    }
  }
  if (reachedOwners === 0)
    throw createUnsentError('no owner of the application accepts direct messages');
  return `${reachedOwners} of ${ownerIds.length} ${ownerIds.length === 1 ? 'owner' : 'owners'} of the application`;
}

function createUnsentError(reason: string) {
  return new BotError(
    'discord.unsent',
    true,
    `The message to the operator was not sent: ${reason}.`,
  );
}
