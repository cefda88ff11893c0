import { AsyncLocalStorage } from 'node:async_hooks';
import { mkdirSync, writeFileSync } from 'node:fs';
import type { Sandbox } from '#sandbox/sandbox.ts';

const { RECORD_DIR } = process.env;
const playing = new AsyncLocalStorage<{ readonly name: string; isOver: boolean }>();

/** Plays a scenario whose messages are recorded under its name, where `RECORD_DIR` is set. */
export async function recorded(name: string, play: () => Promise<void>): Promise<void> {
  const scenario = { name, isOver: false };
  try {
    await playing.run(scenario, play);
  } finally {
    scenario.isOver = true;
  }
}

/** Notes each text that the bot shows while the scenario plays, as a set: panels change as often as the machine is quick. */
export function recordMessages(sandbox: Pick<Sandbox, 'onMessage' | 'botId'>): void {
  const scenario = playing.getStore();
  if (!RECORD_DIR || scenario === undefined) return;
  const texts = new Set<string>();
  const folder = `${RECORD_DIR}/scenarios`;
  mkdirSync(folder, { recursive: true });
  const path = `${folder}/${scenario.name.replace(/[^\w]+/g, '-').slice(0, 120)}.txt`;
  sandbox.onMessage(({ message }) => {
    if (scenario.isOver || message.authorId !== sandbox.botId) return;
    const parts = JSON.stringify([message.embeds, message.components]);
    const shown = parts.matchAll(/"(?:label|title|description|placeholder|content)":"([^"]*)"/g);
    const who = message.ephemeral ? 'private' : 'public';
    const line = [who, message.text, ...[...shown].map(([, label]) => label)].join(' | ');
    texts.add(line.replaceAll('\n', ' / ').replace(/\d+/g, '#'));
    writeFileSync(path, [...texts].toSorted().join('\n'));
  });
}
