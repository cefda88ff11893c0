import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';

type ComposeService = Readonly<Record<string, unknown>> & {
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
};
export type ComposeFile = { readonly services: Readonly<Record<string, ComposeService>> };

/** A file of `deploy`, as a program for containers reads it. */
export async function composeFile(name: string): Promise<ComposeFile> {
  return parse(await readFile(`deploy/${name}`, 'utf8'));
}

/** Settings of the bot that a file of `deploy` makes. */
export async function botEnvironment(name: string): Promise<Readonly<Record<string, string>>> {
  return (await composeFile(name)).services.parley?.environment ?? {};
}
