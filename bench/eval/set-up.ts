import { access } from 'node:fs/promises';
import { meteredChat } from '#src/chat/metered-chat.ts';
import type { ChatModel } from '#src/chat/ports.ts';
import { type Config, processEnvironment, readConfig } from '#src/config/config.ts';
import { loadDotEnv } from '#src/config/dot-env.ts';
import { openEngine } from '#src/engines/engines.ts';
import { ChatPrice } from './price.ts';

/** Servers and settings of an operator, as a `.env` has them. */
export type EvalSetup = {
  readonly name: string;
  readonly config: Config;
  readonly botName: string;
  /** Model whose requests `price` counts. */
  readonly chat: ChatModel;
  /** False: the built-in stand-in answers. */
  readonly hasChatModel: boolean;
  readonly price: ChatPrice;
};

/** Settings of the environment and of `.env`. Errors: a plain Error with a line for each mistake. */
export async function usualSetup(): Promise<EvalSetup> {
  return await setupOf('.env', { ...processEnvironment() });
}

/** Settings of that file alone. Errors: as `usualSetup`. */
export async function setupIn(file: string): Promise<EvalSetup> {
  await access(file);
  return await setupOf(file, {});
}

async function setupOf(file: string, environment: NodeJS.ProcessEnv): Promise<EvalSetup> {
  const mistakes: string[] = [];
  const isRead = loadDotEnv((mistake) => mistakes.push(mistake), file, environment);
  const read = readConfig(environment);
  if (read.kind === 'bad' || !isRead) {
    const bad = read.kind === 'bad' ? read.mistakes : [];
    throw new Error([...mistakes, ...bad].join('\n'));
  }
  return await openSetup(file, read.config);
}

export async function openSetup(name: string, config: Config): Promise<EvalSetup> {
  const botName = config.bot.name ?? 'Nova';
  const price = new ChatPrice(config);
  // What it opens lasts as long as the program.
  const opened = new AsyncDisposableStack();
  const hasChatModel = config.chat.kind !== 'local';
  const model = await openEngine('chat', config.chat, opened);
  const chat = meteredChat(model.named?.(botName) ?? model, price);
  return { name, config, botName, chat, hasChatModel, price };
}
