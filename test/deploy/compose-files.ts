import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parse } from 'yaml';

type ComposeService = Readonly<Record<string, unknown>> & {
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
};
export type ComposeFile = {
  readonly services: Readonly<Record<string, ComposeService>>;
};

/** A file of `deploy`, as a program for containers reads it. */
export async function readComposeFile(name: string): Promise<ComposeFile> {
  // Compose has tags of its own, as !reset.
  return parse(await readFile(`deploy/${name}`, 'utf8'), { logLevel: 'error' });
}

/** Reads the settings of the bot in a file of `deploy`. A file that the container mounts gets the path that it has here. */
export async function readBotEnvironment(name: string) {
  const { environment = {}, volumes = [] } =
    (await readComposeFile(name)).services.parley ?? {};
  const mounts = volumes.map((volume) => volume.split(':'));
  const pathsHere = new Map(
    mounts.map(([here = '', there]) => [there, resolve('deploy', here)]),
  );
  const settings = Object.entries(environment);
  return Object.fromEntries(
    settings.map(([key, value]) => [key, pathsHere.get(value) ?? value]),
  );
}
