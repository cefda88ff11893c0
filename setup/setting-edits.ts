import { type Config, readConfig } from '#src/config/config.ts';
import type { EnvFile } from './env-file.ts';
import { SetupEnd } from './setup-questions.ts';

/** Settings as they stand in `.env`, and those that are to be changed at the end. */
export class SettingEdits {
  readonly file: EnvFile;
  readonly #environment;
  readonly changes = new Map<string, string>();

  constructor(file: EnvFile, environment: NodeJS.ProcessEnv) {
    this.file = file;
    this.#environment = environment;
  }

  /** Whether `.env` names a bot already. */
  get isSetUp(): boolean {
    return (this.file.values.DISCORD_TOKEN ?? '') !== '';
  }

  /** Whether `.env` names a server that answers already. */
  get hasModel(): boolean {
    const names = [
      'CHAT_BACKEND',
      'CHAT_COMPLETION_BASE_URL',
      'OPENAI_API_KEY',
      'REALTIME_BASE_URL',
    ];
    return names.some((name) => this.file.values[name]);
  }

  /** Value as the bot will read it: the environment wins over `.env`. Empty: not set. */
  getValue(name: string): string {
    return this.changes.get(name) ?? this.#environment[name] ?? this.file.values[name] ?? '';
  }

  /** Value in the environment alone. */
  getEnvironmentValue(name: string): string {
    return this.#environment[name] ?? '';
  }

  /** A value that stands there already is no change. */
  set(name: string, value: string): void {
    if ((this.file.values[name] ?? '') === value) this.changes.delete(name);
    else this.changes.set(name, value);
  }

  /** Settings of the bot once everything is written. Errors: `SetupEnd` where they cannot work. */
  readConfig(): Config {
    const changes = Object.fromEntries(this.changes);
    const read = readConfig({ ...this.file.values, ...this.#environment, ...changes });
    if (read.kind === 'ok') return read.config;
    throw new SetupEnd(78, [...read.mistakes, 'Nothing was written.'].join('\n'));
  }
}
