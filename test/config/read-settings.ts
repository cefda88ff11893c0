import { readConfig } from '#src/config/config.ts';

/** Throws where the settings have mistakes. */
export function readGoodSettings(environment: NodeJS.ProcessEnv) {
  const result = readConfig(environment);
  if (result.kind === 'bad') throw new Error(result.mistakes.join('\n'));
  return result.config;
}

export function readMistakes(environment: NodeJS.ProcessEnv) {
  const result = readConfig(environment);
  return result.kind === 'bad' ? result.mistakes : [];
}
